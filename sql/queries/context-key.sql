-- One row when the database holds this key: the fingerprint is the SHA-256 of the secret.
select kid
from security.context_keys
where kid = $1 and fingerprint = $2
