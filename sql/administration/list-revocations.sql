select jti, subject, revoked_at, expires_at
from security.revoked_tokens
where expires_at > now()
order by revoked_at
