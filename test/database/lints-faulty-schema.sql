-- A schema with one fault for each lint, and beside each what is right and must not be found. Everything stands in
-- schemas of its own or begins with faulty_, on top of a project with our migrations.

-- 0001: the foreign key of faulty_child has no index, or only a partial one; that of right_child has one.
create table public.faulty_parent (id integer primary key);
create table public.faulty_child (
  id integer primary key,
  parent_id integer constraint faulty_child_parent references public.faulty_parent (id),
  partly_id integer constraint faulty_child_partly references public.faulty_parent (id),
  right_id integer constraint faulty_child_right references public.faulty_parent (id)
);
create index on public.faulty_child (partly_id) where partly_id > 0;
create index on public.faulty_child (right_id, id);
alter table public.faulty_parent enable row level security;
alter table public.faulty_child enable row level security;
create policy "reads" on public.faulty_parent for select to authenticated using (id = 1);
create policy "reads" on public.faulty_child for select to authenticated using (id = 1);

-- 0002 (and 0010): a view that shows the accounts, running as its owner.
create view public.faulty_accounts as select id, email from auth.users;
create view public.right_accounts with (security_invoker = true) as select id, email from auth.users;

-- 0003: the function is called for each row.
create table public.faulty_initplan (id uuid primary key);
alter table public.faulty_initplan enable row level security;
create policy "each row" on public.faulty_initplan for select to authenticated using (id = auth.uid());
create policy "once" on public.faulty_initplan for delete to authenticated using (id = (select auth.uid()));

-- 0004
create table public.faulty_keyless (id integer);
alter table public.faulty_keyless enable row level security;
create policy "reads" on public.faulty_keyless for select to authenticated using (id = 1);

-- 0006: two policies of which either opens the row.
create table public.faulty_policies (id integer primary key);
alter table public.faulty_policies enable row level security;
create policy "one" on public.faulty_policies for select to authenticated using (id = 1);
create policy "two" on public.faulty_policies for select to public using (id = 2);
create policy "other role" on public.faulty_policies for select to service_role using (id = 3);
create policy "restrictive" on public.faulty_policies as restrictive for select to authenticated using (id < 9);

-- 0007 (and 0013): the policy is not enforced.
create table public.faulty_unenforced (id integer primary key);
create policy "reads" on public.faulty_unenforced for select to authenticated using (id = 1);

-- 0008
create table public.faulty_silent (id integer primary key);
alter table public.faulty_silent enable row level security;

-- 0009: twice the same; the others differ in order, condition or expression.
create table public.faulty_indexes (id integer primary key, a integer, b text);
alter table public.faulty_indexes enable row level security;
create policy "reads" on public.faulty_indexes for select to authenticated using (id = 1);
create index faulty_indexes_one on public.faulty_indexes (a);
create index faulty_indexes_two on public.faulty_indexes (a);
create index faulty_indexes_falling on public.faulty_indexes (a desc);
create index faulty_indexes_partial on public.faulty_indexes (a) where a > 0;
create index faulty_indexes_lower on public.faulty_indexes (lower(b));
create index faulty_indexes_upper on public.faulty_indexes (upper(b));

-- 0010: a view that runs as its owner; not one that runs as its caller, nor one that the API cannot read.
create view public.faulty_view as select id from public.faulty_parent;
create view public.right_view with (security_invoker = on) as select id from public.faulty_parent;
create view public.closed_view as select id from public.faulty_parent;
revoke all on public.closed_view from anon, authenticated;

-- 0011
create function public.faulty_path() returns integer language sql as $$ select 1 $$;
create function public.right_path() returns integer language sql set search_path = pg_catalog, pg_temp as $$ select 1 $$;

-- 0013: open to everyone; not exposed in a schema of its own.
create table public.faulty_open (id integer primary key);
create schema faulty_hidden;
create table faulty_hidden.faulty_not_exposed (id integer primary key, password text);

-- 0014, 0022: an extension in public, and one in an old version.
create extension citext schema public;
create extension pg_trgm schema extensions version '1.5';

-- 0015: the user changes its metadata itself.
create table public.faulty_metadata (id integer primary key);
alter table public.faulty_metadata enable row level security;
create policy "admins" on public.faulty_metadata for select to authenticated
  using (((select auth.jwt()) -> 'user_metadata' ->> 'admin') = 'true');

-- 0016, 0017
create materialized view public.faulty_materialized as select 1 as id;
create materialized view public.closed_materialized as select 1 as id;
revoke all on public.closed_materialized from anon, authenticated;
create foreign data wrapper faulty_wrapper;
create server faulty_server foreign data wrapper faulty_wrapper;
create foreign table public.faulty_foreign (id integer) server faulty_server;

-- 0018: regclass survives an upgrade, regcollation does not.
create table public.faulty_types (id integer primary key, kind regcollation, fine regclass);
alter table public.faulty_types enable row level security;
create policy "reads" on public.faulty_types for select to authenticated using (id = 1);

-- 0021: refers to a unique column of an account that is not its key.
alter table auth.users add column faulty_handle text unique;
create table public.faulty_account_link (
  id integer primary key,
  handle text constraint faulty_account_link_handle references auth.users (faulty_handle),
  account uuid constraint faulty_account_link_account references auth.users (id)
);
create index on public.faulty_account_link (handle);
create index on public.faulty_account_link (account);
alter table public.faulty_account_link enable row level security;
create policy "reads" on public.faulty_account_link for select to authenticated using (id = 1);

-- 0023 (and 0013): a secret in an open table.
create table public.faulty_secrets (id integer primary key, api_key text, secretary text);

-- 0024: everyone signed in may change every row.
create table public.faulty_always (id integer primary key);
alter table public.faulty_always enable row level security;
create policy "changes" on public.faulty_always for update to authenticated using (true);
create policy "adds" on public.faulty_always for insert to authenticated with check (true);
create policy "reads" on public.faulty_always for select to authenticated using (true);
create policy "removes" on public.faulty_always for delete to authenticated using (id = 1);

-- 0026, 0027: what only one of the roles may read.
create table public.faulty_signed_in (id integer primary key);
alter table public.faulty_signed_in enable row level security;
create policy "reads" on public.faulty_signed_in for select to authenticated using (id = 1);
revoke all on public.faulty_signed_in from anon;
create table public.closed_table (id integer primary key);
alter table public.closed_table enable row level security;
create policy "reads" on public.closed_table for select to authenticated using (id = 1);
revoke all on public.closed_table from anon, authenticated;

-- 0028, 0029: runs as its owner for everyone, and for those signed in.
create function public.faulty_definer() returns integer language sql security definer set search_path = pg_catalog, pg_temp as $$ select 1 $$;
create function public.faulty_definer_signed_in() returns integer language sql security definer set search_path = pg_catalog, pg_temp as $$ select 1 $$;
revoke execute on function public.faulty_definer_signed_in() from public, anon;
create function public.right_invoker() returns integer language sql security invoker set search_path = pg_catalog, pg_temp as $$ select 1 $$;
create function faulty_hidden.right_definer() returns integer language sql security definer set search_path = pg_catalog, pg_temp as $$ select 1 $$;
