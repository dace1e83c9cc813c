delete from security.principals
where subject = $1
