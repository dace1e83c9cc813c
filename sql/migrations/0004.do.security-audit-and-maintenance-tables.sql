-- Who callers are, and what was done: identities, principals, revocations, audit and maintenance.

set local role retail_owner;

create table security.store_identities (
  rls_user_id uuid primary key,
  store_id text not null references retail.stores,
  created_at timestamptz not null default now()
);
comment on table security.store_identities is 'Ids by which the labs'' clients name a store (header x-rls-user-id)';
comment on column security.store_identities.rls_user_id is 'Id that the client sends';
comment on column security.store_identities.store_id is 'Store that it stands for';
comment on column security.store_identities.created_at is 'When the row was made';

create table security.principals (
  subject text primary key,
  role text not null check (role in ('store_manager', 'regional_manager', 'headquarters')),
  store_ids text[] not null default '{}',
  regions text[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table security.principals is 'What a token subject may see, where its token does not say';
comment on column security.principals.subject is 'Subject of the token (sub or oid)';
comment on column security.principals.role is 'store_manager, regional_manager or headquarters';
comment on column security.principals.store_ids is 'Stores of a manager';
comment on column security.principals.regions is 'Regions of a regional manager, resolved through retail.stores.region';
comment on column security.principals.created_at is 'When the row was made';
comment on column security.principals.updated_at is 'When the row was last changed';

create table security.revoked_tokens (
  revocation_id bigint primary key generated always as identity,
  jti text unique,
  subject text,
  revoked_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check (num_nonnulls(jti, subject) = 1)
);
comment on table security.revoked_tokens is 'Tokens, or all tokens of a subject, that are no longer accepted';
comment on column security.revoked_tokens.revocation_id is 'Revocation';
comment on column security.revoked_tokens.jti is 'Token id, for one token';
comment on column security.revoked_tokens.subject is 'Subject, for all its tokens issued before revoked_at';
comment on column security.revoked_tokens.revoked_at is 'When it was revoked';
comment on column security.revoked_tokens.expires_at is 'When the revoked tokens expire anyway and the row may go';

create table retail.audit_log (
  occurred_at timestamptz not null default clock_timestamp(),
  audit_id uuid not null default gen_random_uuid(),
  subject text,
  role text,
  store_ids text[],
  action text not null,
  object text,
  outcome text not null check (outcome in ('ok', 'denied', 'error')),
  reason text,
  request_id text,
  duration_ms double precision,
  row_count bigint,
  sql_hash text,
  old_values jsonb,
  new_values jsonb,
  primary key (occurred_at, audit_id)
) partition by range (occurred_at);
comment on table retail.audit_log is 'Who did what, partitioned by month; the service login may only insert';
comment on column retail.audit_log.occurred_at is 'When it happened';
comment on column retail.audit_log.audit_id is 'Event';
comment on column retail.audit_log.subject is 'Who: subject of the token, or the database login';
comment on column retail.audit_log.role is 'Role in which it was done';
comment on column retail.audit_log.store_ids is 'Stores concerned; null where there is none';
comment on column retail.audit_log.action is 'Tool, operation, or insert, update or delete of a row';
comment on column retail.audit_log.object is 'Table, resource or other object of the action';
comment on column retail.audit_log.outcome is 'ok, denied or error';
comment on column retail.audit_log.reason is 'Why it was denied, or the errors code';
comment on column retail.audit_log.request_id is 'Request that it belongs to';
comment on column retail.audit_log.duration_ms is 'How long it took, in milliseconds';
comment on column retail.audit_log.row_count is 'Rows answered or changed';
comment on column retail.audit_log.sql_hash is 'Hash of the SQL text';
comment on column retail.audit_log.old_values is 'Row before a change';
comment on column retail.audit_log.new_values is 'Row after a change';

create table retail.maintenance_runs (
  run_id bigint primary key generated always as identity,
  step text not null,
  started_at timestamptz not null default now(),
  duration_ms double precision,
  outcome text not null check (outcome in ('ok', 'skipped', 'error')),
  detail text,
  database_size bigint
);
comment on table retail.maintenance_runs is 'Steps of the maintenance timer and how they went';
comment on column retail.maintenance_runs.run_id is 'Step of a run';
comment on column retail.maintenance_runs.step is 'What was done';
comment on column retail.maintenance_runs.started_at is 'When the step began';
comment on column retail.maintenance_runs.duration_ms is 'How long it took, in milliseconds';
comment on column retail.maintenance_runs.outcome is 'ok, skipped or error';
comment on column retail.maintenance_runs.detail is 'What was found, or why it failed';
comment on column retail.maintenance_runs.database_size is 'Size of the database in bytes after the step';
