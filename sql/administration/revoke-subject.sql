insert into security.revoked_tokens (subject, expires_at)
values ($1, now() + make_interval(secs => $2))
