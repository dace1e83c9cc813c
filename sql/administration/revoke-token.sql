insert into security.revoked_tokens (jti, expires_at)
values ($1, now() + make_interval(secs => $2))
on conflict (jti) do update
set expires_at = greatest(revoked_tokens.expires_at, excluded.expires_at)
