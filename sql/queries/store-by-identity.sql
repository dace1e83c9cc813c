-- The store of the labs' x-rls-user-id; no row for an id that is not known.
select identity.store_id
from security.store_identities as identity
where identity.rls_user_id = $1::uuid
