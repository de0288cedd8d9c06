-- Partner Console: everything an existing Supabase project needs, in one transaction.
-- Generated from supabase/migrations by `node scripts/database/build-script.ts`; change the migrations, not this file.
--
-- Run it in the SQL editor as it is. It may be run again without harm. On data that it cannot bring over (two members of one
-- partner with the same e-mail, a negative balance, an unknown status …) it stops, names the rows, and changes nothing.
-- Row level security policies that stand on these tables are replaced; each one is named in a notice.

begin;
-- Rather stop than make everybody wait behind a table that somebody else holds; once it has begun, it may take its time.
set local lock_timeout = '5s';
set local statement_timeout = 0;

-- 20260105090000_adopt_partner_tables.sql

-- The tables of the partner system: created where they are absent, brought to one state where they stand.
-- First everything that could not be brought over is looked for; if there is any, the migration names it and stops
-- before its first change. Running it again changes nothing.

-- The types first: what is asked of the rows below would fail on others, or hold for them and lose what they mean.
do $$
declare
  v_wanted constant text[] := array[
    -- table, columns, types that do
    'users', 'id', 'uuid',
    'users', 'email,full_name,role', 'text,character varying',
    'users', 'credits', 'integer',
    'users', 'created_at', 'timestamp with time zone,timestamp without time zone',
    'partner_members', 'id,partner_id,user_id', 'uuid',
    'partner_members', 'first_name,email,status', 'text,character varying',
    'partner_members', 'credits_assigned', 'integer',
    'partner_members', 'created_at', 'timestamp with time zone,timestamp without time zone',
    'partner_credits', 'id,partner_id', 'uuid',
    'partner_credits', 'employee_email,employee_name,status', 'text,character varying',
    'partner_credits', 'created_at,expires_at', 'timestamp with time zone,timestamp without time zone',
    'sessions', 'id,user_id', 'uuid',
    'sessions', 'status', 'text,character varying',
    'sessions', 'scheduled_at,created_at', 'timestamp with time zone,timestamp without time zone'
  ];
  v_columns text;
  v_problems text[] := '{}';
begin
  for i in 0 .. array_length(v_wanted, 1) / 3 - 1 loop
    select string_agg(format('%I.%I is of type %s: one of these does: %s', c.table_name, c.column_name,
        case c.data_type when 'USER-DEFINED' then c.udt_name else c.data_type end, v_wanted[i * 3 + 3]), E'\n' order by c.ordinal_position)
      into v_columns
    from information_schema.columns c
    where c.table_schema = 'public' and c.table_name = v_wanted[i * 3 + 1]
      and c.column_name = any (string_to_array(v_wanted[i * 3 + 2], ','))
      and c.data_type <> all (string_to_array(v_wanted[i * 3 + 3], ','));
    if v_columns is not null then
      v_problems := v_problems || v_columns;
    end if;
  end loop;
  if cardinality(v_problems) > 0 then
    raise exception using
      errcode = 'datatype_mismatch',
      message = 'partner console: columns of other types cannot be brought over; nothing was changed',
      detail = array_to_string(v_problems, E'\n'),
      hint = 'Change these columns (alter table … alter column … type …), then run the script again.';
  end if;
end
$$;

do $$
declare
  v_checks constant text[] := array[
    -- table, the columns the check reads, condition in words, and a query for the offending rows as text
    'users', 'id', 'has no id or shares it with another row',
      $q$select format('users id=%s', id) from public.users group by id having id is null or count(*) > 1$q$,
    'users', 'id', 'has no account in auth.users',
      $q$select format('users id=%s', u.id) from public.users u where u.id is not null and not exists (select from auth.users a where a.id = u.id)$q$,
    'users', 'id,credits', 'has a negative balance',
      $q$select format('users id=%s credits=%s', id, credits) from public.users where credits < 0$q$,
    'users', 'id,email', 'has no e-mail',
      $q$select format('users id=%s', id) from public.users where coalesce(btrim(email), '') = ''$q$,
    'partner_members', 'id', 'has no id or shares it with another row',
      $q$select format('partner_members id=%s', id) from public.partner_members group by id having id is null or count(*) > 1$q$,
    'partner_members', 'id,partner_id', 'belongs to no partner of users',
      $q$select format('partner_members id=%s partner_id=%s', id, partner_id) from public.partner_members m
         where not exists (select from public.users u where u.id = m.partner_id)$q$,
    'partner_members', 'id,email', 'has no e-mail',
      $q$select format('partner_members id=%s', id) from public.partner_members where coalesce(btrim(email), '') = ''$q$,
    'partner_members', 'id,partner_id,email', 'is one of several members of its partner with the same e-mail',
      $q$select format('partner_members id=%s partner_id=%s email=%s', id, partner_id, email) from (
           select *, count(*) over (partition by partner_id, lower(btrim(email))) as same from public.partner_members) m
         where same > 1 order by partner_id, lower(btrim(email)), id$q$,
    'partner_members', 'id,status', 'has an unknown status (known: active, inactive, invited)',
      $q$select format('partner_members id=%s status=%s', id, status) from public.partner_members
         where lower(btrim(status)) is null or lower(btrim(status)) not in ('active', 'inactive', 'invited')$q$,
    'partner_members', 'id,user_id', 'names a user that is not in users',
      $q$select format('partner_members id=%s user_id=%s', id, user_id) from public.partner_members m
         where user_id is not null and not exists (select from public.users u where u.id = m.user_id)$q$,
    'partner_members', 'id,credits_assigned', 'has negative credits_assigned',
      $q$select format('partner_members id=%s credits_assigned=%s', id, credits_assigned) from public.partner_members where credits_assigned < 0$q$,
    'partner_credits', 'id', 'has no id or shares it with another row',
      $q$select format('partner_credits id=%s', id) from public.partner_credits group by id having id is null or count(*) > 1$q$,
    'partner_credits', 'id,partner_id', 'belongs to no partner of users',
      $q$select format('partner_credits id=%s partner_id=%s', id, partner_id) from public.partner_credits c
         where not exists (select from public.users u where u.id = c.partner_id)$q$,
    'partner_credits', 'id,employee_email', 'has no e-mail',
      $q$select format('partner_credits id=%s', id) from public.partner_credits where coalesce(btrim(employee_email), '') = ''$q$,
    'partner_credits', 'id,status', 'has an unknown status (known: available, used, expired, revoked)',
      $q$select format('partner_credits id=%s status=%s', id, status) from public.partner_credits
         where lower(btrim(status)) is null or lower(btrim(status)) not in ('available', 'used', 'expired', 'revoked')$q$,
    'partner_credits', 'id,expires_at', 'has no expiry',
      $q$select format('partner_credits id=%s', id) from public.partner_credits where expires_at is null$q$,
    -- No client reads an endless time.
    'partner_members', 'id,created_at', 'has an infinite created_at',
      $q$select format('partner_members id=%s created_at=%s', id, created_at) from public.partner_members where not isfinite(created_at)$q$,
    'partner_credits', 'id,created_at', 'has an infinite created_at',
      $q$select format('partner_credits id=%s created_at=%s', id, created_at) from public.partner_credits where not isfinite(created_at)$q$,
    'partner_credits', 'id,expires_at', 'has an infinite expires_at',
      $q$select format('partner_credits id=%s expires_at=%s', id, expires_at) from public.partner_credits where not isfinite(expires_at)$q$,
    'credit_allocations', 'id,expires_at', 'has an infinite expires_at',
      $q$select format('credit_allocations id=%s expires_at=%s', id, expires_at) from public.credit_allocations where not isfinite(expires_at)$q$,
    'sessions', 'id,scheduled_at', 'has an infinite scheduled_at',
      $q$select format('sessions id=%s scheduled_at=%s', id, scheduled_at) from public.sessions where not isfinite(scheduled_at)$q$,
    'partner_credits', 'id,partner_id', 'has more credits with its members than its balance leaves room for below 2147483647',
      $q$select format('users id=%s', u.id) from public.users u
         join (select c.partner_id, count(*) as given from public.partner_credits c group by c.partner_id) g on g.partner_id = u.id
         where coalesce((to_jsonb(u) ->> 'credits')::bigint, 0) + g.given > 2147483647$q$,
    'sessions', 'id', 'has no id or shares it with another row',
      $q$select format('sessions id=%s', id) from public.sessions group by id having id is null or count(*) > 1$q$,
    'sessions', 'id,user_id', 'names a user that is not in users',
      $q$select format('sessions id=%s user_id=%s', id, user_id) from public.sessions s
         where user_id is not null and not exists (select from public.users u where u.id = s.user_id)$q$,
    -- What would refuse what the functions write.
    'partner_members', 'status', 'may refuse a status that the functions write: drop it',
      $q$select format('constraint %I on partner_members: %s', c.conname, pg_get_constraintdef(c.oid)) from pg_catalog.pg_constraint c
         join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
         where c.conrelid = 'public.partner_members'::regclass and c.contype = 'c' and a.attname = 'status'
           and c.conname <> 'partner_members_known_status'$q$,
    'partner_credits', 'status', 'may refuse a status that the functions write: drop it',
      $q$select format('constraint %I on partner_credits: %s', c.conname, pg_get_constraintdef(c.oid)) from pg_catalog.pg_constraint c
         join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
         where c.conrelid = 'public.partner_credits'::regclass and c.contype = 'c' and a.attname = 'status'
           and c.conname <> 'partner_credits_known_status'$q$,
    'partner_members', 'id,partner_id,email', 'keeps an e-mail of one partner''s member from every other partner: drop it',
      $q$with named as (
           -- Columns of an expression are known by what the index depends on.
           select i.indexrelid, a.attname from pg_catalog.pg_index i
           join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and (a.attnum = any (i.indkey) or exists (
             select from pg_catalog.pg_depend d
             where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid
               and d.refobjsubid = a.attnum))
           where i.indrelid = 'public.partner_members'::regclass and i.indisunique and a.attnum > 0
         )
         select format('unique %s', pg_get_indexdef(indexrelid)) from named group by indexrelid
         having bool_or(attname = 'email') and not bool_or(attname in ('id', 'partner_id'))$q$,
    'partner_credits', 'id', 'allows one credit where an allocation makes many alike: drop it',
      $q$select format('unique %s', pg_get_indexdef(i.indexrelid)) from pg_catalog.pg_index i
         where i.indrelid = 'public.partner_credits'::regclass and i.indisunique and not exists (
           select from pg_catalog.pg_attribute a
           where a.attrelid = i.indrelid and a.attnum = any (i.indkey) and a.attname = 'id')$q$,
    'users', '', 'reads a column whose type must become timestamptz: drop it, and make it again afterwards',
      $q$select distinct format('%s %s reads %I.%I', case v.relkind when 'm' then 'materialized view' else 'view' end, v.oid::regclass,
           c.table_name, c.column_name)
         from information_schema.columns c
         join pg_catalog.pg_attribute a on a.attrelid = to_regclass(format('public.%I', c.table_name)) and a.attname = c.column_name
         join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = a.attrelid
           and d.refobjsubid = a.attnum and d.classid = 'pg_catalog.pg_rewrite'::regclass
         join pg_catalog.pg_rewrite w on w.oid = d.objid
         join pg_catalog.pg_class v on v.oid = w.ev_class
         where c.table_schema = 'public' and c.data_type = 'timestamp without time zone'
           and c.table_name in ('users', 'partner_members', 'partner_credits', 'sessions')
           and c.column_name in ('created_at', 'expires_at', 'scheduled_at')$q$,
    'users', '', 'needs a function that is replaced: drop it, and make it again afterwards',
      $q$select distinct format('%s needs %s', pg_describe_object(coalesce(w.classid, d.classid), coalesce(w.objid, d.objid), 0),
           p.oid::regprocedure)
         from pg_catalog.pg_proc p
         join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = p.oid and d.deptype = 'n'
         -- A view needs it through its rule.
         left join lateral (
           select 'pg_catalog.pg_class'::regclass as classid, r.ev_class as objid from pg_catalog.pg_rewrite r
           where d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
         ) w on true
         where p.pronamespace = 'public'::regnamespace and p.proname = 'allocate_partner_credit'
           and pg_get_function_arguments(p.oid) <> 'p_partner_id uuid, p_employee_email text, p_employee_name text,'
             || ' p_credits_count integer, p_validity_days integer DEFAULT 90'$q$
  ];
  v_problems text[] := '{}';
  v_count bigint := 0;
  v_rows text[];
  v_found bigint;
begin
  for v_check in 0 .. array_length(v_checks, 1) / 4 - 1 loop
    -- A table or column that does not stand yet has no rows to object to.
    continue when to_regclass('public.' || v_checks[v_check * 4 + 1]) is null;
    continue when exists (
      select from unnest(string_to_array(v_checks[v_check * 4 + 2], ',')) as wanted (column_name)
      where not exists (
        select from pg_catalog.pg_attribute a
        where a.attrelid = to_regclass('public.' || v_checks[v_check * 4 + 1])
          and a.attname = wanted.column_name and not a.attisdropped
      )
    );
    -- One table name below may still be absent while the other stands (a foreign key's target).
    continue when v_checks[v_check * 4 + 4] like '%public.users%' and to_regclass('public.users') is null;
    execute format('select (array_agg(line))[1:50], count(*) from (%s) as found (line)', v_checks[v_check * 4 + 4])
      into v_rows, v_found;
    if v_found > 0 then
      v_count := v_count + v_found;
      v_problems := v_problems || (
        select array_agg(format('%s: %s', line, v_checks[v_check * 4 + 3])) from unnest(v_rows) as line
      );
    end if;
  end loop;
  if v_count > 0 then
    raise exception using
      errcode = 'check_violation',
      message = format('partner console: %s rows cannot be brought over; nothing was changed', v_count),
      detail = array_to_string(v_problems[1:200], E'\n'),
      hint = 'Correct or remove these rows, drop these constraints, indexes and views, then run the script again. At most 50 rows of a kind are named.';
  end if;
end
$$;

-- Tables and columns ---------------------------------------------------------------------------------------------------
create table if not exists public.users (id uuid not null);
alter table public.users
  add column if not exists email text,
  add column if not exists full_name text,
  add column if not exists role text,
  add column if not exists credits integer,
  add column if not exists created_at timestamptz;

create table if not exists public.partner_members (id uuid not null);
alter table public.partner_members
  add column if not exists partner_id uuid,
  add column if not exists user_id uuid,
  add column if not exists first_name text,
  add column if not exists email text,
  add column if not exists status text,
  add column if not exists credits_assigned integer,
  add column if not exists created_at timestamptz;

create table if not exists public.partner_credits (id uuid not null);
alter table public.partner_credits
  add column if not exists partner_id uuid,
  add column if not exists employee_email text,
  add column if not exists employee_name text,
  add column if not exists status text,
  add column if not exists created_at timestamptz,
  add column if not exists expires_at timestamptz;

create table if not exists public.sessions (id uuid not null);
alter table public.sessions
  add column if not exists user_id uuid,
  add column if not exists status text,
  add column if not exists scheduled_at timestamptz,
  add column if not exists created_at timestamptz;

-- Timestamps without a zone were written in UTC, as Supabase runs.
do $$
declare
  v_column record;
begin
  for v_column in
    select c.table_name, c.column_name from information_schema.columns c
    where c.table_schema = 'public' and c.data_type = 'timestamp without time zone'
      and c.table_name in ('users', 'partner_members', 'partner_credits', 'sessions')
      and c.column_name in ('created_at', 'expires_at', 'scheduled_at')
  loop
    execute format('alter table public.%I alter column %I drop default', v_column.table_name, v_column.column_name);
    execute format('alter table public.%I alter column %I type timestamptz using %I at time zone ''UTC''',
      v_column.table_name, v_column.column_name, v_column.column_name);
  end loop;
end
$$;

-- Values: normalised where nothing is lost by it -----------------------------------------------------------------------
-- One statement a table, so that a row is written once at most.
update public.users set email = lower(btrim(email)), full_name = coalesce(full_name, ''), role = coalesce(role, 'member'),
  credits = coalesce(credits, 0), created_at = coalesce(created_at, now())
where email is distinct from lower(btrim(email)) or full_name is null or role is null or credits is null or created_at is null;

update public.partner_members set email = lower(btrim(email)), first_name = coalesce(first_name, ''), status = lower(btrim(status)),
  credits_assigned = coalesce(credits_assigned, 0), created_at = coalesce(created_at, now())
where email is distinct from lower(btrim(email)) or first_name is null or status is distinct from lower(btrim(status))
  or credits_assigned is null or created_at is null;

update public.partner_credits set employee_email = lower(btrim(employee_email)), employee_name = coalesce(employee_name, ''),
  status = lower(btrim(status)), created_at = coalesce(created_at, least(now(), expires_at))
where employee_email is distinct from lower(btrim(employee_email)) or employee_name is null
  or status is distinct from lower(btrim(status)) or created_at is null;

update public.sessions set status = coalesce(status, 'scheduled'), created_at = coalesce(created_at, now())
where status is null or created_at is null;

-- Defaults and required columns ----------------------------------------------------------------------------------------
alter table public.users
  alter column email set not null,
  alter column full_name set default '', alter column full_name set not null,
  alter column role set default 'member', alter column role set not null,
  alter column credits set default 0, alter column credits set not null,
  alter column created_at set default now(), alter column created_at set not null;
alter table public.partner_members
  alter column id set default gen_random_uuid(),
  alter column partner_id set not null,
  alter column first_name set default '', alter column first_name set not null,
  alter column email set not null,
  alter column status set default 'active', alter column status set not null,
  alter column credits_assigned set default 0, alter column credits_assigned set not null,
  alter column created_at set default now(), alter column created_at set not null;
alter table public.partner_credits
  alter column id set default gen_random_uuid(),
  alter column partner_id set not null,
  alter column employee_email set not null,
  alter column employee_name set default '', alter column employee_name set not null,
  alter column status set default 'available', alter column status set not null,
  alter column created_at set default now(), alter column created_at set not null,
  alter column expires_at set not null;
alter table public.sessions
  alter column id set default gen_random_uuid(),
  alter column status set default 'scheduled', alter column status set not null,
  alter column created_at set default now(), alter column created_at set not null;

-- Constraints ----------------------------------------------------------------------------------------------------------
-- The key of partner_credits to its partner follows when its rows have their allocation.
do $$
declare
  v_constraints constant text[] := array[
    'users', 'users_credits_not_negative', 'check (credits >= 0)',
    'users', 'users_id_account', 'foreign key (id) references auth.users (id)',
    'partner_members', 'partner_members_partner', 'foreign key (partner_id) references public.users (id)',
    'partner_members', 'partner_members_user', 'foreign key (user_id) references public.users (id) on delete set null',
    'partner_members', 'partner_members_email_once', 'unique (partner_id, email)',
    'partner_members', 'partner_members_email_normalised', 'check (email = lower(btrim(email)) and email <> '''')',
    'partner_members', 'partner_members_known_status', 'check (status in (''active'', ''inactive'', ''invited''))',
    'partner_members', 'partner_members_credits_not_negative', 'check (credits_assigned >= 0)',
    'partner_members', 'partner_members_finite_creation', 'check (isfinite(created_at))',
    'partner_credits', 'partner_credits_email_normalised', 'check (employee_email = lower(btrim(employee_email)) and employee_email <> '''')',
    'partner_credits', 'partner_credits_known_status', 'check (status in (''available'', ''used'', ''expired'', ''revoked''))',
    'partner_credits', 'partner_credits_finite_expiry', 'check (isfinite(expires_at))',
    'sessions', 'sessions_finite_schedule', 'check (isfinite(scheduled_at))',
    'sessions', 'sessions_user', 'foreign key (user_id) references public.users (id)'
  ];
  v_table text;
begin
  foreach v_table in array array['users', 'partner_members', 'partner_credits', 'sessions'] loop
    if not exists (
      select from pg_catalog.pg_constraint where conrelid = to_regclass('public.' || v_table) and contype = 'p'
    ) then
      execute format('alter table public.%I add constraint %I primary key (id)', v_table, v_table || '_pkey');
    end if;
  end loop;
  for i in 0 .. array_length(v_constraints, 1) / 3 - 1 loop
    if not exists (
      select from pg_catalog.pg_constraint
      where conrelid = to_regclass('public.' || v_constraints[i * 3 + 1]) and conname = v_constraints[i * 3 + 2]
    ) then
      execute format('alter table public.%I add constraint %I %s',
        v_constraints[i * 3 + 1], v_constraints[i * 3 + 2], v_constraints[i * 3 + 3]);
    end if;
  end loop;
end
$$;

-- Indexes. (partner_id, email) stands through its unique constraint; those of partner_credits follow when its rows have
-- their allocation. None holds a balance: a row of users that moves within its page leaves every index as it is, and the
-- pages keep room for that.
alter table public.users set (fillfactor = 80);
drop index if exists public.users_partner_credits_idx;
create index if not exists users_email_idx on public.users (email);
create index if not exists partner_members_email_idx on public.partner_members (email);
create index if not exists partner_members_user_idx on public.partner_members (user_id);
create index if not exists partner_members_partner_status_idx on public.partner_members (partner_id, status);
create index if not exists sessions_user_idx on public.sessions (user_id, scheduled_at desc);

-- Row level security from the first moment; policies and privileges follow in a migration of their own.
alter table public.users enable row level security;
alter table public.partner_members enable row level security;
alter table public.partner_credits enable row level security;
alter table public.sessions enable row level security;

comment on table public.users is 'People with an account. A row with role partner owns credits, the balance that is not allocated yet.';
comment on column public.users.credits is 'Unallocated balance of a partner; changed together with a row of credit_allocations only.';
comment on table public.partner_members is 'The people to whom a partner gives credits, identified by e-mail within their partner.';
comment on column public.partner_members.credits_assigned is 'Sum of the member''s allocations minus its revocations.';
comment on table public.partner_credits is 'One row a credit. An available credit past expires_at counts as expired.';
comment on table public.sessions is 'What members spent credits on; belongs to a member through user_id.';

-- 20260105091000_record_allocations.sql

-- The ledger, the receipts, the uploads, and what the change feed needs.

create schema if not exists partner_private;
comment on schema partner_private is
  'Bodies of the functions of schema public, and their parts. Not exposed through the API: its functions run as their owner.';
revoke all on schema partner_private from public;

-- Tables ---------------------------------------------------------------------------------------------------------------
create table if not exists public.credit_allocations (
  id uuid not null default gen_random_uuid(),
  partner_id uuid not null,
  kind text not null,
  member_id uuid,
  employee_email text,
  credits integer not null,
  expires_at timestamptz,
  source text not null,
  upload_id uuid,
  upload_row integer,
  corrects uuid,
  reason text,
  actor text,
  created_at timestamptz not null default now(),
  balance_before integer not null,
  balance_after integer not null,
  change_txid xid8 not null default pg_current_xact_id(),
  constraint credit_allocations_pkey primary key (id),
  constraint credit_allocations_known_kind
    check (kind in ('opening', 'top_up', 'correction', 'allocation', 'revocation', 'extension')),
  constraint credit_allocations_known_source check (source in ('rpc', 'console', 'upload', 'legacy', 'balance')),
  constraint credit_allocations_credits_sign check (credits > 0 or (credits = 0 and kind in ('opening', 'extension'))),
  constraint credit_allocations_balance_moves check (
    balance_after - balance_before = case
      when kind in ('opening', 'top_up', 'revocation') then credits
      when kind in ('allocation', 'correction') then -credits
      else 0
    end
  ),
  constraint credit_allocations_names_employee
    check (kind in ('opening', 'top_up', 'correction') or (employee_email is not null and expires_at is not null))
);
comment on table public.credit_allocations is
  'Append-only ledger of a partner''s balance: its opening and top-ups, and every allocation, revocation and extension.';
alter table public.credit_allocations add column if not exists holder_email text;
comment on column public.credit_allocations.holder_email is
  'The member''s e-mail of today where it has changed since; null where it has not. A new member is found by it.';
comment on column public.credit_allocations.credits is 'Never negative; kind says in which direction the balance moved.';
comment on column public.credit_allocations.member_id is
  'The member with this e-mail; null while there is none. Besides holder_email the only column that may change later.';
comment on column public.credit_allocations.actor is 'E-mail of the signed-in admin, or the database role that acted.';
comment on column public.credit_allocations.corrects is 'The allocation that a revocation or extension corrects.';
create index if not exists credit_allocations_feed_idx on public.credit_allocations (partner_id, change_txid, id);
-- With what the sum of the last days needs: every page of the feed tells whether the balance is low.
drop index if exists public.credit_allocations_created_idx;
create index if not exists credit_allocations_recent_idx on public.credit_allocations (partner_id, created_at) include (kind, credits);
create index if not exists credit_allocations_employee_idx on public.credit_allocations (partner_id, employee_email);
create index if not exists credit_allocations_stray_idx
  on public.credit_allocations (partner_id, (coalesce(holder_email, employee_email))) where member_id is null;
create index if not exists credit_allocations_member_idx on public.credit_allocations (member_id);
create index if not exists credit_allocations_corrects_idx on public.credit_allocations (corrects);
create unique index if not exists credit_allocations_one_opening_idx
  on public.credit_allocations (partner_id) where kind = 'opening';

create table if not exists public.command_receipts (
  partner_id uuid not null,
  id uuid not null,
  command text not null,
  request_digest bytea not null,
  response jsonb not null,
  created_at timestamptz not null default now(),
  actor text,
  constraint command_receipts_pkey primary key (partner_id, id),
  constraint command_receipts_partner foreign key (partner_id) references public.users (id)
);
alter table public.command_receipts add column if not exists actor text;
comment on column public.command_receipts.actor is 'E-mail of the signed-in admin, or the database role that acted.';
comment on table public.command_receipts is
  'The recorded answer to each command under the id that the client minted. Kept for ever: a laptop may come back after months. The key holds the partner, so that another partner''s ids neither collide nor tell anything.';

create table if not exists public.member_uploads (
  partner_id uuid not null,
  id uuid not null,
  file_name text not null,
  created_at timestamptz not null default now(),
  constraint member_uploads_pkey primary key (partner_id, id),
  constraint member_uploads_partner foreign key (partner_id) references public.users (id)
);
comment on table public.member_uploads is 'One row an uploaded file, under the id that the client minted.';

create table if not exists public.member_upload_rows (
  partner_id uuid not null,
  upload_id uuid not null,
  row_no integer not null,
  request_digest bytea not null,
  outcome text not null,
  reason text,
  field text,
  shortfall integer,
  member_id uuid,
  allocation_id uuid,
  credits integer,
  expires_at timestamptz,
  credits_assigned integer,
  created_at timestamptz not null default now(),
  constraint member_upload_rows_pkey primary key (partner_id, upload_id, row_no),
  constraint member_upload_rows_upload foreign key (partner_id, upload_id) references public.member_uploads (partner_id, id),
  constraint member_upload_rows_known_outcome check (outcome in ('created', 'updated', 'unchanged', 'refused')),
  constraint member_upload_rows_reason_of_refusal check ((outcome = 'refused') = (reason is not null))
);
comment on table public.member_upload_rows is
  'The receipt of each row of an upload. member_id and allocation_id are what was answered then, also when the member is gone: no foreign keys.';

create table if not exists public.removed_members (
  partner_id uuid not null,
  member_id uuid not null,
  removed_at timestamptz not null default now(),
  change_txid xid8 not null default pg_current_xact_id(),
  constraint removed_members_pkey primary key (member_id),
  constraint removed_members_partner foreign key (partner_id) references public.users (id)
);
comment on table public.removed_members is 'Tombstones: tells the change feed which members are gone.';
create index if not exists removed_members_feed_idx on public.removed_members (partner_id, change_txid, member_id);

alter table public.credit_allocations enable row level security;
alter table public.command_receipts enable row level security;
alter table public.member_uploads enable row level security;
alter table public.member_upload_rows enable row level security;
alter table public.removed_members enable row level security;

-- Columns for the feed and the ledger ------------------------------------------------------------------------------------
alter table public.partner_members add column if not exists change_txid xid8 not null default pg_current_xact_id();
comment on column public.partner_members.change_txid is
  'The transaction that last changed the member, its credits or its sessions. The feed gives changes in this order.';
create index if not exists partner_members_feed_idx on public.partner_members (partner_id, change_txid, id);

alter table public.partner_credits add column if not exists allocation_id uuid;
comment on column public.partner_credits.allocation_id is 'The ledger row that made this credit.';

-- Credits from before the ledger: one allocation for what was inserted together, and the balance from which it all came. ---
do $$
begin
  -- An allocation for each group of credits that has none; revoked ones among them are a revocation of it.
  create temporary table adopted_credits on commit drop as
    select gen_random_uuid() as id, c.partner_id, c.employee_email, c.expires_at, c.created_at,
      count(*)::integer as credits, (count(*) filter (where c.status = 'revoked'))::integer as revoked
    from public.partner_credits c
    where c.allocation_id is null
    group by c.partner_id, c.employee_email, c.expires_at, c.created_at;
  -- A new table has no statistics, nor have the others after their rows were written anew.
  analyze adopted_credits;
  if exists (select from adopted_credits) then
    analyze public.users, public.partner_members, public.partner_credits;
  end if;

  -- The opening balance is what makes today's balance come out; it is dated before the first thing known.
  insert into public.credit_allocations
    (partner_id, kind, credits, source, reason, actor, created_at, balance_before, balance_after)
  select u.id, 'opening', u.credits + coalesce(a.net, 0), 'balance', 'opening balance', 'migration',
    least(now(), a.first_at), 0, u.credits + coalesce(a.net, 0)
  from public.users u
  left join (
    select partner_id, sum(credits - revoked)::integer as net, min(created_at) as first_at
    from adopted_credits group by partner_id
  ) a on a.partner_id = u.id
  where (u.credits > 0 or a.partner_id is not null or u.role = 'partner')
    and not exists (select from public.credit_allocations o where o.partner_id = u.id);

  -- Revocations follow their allocation, at the same time: nobody recorded when they happened.
  insert into public.credit_allocations
    (id, partner_id, kind, member_id, employee_email, credits, expires_at, source, corrects, reason, actor, created_at,
     balance_before, balance_after)
  select s.entry_id, s.partner_id, s.kind, m.id, s.employee_email, s.credits, s.expires_at, 'legacy', s.corrects,
    'from before the ledger', 'migration', s.created_at, o.balance_after + s.moved_until - s.moved, o.balance_after + s.moved_until
  from (
    select e.*, sum(e.moved) over (partition by e.partner_id order by e.created_at, e.id, e.kind rows unbounded preceding)::integer
      as moved_until
    from (
      select id, id as entry_id, null::uuid as corrects, 'allocation' as kind, partner_id, employee_email, expires_at, created_at,
        credits, -credits as moved from adopted_credits
      union all
      select id, gen_random_uuid(), id, 'revocation', partner_id, employee_email, expires_at, created_at, revoked, revoked
      from adopted_credits where revoked > 0
    ) e
  ) s
  join public.credit_allocations o on o.partner_id = s.partner_id and o.kind = 'opening'
  left join public.partner_members m on m.partner_id = s.partner_id and m.email = s.employee_email
  order by s.created_at, s.id, s.kind;

  update public.partner_credits c set allocation_id = a.id
  from adopted_credits a
  where c.allocation_id is null and c.partner_id = a.partner_id and c.employee_email = a.employee_email
    and c.expires_at = a.expires_at and c.created_at = a.created_at;
  drop table adopted_credits;

  -- The sum that the flawed functions kept wrong now follows from the ledger.
  update public.partner_members m set credits_assigned = l.credits
  from (
    select m2.id, coalesce(sum(case a.kind when 'allocation' then a.credits when 'revocation' then -a.credits end), 0)::integer as credits
    from public.partner_members m2
    left join public.credit_allocations a on a.member_id = m2.id
    group by m2.id
  ) l
  where l.id = m.id and m.credits_assigned <> l.credits;
end
$$;

alter table public.partner_credits alter column allocation_id set not null;
-- Only now: an index that stands while every row gets its allocation costs one more write a row.
create index if not exists partner_credits_allocation_idx on public.partner_credits (allocation_id);
create index if not exists partner_credits_employee_idx on public.partner_credits (employee_email, status, expires_at);
create index if not exists partner_credits_partner_status_idx on public.partner_credits (partner_id, status);
-- Nor a foreign key: in the transaction that wrote users and members anew their indexes cannot be used yet, so that every row
-- of the ledger, and every credit written a second time, would read all of them. Added here, a key is checked for all at once.
do $$
declare
  v_keys constant text[] := array[
    'credit_allocations', 'credit_allocations_partner', 'foreign key (partner_id) references public.users (id)',
    'credit_allocations', 'credit_allocations_member',
      'foreign key (member_id) references public.partner_members (id) on delete set null',
    'credit_allocations', 'credit_allocations_finite_expiry', 'check (isfinite(expires_at))',
    'credit_allocations', 'credit_allocations_corrects', 'foreign key (corrects) references public.credit_allocations (id)',
    'partner_credits', 'partner_credits_partner', 'foreign key (partner_id) references public.users (id)',
    'partner_credits', 'partner_credits_allocation', 'foreign key (allocation_id) references public.credit_allocations (id)'
  ];
begin
  for i in 0 .. array_length(v_keys, 1) / 3 - 1 loop
    if not exists (
      select from pg_catalog.pg_constraint
      where conrelid = to_regclass('public.' || v_keys[i * 3 + 1]) and conname = v_keys[i * 3 + 2]
    ) then
      execute format('alter table public.%I add constraint %I %s', v_keys[i * 3 + 1], v_keys[i * 3 + 2], v_keys[i * 3 + 3]);
    end if;
  end loop;
end
$$;

-- Triggers -------------------------------------------------------------------------------------------------------------
create or replace function partner_private.stamp_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.change_txid := pg_catalog.pg_current_xact_id();
  return new;
end
$$;
comment on function partner_private.stamp_change() is 'Trigger: notes the transaction that changed the row, for the feed.';

create or replace function partner_private.normalise_member_email() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.email := pg_catalog.lower(pg_catalog.btrim(new.email));
  return new;
end
$$;
comment on function partner_private.normalise_member_email() is
  'Trigger: writers from before the constraint keep working with e-mails in mixed case.';

create or replace function partner_private.keep_ledger() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_detail jsonb := '{}';
begin
  if tg_op = 'UPDATE' then
    if (pg_catalog.to_jsonb(new) - '{member_id,holder_email,change_txid}'::text[])
      = (pg_catalog.to_jsonb(old) - '{member_id,holder_email,change_txid}'::text[]) then
      return new;
    end if;
  end if;
  if tg_level = 'ROW' then
    v_detail := pg_catalog.jsonb_build_object('allocation_id', old.id);
  end if;
  raise exception using errcode = 'PT405', message = 'ledger_is_append_only',
    detail = v_detail::text,
    hint = 'Add a row that corrects the other one.';
end
$$;
comment on function partner_private.keep_ledger() is
  'Trigger: refuses every change of a ledger row but its link to the member.';

create or replace function partner_private.link_corrections(p_allocation_ids uuid[]) returns integer
language sql volatile set search_path = pg_catalog, pg_temp as $$
  with moved as (
    select e.id, e.member_id as from_id, a.member_id as to_id, a.holder_email,
      case e.kind when 'revocation' then e.credits else 0 end as credits
    from public.credit_allocations a
    join public.credit_allocations e on e.corrects = a.id
    where a.id = any (p_allocation_ids) and (e.member_id, e.holder_email) is distinct from (a.member_id, a.holder_email)
  ),
  linked as (
    update public.credit_allocations e set member_id = v.to_id, holder_email = v.holder_email from moved v where e.id = v.id
  ),
  summed as (
    update public.partner_members m set credits_assigned = m.credits_assigned + s.credits
    from (
      select x.member_id, pg_catalog.sum(x.credits)::integer as credits
      from (select v.from_id as member_id, v.credits from moved v union all select v.to_id, -v.credits from moved v) x
      group by x.member_id
    ) s
    where m.id = s.member_id
  )
  select pg_catalog.count(*)::integer from moved
$$;
comment on function partner_private.link_corrections(uuid[]) is
  'Corrections of these ledger rows belong to whom the row belongs that they correct, whatever e-mail they bear; says how many did not, and members'' sums follow.';

drop function if exists partner_private.link_allocations(uuid[]);
create or replace function partner_private.link_allocations(p_member_ids uuid[], p_limit integer default null) returns integer
-- Each statement sees what was committed before it began: a revocation, say, by an undo that the first one waited for.
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_linked uuid[];
begin
  with found as (
    select a.id, m.id as member_id
    from public.partner_members m
    join public.credit_allocations a on a.partner_id = m.partner_id
      and coalesce(a.holder_email, a.employee_email) = m.email and a.member_id is null
    -- A correction goes with what it corrects.
    where m.id = any (p_member_ids) and a.corrects is null
    -- In the order of their ids, as an undo locks them.
    order by a.id limit p_limit for no key update of a
  ),
  linked as (
    update public.credit_allocations a set member_id = f.member_id from found f where a.id = f.id
    returning a.id, a.member_id, case a.kind when 'allocation' then a.credits when 'revocation' then -a.credits else 0 end as credits
  ),
  summed as (
    update public.partner_members m set credits_assigned = m.credits_assigned + s.credits
    from (select l.member_id, pg_catalog.sum(l.credits)::integer as credits from linked l group by l.member_id) s
    where m.id = s.member_id
  )
  select pg_catalog.array_agg(l.id) into v_linked from linked l;
  if v_linked is null then
    return 0;
  end if;
  return pg_catalog.cardinality(v_linked) + partner_private.link_corrections(v_linked);
end
$$;
comment on function partner_private.link_allocations(uuid[], integer) is
  'Credits that were allocated to an e-mail while it had no member now belong to the member: its ledger rows, at most p_limit of them, with what corrects them, counted, and its sum.';

-- Definer: whoever may insert members (the service role, say) must not need rights on the ledger for it.
create or replace function partner_private.link_member_allocations() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform partner_private.link_allocations(array(select n.id from new_members n));
  return null;
end
$$;
comment on function partner_private.link_member_allocations() is
  'Trigger: credits that were allocated to an e-mail before its member existed belong to the new member.';

create or replace function partner_private.bury_members() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.removed_members (partner_id, member_id)
  select g.partner_id, g.id from gone_members g
  where exists (select from public.users u where u.id = g.partner_id)
  -- One that came back with its id and is gone again is told again.
  on conflict (member_id) do update set partner_id = excluded.partner_id, removed_at = excluded.removed_at;
  return null;
end
$$;
comment on function partner_private.bury_members() is
  'Trigger: leaves a tombstone for each removed member. Definer: whoever may remove members must not need rights on tombstones.';

create or replace function partner_private.touch_members(p_member_ids uuid[]) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
  update public.partner_members m set change_txid = pg_catalog.pg_current_xact_id()
  -- Locked in the order of their ids, as every command does it: writers of several members then never wait for each other
  -- in a circle.
  where m.id = any (array(
    select l.id from public.partner_members l
    where l.id = any (p_member_ids) and l.change_txid <> pg_catalog.pg_current_xact_id()
    order by l.id for no key update
  ))
$$;
comment on function partner_private.touch_members(uuid[]) is
  'Puts members into the feed again, those that this transaction has changed already excepted.';

-- One function for inserts, updates and deletes: each trigger names its transition table touched_credits.
create or replace function partner_private.touch_members_of_credits() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform partner_private.touch_members(array(
    select distinct a.member_id from public.credit_allocations a
    where a.id in (select distinct t.allocation_id from touched_credits t) and a.member_id is not null
  ));
  return null;
end
$$;
comment on function partner_private.touch_members_of_credits() is
  'Trigger: a change of credits is a change of their member. Definer: whoever spends a credit need not be allowed to change members.';

create or replace function partner_private.touch_members_of_sessions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform partner_private.touch_members(array(
    select m.id from public.partner_members m where m.user_id in (select t.user_id from touched_sessions t)
  ));
  return null;
end
$$;
comment on function partner_private.touch_members_of_sessions() is
  'Trigger: a change of sessions is a change of their member. Definer, as for credits.';

create or replace function partner_private.record_balance_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_before integer := 0;
begin
  if tg_op = 'UPDATE' then
    v_before := old.credits;
  end if;
  if new.credits = v_before then
    return null;
  end if;
  insert into public.credit_allocations
    (partner_id, kind, credits, source, reason, actor, balance_before, balance_after)
  values (
    new.id,
    case
      when tg_op = 'INSERT' then 'opening'
      when new.credits > v_before then 'top_up'
      else 'correction'
    end,
    pg_catalog.abs(new.credits - v_before), 'balance', null,
    coalesce(nullif(pg_catalog.current_setting('role', true), 'none'), session_user::text), v_before, new.credits
  );
  return null;
end
$$;
comment on function partner_private.record_balance_change() is
  'Trigger: a balance that is changed by hand or by a purchase is entered into the ledger. Definer: the ledger takes no rows from anybody else.';

create or replace function partner_private.keep_member_in_place() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = 'PT409', message = 'member_cannot_move',
    detail = pg_catalog.jsonb_build_object('member_id', old.id)::text,
    hint = 'Add the member to the other partner; its credits belong to the one that gave them.';
end
$$;
comment on function partner_private.keep_member_in_place() is
  'Trigger: a member keeps its id and its partner, or one partner''s credits would become another''s.';

create or replace function partner_private.follow_member_email() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- The existing system finds credits by e-mail. What is spent or expired stays where it was spent.
  update public.partner_credits c set employee_email = new.email
  from public.credit_allocations a
  where a.member_id = new.id and a.partner_id = new.partner_id and c.allocation_id = a.id and c.status = 'available'
    and c.employee_email <> new.email;
  update public.credit_allocations a set holder_email = new.email where a.member_id = new.id;
  perform partner_private.link_allocations(array[new.id]);
  return null;
end
$$;
comment on function partner_private.follow_member_email() is
  'Trigger: available credits go along to a member''s new e-mail, and what was given to that before becomes the member''s. The ledger keeps the e-mail from then. Definer: whoever may rename a member must not need rights on credits for it.';

create or replace function partner_private.keep_revoked() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.status = 'revoked' then
    -- Somebody waited for the credit while it was taken back.
    raise exception using errcode = 'PT409', message = 'credit_is_revoked',
      detail = pg_catalog.jsonb_build_object('credit_id', old.id)::text;
  end if;
  raise exception using errcode = 'PT403', message = 'revoked_by_command_only',
    detail = pg_catalog.jsonb_build_object('credit_id', old.id)::text,
    hint = 'revoke_member_credits also gives the credits back to the balance.';
end
$$;
comment on function partner_private.keep_revoked() is
  'Trigger: what went back to the balance is never spent, and nobody but the functions takes anything back.';

create or replace function partner_private.bring_credit_to_holder() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- The member first: whoever is renaming it at this moment has the e-mail that counts, but not committed it yet.
  perform from public.credit_allocations a join public.partner_members m on m.id = a.member_id
    where a.id = new.allocation_id for no key update of m;
  new.employee_email := (
    select coalesce(a.holder_email, a.employee_email) from public.credit_allocations a where a.id = new.allocation_id
  );
  return new;
end
$$;
comment on function partner_private.bring_credit_to_holder() is
  'Trigger: a credit that becomes available again (its session was cancelled) bears the e-mail that its member has by now.';

-- Four triggers below are spared what a function has done already and says so in a setting for the one statement. Anybody may
-- write such a setting: it is believed of those alone who may write the ledger, which are these functions and their owner.

-- The conditions cost a tenth of a call, and nearly every row meets none of them.
create or replace trigger partner_members_normalise before insert or update of email on public.partner_members
  for each row when (new.email <> lower(btrim(new.email))) execute function partner_private.normalise_member_email();
create or replace trigger partner_members_stamp before insert or update on public.partner_members
  for each row when (new.change_txid <> pg_current_xact_id()) execute function partner_private.stamp_change();
create or replace trigger partner_members_link after insert on public.partner_members
  referencing new table as new_members for each statement execute function partner_private.link_member_allocations();
create or replace trigger partner_members_keep before update of id, partner_id on public.partner_members
  for each row when (new.id <> old.id or new.partner_id <> old.partner_id) execute function partner_private.keep_member_in_place();
create or replace trigger partner_members_follow after update of email on public.partner_members
  for each row when (new.email <> old.email) execute function partner_private.follow_member_email();
create or replace trigger partner_members_bury after delete on public.partner_members
  referencing old table as gone_members for each statement execute function partner_private.bury_members();

create or replace trigger credit_allocations_keep before update or delete on public.credit_allocations
  for each row execute function partner_private.keep_ledger();
create or replace trigger credit_allocations_keep_all before truncate on public.credit_allocations
  for each statement execute function partner_private.keep_ledger();
create or replace trigger credit_allocations_stamp before insert or update on public.credit_allocations
  for each row when (new.change_txid <> pg_current_xact_id()) execute function partner_private.stamp_change();
create or replace trigger removed_members_stamp before insert or update on public.removed_members
  for each row execute function partner_private.stamp_change();

create or replace trigger partner_credits_keep_revoked before update of status on public.partner_credits
  for each row when (old.status = 'revoked' and new.status <> 'revoked' or old.status <> 'revoked' and new.status = 'revoked'
    and not has_table_privilege('public.credit_allocations', 'insert')) execute function partner_private.keep_revoked();
create or replace trigger partner_credits_return before update of status on public.partner_credits
  for each row when (new.status = 'available' and old.status <> 'available') execute function partner_private.bring_credit_to_holder();
create or replace trigger partner_credits_touch_insert after insert on public.partner_credits
  referencing new table as touched_credits for each statement when (current_setting('partner_console.members_stamped', true) is distinct from 'on'
    or not has_table_privilege('public.credit_allocations', 'insert'))
  execute function partner_private.touch_members_of_credits();
create or replace trigger partner_credits_touch_update after update on public.partner_credits
  referencing new table as touched_credits for each statement when (current_setting('partner_console.members_stamped', true) is distinct from 'on'
    or not has_table_privilege('public.credit_allocations', 'insert'))
  execute function partner_private.touch_members_of_credits();
-- A credit that moves to another allocation changes the member whom it left, too.
create or replace trigger partner_credits_touch_update_old after update on public.partner_credits
  referencing old table as touched_credits for each statement when (current_setting('partner_console.members_stamped', true) is distinct from 'on'
    or not has_table_privilege('public.credit_allocations', 'insert'))
  execute function partner_private.touch_members_of_credits();
create or replace trigger partner_credits_touch_delete after delete on public.partner_credits
  referencing old table as touched_credits for each statement execute function partner_private.touch_members_of_credits();
create or replace trigger sessions_touch_insert after insert on public.sessions
  referencing new table as touched_sessions for each statement execute function partner_private.touch_members_of_sessions();
create or replace trigger sessions_touch_update after update on public.sessions
  referencing new table as touched_sessions for each statement execute function partner_private.touch_members_of_sessions();
-- A session that moves to another user changes the member whom it left, too.
create or replace trigger sessions_touch_update_old after update on public.sessions
  referencing old table as touched_sessions for each statement execute function partner_private.touch_members_of_sessions();
create or replace trigger sessions_touch_delete after delete on public.sessions
  referencing old table as touched_sessions for each statement execute function partner_private.touch_members_of_sessions();

create or replace trigger users_record_balance after insert or update of credits on public.users
  for each row when (current_setting('partner_console.ledger_written', true) is distinct from 'on'
    or not has_table_privilege('public.credit_allocations', 'insert'))
  execute function partner_private.record_balance_change();

-- A function is open to everyone until it is closed: these are new where the migrations have run before.
revoke execute on function partner_private.link_corrections(uuid[]), partner_private.link_allocations(uuid[], integer)
from public, anon, authenticated, service_role;

-- 20260105092000_allocate_credits.sql

-- Who may act, the receipts, and giving credits to one person. Every body stands in partner_private and runs as its
-- owner, because nobody but these functions may write; what the API exposes are thin wrappers that run as the caller.

-- Limits and normal forms ------------------------------------------------------------------------------------------------
create or replace function partner_private.most_credits() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 100000 $$;
comment on function partner_private.most_credits() is
  'The most credits one call may give: one row is stored a credit.';

create or replace function partner_private.most_validity_days() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 3650 $$;
comment on function partner_private.most_validity_days() is 'The longest validity of a credit in days.';

create or replace function partner_private.digest(p_request jsonb) returns bytea
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select pg_catalog.sha256(pg_catalog.convert_to(p_request::text, 'UTF8'))
$$;
comment on function partner_private.digest(jsonb) is
  'Fingerprint of a request; jsonb orders its keys, so that the order in which a client writes them does not matter.';

create or replace function partner_private.check_text(p_text text, p_refusal text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if pg_catalog.length(p_text) > 1000 then
    raise exception using errcode = 'PT413', message = p_refusal, detail = pg_catalog.jsonb_build_object('limit', 1000)::text;
  end if;
end
$$;
comment on function partner_private.check_text(text, text) is
  'PT413 with the refusal as its message when a note or reason is longer than 1,000 characters. A replay is answered before it.';

create or replace function partner_private.check_credits(p_requested bigint) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if p_requested > partner_private.most_credits() then
    raise exception using errcode = 'PT413', message = 'too_many_credits',
      detail = pg_catalog.jsonb_build_object('limit', partner_private.most_credits(), 'requested', p_requested)::text;
  end if;
end
$$;
comment on function partner_private.check_credits(bigint) is
  'PT413 too_many_credits when one call would write more credits than it may.';

-- Who may act ------------------------------------------------------------------------------------------------------------
create or replace function partner_private.acting_partner() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_user uuid := (select auth.uid());
begin
  if v_user is null then
    raise exception using errcode = 'PT401', message = 'not_signed_in', detail = '{}';
  end if;
  if not exists (select from public.users u where u.id = v_user and u.role = 'partner') then
    raise exception using errcode = 'PT403', message = 'not_a_partner', detail = pg_catalog.jsonb_build_object('user_id', v_user)::text;
  end if;
  return v_user;
end
$$;
comment on function partner_private.acting_partner() is
  'The partner for whom the caller acts. PT401 not_signed_in, PT403 not_a_partner. Definer: reads users whatever the caller may read.';

create or replace function partner_private.is_trusted_caller() returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  -- The setting still names the caller inside a definer function, where current_user is its owner.
  select exists (
    select from pg_catalog.pg_roles r
    where r.rolname = coalesce(nullif(pg_catalog.current_setting('role', true), 'none'), session_user::text)
      and (r.rolbypassrls or r.rolsuper)
  )
$$;
comment on function partner_private.is_trusted_caller() is
  'True for the service role and the database''s owner, who may name any partner.';

create or replace function partner_private.wait_in_line(p_partner_id uuid) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '300ms' as $$
begin
  -- Whoever waits for a row is woken twice, and walks every version of it that was written meanwhile; in this line, once and
  -- none. It makes way, no more: what excludes is the row's lock, and who has waited for long goes to the row. A transaction that
  -- may hold the row already (locking or writing one gave it an id) passes by: the first in line may be waiting for just that row.
  if pg_catalog.pg_current_xact_id_if_assigned() is null then
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('partner_console ' || p_partner_id::text, 0));
  end if;
exception when lock_not_available then
  null;
end
$$;
comment on function partner_private.wait_in_line(uuid) is
  'Lets commands of a partner come to its row one at a time, in the order they came, so that fewer of them wait at the row itself. A courtesy: nobody waits here longer than 300 ms.';

create or replace function partner_private.locked_balance(p_partner_id uuid) returns integer
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select partner_private.wait_in_line(p_partner_id);
  -- The first lock of every command. NO KEY UPDATE excludes other commands of this partner as UPDATE would, but lets the
  -- foreign-key checks of unrelated inserts pass.
  select u.credits from public.users u where u.id = p_partner_id and u.role = 'partner' for no key update
$$;
comment on function partner_private.locked_balance(uuid) is
  'Locks the partner until the end of the transaction and answers the balance; null when there is no such partner.';

create or replace function partner_private.lock_partner(p_partner_id uuid) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_balance constant integer := partner_private.locked_balance(p_partner_id);
begin
  -- Asked again under the lock: the role may have been taken away while the command waited for it.
  if v_balance is null then
    raise exception using errcode = 'PT403', message = 'not_a_partner',
      detail = pg_catalog.jsonb_build_object('user_id', p_partner_id)::text;
  end if;
  return v_balance;
end
$$;
comment on function partner_private.lock_partner(uuid) is
  'As locked_balance, for a command of the partner itself. PT403 not_a_partner when it is none any more.';

create or replace function partner_private.exclusive_balance(p_partner_id uuid) returns integer
language sql volatile set search_path = pg_catalog, pg_temp as $$
  -- UPDATE also waits for, and holds up, the foreign-key check of every insert that names the partner: a new member is
  -- either committed before the lock is had, or inserted after it is given back. Not in line: while it waits for such an insert,
  -- commands that do not need to would wait behind it.
  select u.credits from public.users u where u.id = p_partner_id and u.role = 'partner' for update
$$;
comment on function partner_private.exclusive_balance(uuid) is
  'As locked_balance, but keeps new members out, too: for credits to an e-mail that has no member yet.';

create or replace function partner_private.actor_name() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(
    (select u.email from public.users u where u.id = (select auth.uid())),
    nullif(pg_catalog.current_setting('role', true), 'none'),
    session_user::text
  )
$$;
comment on function partner_private.actor_name() is 'Who acts, for the ledger: an e-mail, or else the database role.';

-- Receipts ---------------------------------------------------------------------------------------------------------------
create or replace function partner_private.recorded_answer(p_partner_id uuid, p_request_id uuid, p_command text, p_request jsonb)
returns jsonb
-- Volatile although it only reads: it must see what was committed while its caller waited for the lock.
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_receipt public.command_receipts;
begin
  if p_request_id is null then
    raise exception using errcode = 'PT400', message = 'invalid_request_id', detail = '{"field": "p_request_id"}';
  end if;
  select * into v_receipt from public.command_receipts r where r.partner_id = p_partner_id and r.id = p_request_id;
  if not found then
    return null;
  end if;
  if v_receipt.command <> p_command or v_receipt.request_digest <> partner_private.digest(p_request) then
    raise exception using errcode = 'PT409', message = 'request_id_reused',
      detail = pg_catalog.jsonb_build_object('request_id', p_request_id)::text;
  end if;
  return v_receipt.response || '{"replayed": true}';
end
$$;
comment on function partner_private.recorded_answer(uuid, uuid, text, jsonb) is
  'The answer that was recorded for this request, null for a new one. PT409 request_id_reused when the id stands for another request. Call it under the partner''s lock: two calls with one id then have one effect.';

create or replace function partner_private.record_answer(
  p_partner_id uuid, p_request_id uuid, p_command text, p_request jsonb, p_response jsonb
) returns jsonb
language sql volatile set search_path = pg_catalog, pg_temp as $$
  insert into public.command_receipts (partner_id, id, command, request_digest, response, actor)
  values (p_partner_id, p_request_id, p_command, partner_private.digest(p_request), p_response || '{"replayed": false}',
    partner_private.actor_name())
  returning response
$$;
comment on function partner_private.record_answer(uuid, uuid, text, jsonb, jsonb) is
  'Records the answer, refusals as well, in the command''s own transaction, and gives it back.';

-- Giving credits to one person -------------------------------------------------------------------------------------------
create or replace function partner_private.give_credits(
  p_partner_id uuid, p_balance integer, p_member_id uuid, p_email text, p_name text, p_credits integer,
  p_expires_at timestamptz, p_source text, p_reason text
) returns uuid
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_allocation_id uuid;
begin
  -- The member is stamped by this; the trigger on its credits need not look for it.
  update public.partner_members m set credits_assigned = m.credits_assigned + p_credits where m.id = p_member_id;
  insert into public.credit_allocations
    (partner_id, kind, member_id, employee_email, credits, expires_at, source, reason, actor, balance_before, balance_after)
  values (p_partner_id, 'allocation', p_member_id, p_email, p_credits, p_expires_at, p_source, p_reason,
    partner_private.actor_name(), p_balance, p_balance - p_credits)
  returning id into v_allocation_id;
  perform pg_catalog.set_config('partner_console.members_stamped', 'on', true);
  insert into public.partner_credits (partner_id, employee_email, employee_name, expires_at, allocation_id)
  select p_partner_id, p_email, p_name, p_expires_at, v_allocation_id from pg_catalog.generate_series(1, p_credits);
  perform pg_catalog.set_config('partner_console.members_stamped', '', true);
  perform partner_private.move_balance(p_partner_id, -p_credits);
  return v_allocation_id;
end
$$;
comment on function partner_private.give_credits(uuid, integer, uuid, text, text, integer, timestamptz, text, text) is
  'Ledger row, credits, member''s sum and balance in one go. The caller holds the partner''s lock and has checked the balance.';

create or replace function partner_private.move_balance(p_partner_id uuid, p_by integer) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_catalog.set_config('partner_console.ledger_written', 'on', true);
  update public.users u set credits = u.credits + p_by where u.id = p_partner_id;
  perform pg_catalog.set_config('partner_console.ledger_written', '', true);
end
$$;
comment on function partner_private.move_balance(uuid, integer) is
  'The only statement that changes a balance; its caller has written the ledger.';

create or replace function partner_private.allocate_partner_credit(
  p_partner_id uuid, p_employee_email text, p_employee_name text, p_credits_count integer, p_validity_days integer
) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC' as $$
declare
  v_email text := pg_catalog.lower(pg_catalog.btrim(p_employee_email));
  v_balance integer;
  v_member_id uuid;
begin
  -- A foreign partner and an absent one are told apart by nothing.
  if not partner_private.is_trusted_caller() and p_partner_id is distinct from (select auth.uid()) then
    return false;
  end if;
  if coalesce(p_credits_count, 0) < 1 or coalesce(v_email, '') = '' or p_employee_name is null
    -- Texts of any size would be stored once a credit.
    or pg_catalog.length(v_email) > 254 or v_email ~ '[\u0001-\u001f\u007f-\u009f]' or pg_catalog.length(p_employee_name) > 200
    or coalesce(p_validity_days, 0) not between 1 and partner_private.most_validity_days() then
    return false;
  end if;
  perform partner_private.check_credits(p_credits_count);
  -- The kind of lock is chosen before the first one: a stronger one later could wait in a circle.
  if exists (select from public.partner_members m where m.partner_id = p_partner_id and m.email = v_email) then
    v_balance := partner_private.locked_balance(p_partner_id);
  else
    v_balance := partner_private.exclusive_balance(p_partner_id);
  end if;
  if v_balance is null or v_balance < p_credits_count then
    return false;
  end if;
  -- Looked up again under the lock.
  select m.id into v_member_id from public.partner_members m
    where m.partner_id = p_partner_id and m.email = v_email for no key update;
  perform partner_private.give_credits(p_partner_id, v_balance, v_member_id, v_email, p_employee_name, p_credits_count,
    pg_catalog.now() + pg_catalog.make_interval(days => p_validity_days), 'rpc', null);
  return true;
end
$$;
comment on function partner_private.allocate_partner_credit(uuid, text, text, integer, integer) is
  'Body of public.allocate_partner_credit. Definer: nobody but these functions may write credits.';

-- Dropped first: an existing one may name its arguments or its result otherwise.
-- What bears this name already goes, under whatever arguments: another one would stay open beside this. Ours is replaced
-- and keeps its privileges.
do $$
declare
  v_routine record;
begin
  for v_routine in
    select p.oid::regprocedure as signature from pg_catalog.pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname = 'allocate_partner_credit'
      and (p.prokind <> 'f' or p.prorettype <> 'boolean'::regtype
        or pg_get_function_arguments(p.oid) <> 'p_partner_id uuid, p_employee_email text, p_employee_name text,'
          || ' p_credits_count integer, p_validity_days integer DEFAULT 90')
    order by 1
  loop
    raise notice 'partner console: function % is replaced', v_routine.signature;
    execute format('drop routine %s', v_routine.signature);
  end loop;
end
$$;
create or replace function public.allocate_partner_credit(
  p_partner_id uuid, p_employee_email text, p_employee_name text, p_credits_count integer, p_validity_days integer default 90
) returns boolean
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.allocate_partner_credit(p_partner_id, p_employee_email, p_employee_name, p_credits_count, p_validity_days)
$$;
comment on function public.allocate_partner_credit(uuid, text, text, integer, integer) is
  'Gives credits of a partner to an e-mail. False for insufficient credits, an unknown or foreign partner, a count below 1 or another invalid argument, null included. PT413 above 100,000 credits. The service role may name any partner.';

create or replace function partner_private.assign_member_credits(
  p_request_id uuid, p_member_id uuid, p_credits integer, p_validity_days integer, p_note text
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC' as $$
declare
  v_partner_id uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('member_id', p_member_id, 'credits', p_credits,
    'validity_days', p_validity_days, 'note', p_note);
  v_balance integer := partner_private.lock_partner(v_partner_id);
  v_answer jsonb := partner_private.recorded_answer(v_partner_id, p_request_id, 'assign_member_credits', v_request);
  v_member public.partner_members;
  v_expires_at timestamptz;
  v_allocation_id uuid;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform partner_private.check_text(p_note, 'note_too_long');
  select * into v_member from public.partner_members m
    where m.id = p_member_id and m.partner_id = v_partner_id for no key update;
  v_answer := case
    when v_member.id is null then '{"outcome": "member_not_found"}'
    when coalesce(p_credits, 0) not between 1 and partner_private.most_credits() then '{"outcome": "invalid_credits"}'
    when coalesce(p_validity_days, 0) not between 1 and partner_private.most_validity_days() then '{"outcome": "invalid_validity"}'
    when v_member.status = 'inactive' then '{"outcome": "member_inactive"}'
    when v_balance < p_credits then
      pg_catalog.jsonb_build_object('outcome', 'insufficient_credits', 'shortfall', p_credits - v_balance)
  end;
  if v_answer is null then
    v_expires_at := pg_catalog.now() + pg_catalog.make_interval(days => p_validity_days);
    v_allocation_id := partner_private.give_credits(v_partner_id, v_balance, v_member.id, v_member.email, v_member.first_name,
      p_credits, v_expires_at, 'console', nullif(pg_catalog.btrim(p_note), ''));
    v_balance := v_balance - p_credits;
    v_answer := pg_catalog.jsonb_build_object('outcome', 'assigned', 'allocation_id', v_allocation_id, 'member_id', v_member.id,
      'credits', p_credits, 'expires_at', v_expires_at, 'credits_assigned', v_member.credits_assigned + p_credits,
      'before', pg_catalog.jsonb_build_object(
        'balance', v_balance + p_credits, 'credits_assigned', v_member.credits_assigned),
      'after', pg_catalog.jsonb_build_object(
        'balance', v_balance, 'credits_assigned', v_member.credits_assigned + p_credits));
  end if;
  return partner_private.record_answer(v_partner_id, p_request_id, 'assign_member_credits', v_request,
    v_answer || pg_catalog.jsonb_build_object('balance', v_balance));
end
$$;
comment on function partner_private.assign_member_credits(uuid, uuid, integer, integer, text) is
  'Body of public.assign_member_credits. Definer: nobody but these functions may write credits.';

create or replace function public.assign_member_credits(
  p_request_id uuid, p_member_id uuid, p_credits integer, p_validity_days integer default 90, p_note text default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.assign_member_credits(p_request_id, p_member_id, p_credits, p_validity_days, p_note)
$$;
comment on function public.assign_member_credits(uuid, uuid, integer, integer, text) is
  'Gives credits to one member of the caller. Answers outcome assigned, or a recorded refusal: insufficient_credits with its shortfall, member_not_found, member_inactive, invalid_credits, invalid_validity. The same request id answers the same again, replayed.';

-- Invariants -------------------------------------------------------------------------------------------------------------
create or replace function partner_private.partner_invariants(p_partner_id uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_partner_id uuid := p_partner_id;
  v_violations jsonb;
begin
  if not partner_private.is_trusted_caller() then
    v_partner_id := partner_private.acting_partner();
    if p_partner_id <> v_partner_id then
      raise exception using errcode = 'PT403', message = 'foreign_partner',
        detail = pg_catalog.jsonb_build_object('partner_id', p_partner_id)::text;
    end if;
  -- Of nobody, everything would hold. Who was a partner still has a ledger.
  elsif p_partner_id is not null
    and not exists (select from public.users u where u.id = p_partner_id and u.role = 'partner')
    and not exists (select from public.credit_allocations a where a.partner_id = p_partner_id) then
    raise exception using errcode = 'PT404', message = 'partner_not_found',
      detail = pg_catalog.jsonb_build_object('partner_id', p_partner_id)::text;
  end if;
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(v)), '[]') into v_violations from (
    select 'balance_not_negative' as invariant, u.id as partner_id, u.id::text as subject, 0::bigint as expected, u.credits::bigint as found
    from public.users u
    where (v_partner_id is null or u.id = v_partner_id) and u.credits < 0
    union all
    select 'balance_follows_ledger', u.id, u.id::text, coalesce(l.moved, 0), u.credits
    from public.users u
    left join (
      select a.partner_id, pg_catalog.sum(a.balance_after - a.balance_before) as moved from public.credit_allocations a
      where v_partner_id is null or a.partner_id = v_partner_id
      group by a.partner_id
    ) l on l.partner_id = u.id
    where (v_partner_id is null or u.id = v_partner_id) and coalesce(l.moved, 0) <> u.credits
    union all
    select 'credits_of_allocation', a.partner_id, a.id::text, a.credits, coalesce(c.credits, 0)
    from public.credit_allocations a
    left join (
      select k.allocation_id, pg_catalog.count(*) as credits from public.partner_credits k
      where v_partner_id is null or k.partner_id = v_partner_id
      group by k.allocation_id
    ) c on c.allocation_id = a.id
    where (v_partner_id is null or a.partner_id = v_partner_id)
      and case when a.kind = 'allocation' then a.credits else 0 end <> coalesce(c.credits, 0)
    union all
    select 'revoked_credits_of_allocation', a.partner_id, a.id::text, coalesce(r.credits, 0), coalesce(c.credits, 0)
    from public.credit_allocations a
    left join (
      select k.allocation_id, pg_catalog.count(*) as credits from public.partner_credits k
      where k.status = 'revoked' and (v_partner_id is null or k.partner_id = v_partner_id)
      group by k.allocation_id
    ) c on c.allocation_id = a.id
    left join (
      select e.corrects, pg_catalog.sum(e.credits) as credits from public.credit_allocations e
      where e.kind = 'revocation' and (v_partner_id is null or e.partner_id = v_partner_id)
      group by e.corrects
    ) r on r.corrects = a.id
    where (v_partner_id is null or a.partner_id = v_partner_id) and a.kind = 'allocation'
      and coalesce(r.credits, 0) <> coalesce(c.credits, 0)
    union all
    select 'credits_of_member', m.partner_id, m.id::text, coalesce(l.credits, 0), m.credits_assigned
    from public.partner_members m
    left join (
      select a.member_id, pg_catalog.sum(case a.kind when 'allocation' then a.credits when 'revocation' then -a.credits else 0 end) as credits
      from public.credit_allocations a
      where v_partner_id is null or a.partner_id = v_partner_id
      group by a.member_id
    ) l on l.member_id = m.id
    where (v_partner_id is null or m.partner_id = v_partner_id) and coalesce(l.credits, 0) <> m.credits_assigned
    union all
    select 'partner_of_allocation', a.partner_id, a.id::text, 0, 1
    from public.credit_allocations a
    left join public.partner_members m on m.id = a.member_id
    left join public.credit_allocations o on o.id = a.corrects
    where (v_partner_id is null or a.partner_id = v_partner_id)
      and (m.partner_id <> a.partner_id or o.partner_id <> a.partner_id)
    union all
    select 'member_of_correction', e.partner_id, e.id::text, 0, 1
    from public.credit_allocations e
    join public.credit_allocations a on a.id = e.corrects and a.partner_id = e.partner_id
    where (v_partner_id is null or e.partner_id = v_partner_id) and e.member_id is distinct from a.member_id
    union all
    select 'partner_of_credits', a.partner_id, a.id::text, 0, pg_catalog.count(*)
    from public.credit_allocations a
    join public.partner_credits k on k.allocation_id = a.id
    where (v_partner_id is null or a.partner_id = v_partner_id) and k.partner_id <> a.partner_id
    group by a.id
    union all
    -- Only what can still be spent follows the member's e-mail.
    select 'email_of_credits', a.partner_id, a.id::text, 0, pg_catalog.count(*)
    from public.credit_allocations a
    join public.partner_credits k on k.allocation_id = a.id
    left join public.partner_members m on m.id = a.member_id
    where (v_partner_id is null or a.partner_id = v_partner_id) and k.status = 'available'
      and k.employee_email <> coalesce(m.email, a.holder_email, a.employee_email)
    group by a.id
  ) v;
  return pg_catalog.jsonb_build_object('holds', v_violations = '[]', 'violations', v_violations);
end
$$;
comment on function partner_private.partner_invariants(uuid) is
  'Body of public.partner_invariants. Definer: the ledger is compared whole, whatever the caller may read.';

create or replace function public.partner_invariants(p_partner_id uuid default null) returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  select partner_private.partner_invariants(p_partner_id)
$$;
comment on function public.partner_invariants(uuid) is
  'Checks that balance, ledger, credits and members'' sums agree: {holds, violations: [{invariant, partner_id, subject, expected, found}]}. A partner checks itself; the service role one partner or, without an argument, all. PT404 partner_not_found for one that is none.';

-- 20260105093000_upload_members.sql

-- Members by the thousand: one call takes many rows, set by set, and answers each of them.

create or replace function partner_private.most_upload_rows() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 5000 $$;
comment on function partner_private.most_upload_rows() is
  'The most rows one call of upload_members takes: well under a second of work.';

create or replace function partner_private.most_upload_bytes() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 9000000 $$;
comment on function partner_private.most_upload_bytes() is
  'The most bytes the rows of one call may take: more than its most rows need at their longest, and too few to run into the statement timeout.';

create or replace function partner_private.is_email(p_text text) returns boolean
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  -- The same practical part of RFC 5321 and 5322 as the console's own rule: dot-separated atoms, and a domain of at least
  -- two labels whose last one is not a number. International letters may stand in the domain. Lengths and hyphens are
  -- checked apart: counted repetitions make the pattern ten times slower.
  select pg_catalog.length(p_text) <= 254
    and pg_catalog.strpos(p_text, '@') <= 65
    and p_text ~ (
      '^[a-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
      || '@(?:[a-z0-9\u00a1-\U0010ffff-]+\.)+(?:xn--[a-z0-9-]+|[a-z\u00a1-\U0010ffff]{2,})$')
    and pg_catalog.split_part(p_text, '@', 2) !~ '^-|\.-|-\.|-$|[^.]{64}'
$$;
comment on function partner_private.is_email(text) is 'Whether a normalised text is an e-mail address.';

create or replace function partner_private.calendar_date(p_text text) returns date
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select case
    when p_text !~ '^(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$' then null
    -- Days 29 to 31 exist only up to the end of their month.
    when pg_catalog.substr(p_text, 9, 2)::integer > extract(day from
      pg_catalog.make_date(pg_catalog.substr(p_text, 1, 4)::integer, pg_catalog.substr(p_text, 6, 2)::integer, 1)
        + interval '1 month' - interval '1 day') then null
    else pg_catalog.make_date(pg_catalog.substr(p_text, 1, 4)::integer, pg_catalog.substr(p_text, 6, 2)::integer,
      pg_catalog.substr(p_text, 9, 2)::integer)
  end
$$;
comment on function partner_private.calendar_date(text) is
  'The date that an ISO text names, null for anything else: a cast would abort the whole call for one bad row.';

-- Made anew only where it is another one, with the functions below that take it: sessions that live meanwhile would know its old one.
do $$
declare
  v_attributes constant text := 'ord integer, row_no integer, request_digest bytea, email text, first_name text, credits integer, '
    -- Null where the row names a day; expires_at is null until the plan where it does not.
    || 'validity_days integer, expires_at timestamp with time zone, '
    || 'outcome text, reason text, field text, shortfall integer, allocation_id uuid, '
    -- Credits of the call up to and with this row: of all members, and of this row's member.
    || 'spent integer, spent_on_member integer, '
    -- The member as it is after the call.
    || 'member_id uuid, member_name text, member_credits integer';
begin
  if v_attributes is distinct from (
    select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
    from pg_catalog.pg_attribute a
    where a.attrelid = to_regclass('partner_private.planned_row') and a.attnum > 0 and not a.attisdropped
  ) then
    drop type if exists partner_private.planned_row cascade;
    execute format('create type partner_private.planned_row as (%s)', v_attributes);
  end if;
end
$$;
comment on type partner_private.planned_row is 'What an upload is about to do with one row.';

alter table public.member_uploads add column if not exists staged_rows integer;
comment on column public.member_uploads.staged_rows is
  'How many rows stage_member_upload took; null for an upload whose rows are sent by upload_members.';
alter table public.member_uploads add column if not exists actor text;
comment on column public.member_uploads.actor is
  'E-mail of the signed-in admin who began it, or the database role; null for uploads from before this was kept.';

create table if not exists public.member_upload_answers (
  partner_id uuid not null,
  upload_id uuid not null,
  request_digest bytea not null,
  rows json not null,
  created_at timestamptz not null default now(),
  constraint member_upload_answers_pkey primary key (partner_id, upload_id, request_digest),
  constraint member_upload_answers_upload foreign key (partner_id, upload_id) references public.member_uploads (partner_id, id)
);
-- Not compressed: half of it is ids that do not compress, and the attempt would be the slowest part.
alter table public.member_upload_answers alter column rows set storage external;
create index if not exists member_upload_answers_created_idx on public.member_upload_answers (created_at);
alter table public.member_upload_answers enable row level security;
revoke all on public.member_upload_answers from public, anon, authenticated, service_role;
grant select on public.member_upload_answers to authenticated, service_role;
drop policy if exists "partner reads own upload answers" on public.member_upload_answers;
create policy "partner reads own upload answers" on public.member_upload_answers for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
comment on table public.member_upload_answers is
  'The answer to a whole call of upload_members as a replay gives it, so that the same call sent again costs no work a row. The receipts in member_upload_rows hold all of it, row by row and for ever: this copy may be cleared away at any time.';

create or replace function partner_private.read_upload_rows(p_rows jsonb) returns partner_private.planned_row[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  -- Expressions are written out rather than put into functions of their own: a call a field and row is what would be slow;
  -- materialized, because a planner that merges these steps evaluates each expression once for every use of it.
  with typed as materialized (
    select e.ord, e.item, nullif(e.item -> 'credits', 'null') as credits, nullif(e.item -> 'validity_days', 'null') as days,
      nullif(e.item -> 'expires_on', 'null') as until,
      case when pg_catalog.jsonb_typeof(e.item -> 'email') = 'string'
        then pg_catalog.lower(pg_catalog.btrim(e.item ->> 'email')) end as email,
      -- Null leaves the name of a member as it is, an empty one clears it: only where the row says so.
      coalesce(nullif(pg_catalog.btrim(e.item ->> 'first_name'), ''), case when e.item -> 'clear_name' = 'true' then '' end)
        as first_name,
      coalesce(pg_catalog.jsonb_typeof(e.item -> 'first_name'), 'null') in ('string', 'null')
        and coalesce(pg_catalog.jsonb_typeof(e.item -> 'clear_name'), 'null') in ('boolean', 'null') as is_name
    from pg_catalog.jsonb_array_elements(p_rows) with ordinality as e (item, ord)
  ),
  numbers as materialized (
    select t.*,
      case when pg_catalog.jsonb_typeof(t.credits) = 'number' then t.credits::numeric end as credits_value,
      case when pg_catalog.jsonb_typeof(t.days) = 'number' then t.days::numeric end as days_value,
      case when pg_catalog.jsonb_typeof(t.until) = 'string' then partner_private.calendar_date(t.until #>> '{}') end as until_value
    from typed t
  ),
  judged as materialized (
    select n.*,
      case
        when n.email is null or not partner_private.is_email(n.email) then 'email'
        when not n.is_name or pg_catalog.length(n.first_name) > 100 or n.first_name ~ '[\u0001-\u001f\u007f-\u009f]' then 'first_name'
        when n.credits is not null and (
          n.credits_value is null or n.credits_value <> pg_catalog.trunc(n.credits_value)
          or n.credits_value not between 0 and l.most_credits) then 'credits'
        when n.days is not null and (
          n.days_value is null or n.days_value <> pg_catalog.trunc(n.days_value)
          or n.days_value not between 1 and l.most_days) then 'validity_days'
        when n.until is not null and (
          n.until_value is null or n.until_value < l.today or n.until_value > l.today + l.most_days) then 'expires_on'
      end as wrong
    from numbers n
    cross join (
      select partner_private.most_credits() as most_credits, partner_private.most_validity_days() as most_days,
        (pg_catalog.now() at time zone 'UTC')::date as today
    ) l
  )
  select pg_catalog.array_agg(row(
    j.ord, (j.item -> 'row')::integer, pg_catalog.sha256(pg_catalog.convert_to(j.item::text, 'UTF8')), j.email, j.first_name,
    case when j.wrong is null then coalesce(j.credits_value, 0)::integer else 0 end,
    case when j.wrong is null and j.until is null then coalesce(j.days_value, 90)::integer end,
    -- Credits last to the end of that day in UTC.
    case when j.wrong is null and j.until is not null then (j.until_value + time '23:59:59.999') at time zone 'UTC' end,
    null,
    case j.wrong
      when 'email' then 'invalid_email'
      when 'first_name' then 'invalid_name'
      when 'credits' then 'invalid_credits'
      when 'validity_days' then 'invalid_validity'
      when 'expires_on' then 'invalid_validity'
    end,
    j.wrong, null, null, null, null, null, null, null
  )::partner_private.planned_row order by j.ord)
  from judged j
$$;
comment on function partner_private.read_upload_rows(jsonb) is
  'Reads rows and applies the rules that need nothing but the row itself; a row that breaks one has a reason and a field. Null for no rows.';

create or replace function partner_private.plan_upload(p_partner_id uuid, p_balance integer, p_rows partner_private.planned_row[])
returns partner_private.planned_row[]
language sql volatile set search_path = pg_catalog, pg_temp as $$
  with known as (
    select r.*, m.id as known_id, m.first_name as known_name,
      case
        when r.reason is not null then r.reason
        -- A row that was staged days ago may name a day that is over.
        when r.expires_at < pg_catalog.now() then 'invalid_validity'
        when m.status = 'inactive' and r.credits > 0 then 'member_inactive'
      end as why
    from pg_catalog.unnest(p_rows) as r
    -- By its index, row for row, whatever the planner makes of the table: a join may read all members for a hundred rows.
    left join lateral (
      select k.id, k.first_name, k.status from public.partner_members k
      where k.partner_id = p_partner_id and k.email = r.email
      limit 1
    ) m on true
  ),
  running as (
    select k.*,
      pg_catalog.sum(case when k.why is null then k.credits else 0 end) over in_order as running_total,
      pg_catalog.sum(case when k.why is null then k.credits else 0 end) over of_member as running_of_member,
      -- Rows of one e-mail act one after the other: which accepted row is its first, and what did the last one before call it?
      pg_catalog.min(k.ord) filter (where k.why is null) over (partition by k.email) as first_accepted,
      -- The greatest of (place, name): one step a row, however often a file repeats an e-mail.
      pg_catalog.max((pg_catalog.to_char(k.ord, 'FM0000000000') || k.first_name) collate "C") filter (where k.why is null)
        over (partition by k.email order by k.ord rows between unbounded preceding and 1 preceding) as placed_name
    from known k
    window in_order as (order by k.ord), of_member as (partition by k.email order by k.ord)
  ),
  -- The first row that the balance cannot pay is refused; the rows behind it are not attempted.
  stop as (
    select pg_catalog.min(r.ord) as ord from running r where r.why is null and r.credits > 0 and r.running_total > p_balance
  ),
  decided as (
    select r.*, r.ord is not distinct from s.ord as is_short,
      coalesce(pg_catalog.substr(r.placed_name, 11), r.known_name, '') as name_before
    from running r
    cross join stop s
    where s.ord is null or r.ord <= s.ord
  )
  select pg_catalog.array_agg(row(
    d.ord, d.row_no, d.request_digest, d.email, d.first_name, d.credits, d.validity_days,
    coalesce(d.expires_at, pg_catalog.now() + pg_catalog.make_interval(days => d.validity_days)),
    case
      when d.why is not null or d.is_short then 'refused'
      when d.known_id is null and d.ord = d.first_accepted then 'created'
      when d.credits > 0 or d.first_name <> d.name_before then 'updated'
      else 'unchanged'
    end,
    case when d.is_short then 'insufficient_credits' else d.why end,
    case
      when d.is_short then 'credits'
      when d.why = 'member_inactive' then 'email'
      when d.why = 'invalid_validity' then coalesce(d.field, 'expires_on')
      else d.field
    end,
    case when d.is_short then d.running_total - p_balance end,
    case when d.why is null and not d.is_short and d.credits > 0 then pg_catalog.gen_random_uuid() end,
    -- Sums beyond an integer are beyond every limit as well.
    least(d.running_total, 2147483647), least(d.running_of_member, 2147483647), null, null, null
  )::partner_private.planned_row order by d.ord)
  from decided d
$$;
comment on function partner_private.plan_upload(uuid, integer, partner_private.planned_row[]) is
  'Decides every row: outcome, refusal, expiry, and what is spent up to it. Without a balance no row is refused for want of credits. The caller holds the locks of partner and members.';

create or replace function partner_private.apply_upload(
  p_partner_id uuid, p_upload_id uuid, p_balance integer, p_plan partner_private.planned_row[]
) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  -- Once a call: in the statement below it would be asked once a row.
  v_actor constant text := partner_private.actor_name();
  v_spent integer;
  v_plan partner_private.planned_row[];
begin
  select coalesce(pg_catalog.max(p.spent), 0) into v_spent from pg_catalog.unnest(p_plan) as p where p.outcome <> 'refused';
  perform partner_private.check_credits(v_spent);

  -- Below, a member without a name is one whose name stays.
  update public.partner_members m set first_name = ''
  from (
    select p.email, (pg_catalog.array_agg(p.first_name order by p.ord desc) filter (where p.first_name is not null))[1] as first_name
    from pg_catalog.unnest(p_plan) as p
    where p.outcome <> 'refused'
    group by p.email
  ) l
  where l.first_name = '' and m.partner_id = p_partner_id and m.email = l.email and m.first_name <> '';

  -- One row a member, however many rows of the call name it. Somebody else may have added it since it was looked up.
  insert into public.partner_members as m (partner_id, email, first_name, credits_assigned)
  select p_partner_id, p.email,
    coalesce((pg_catalog.array_agg(p.first_name order by p.ord desc) filter (where p.first_name is not null))[1], ''),
    pg_catalog.sum(p.credits)
  from pg_catalog.unnest(p_plan) as p
  where p.outcome <> 'refused'
  group by p.email
  having pg_catalog.bool_or(p.outcome <> 'unchanged')
  order by p.email
  on conflict (partner_id, email) do update set
    first_name = case when excluded.first_name = '' then m.first_name else excluded.first_name end,
    credits_assigned = m.credits_assigned + excluded.credits_assigned;

  -- Each member is looked up once, by its index; a row keeps what it needs of it.
  v_plan := array(
    select row(p.ord, p.row_no, p.request_digest, p.email, p.first_name, p.credits, p.validity_days, p.expires_at, p.outcome,
      p.reason, p.field, p.shortfall, p.allocation_id, p.spent, p.spent_on_member, m.id, m.first_name, m.credits_assigned
    )::partner_private.planned_row
    from pg_catalog.unnest(p_plan) as p
    left join lateral (
      select k.id, k.first_name, k.credits_assigned from public.partner_members k
      where k.partner_id = p_partner_id and k.email = p.email
      limit 1
    ) m on p.outcome <> 'refused'
  );

  insert into public.credit_allocations
    (id, partner_id, kind, member_id, employee_email, credits, expires_at, source, upload_id, upload_row, actor,
     balance_before, balance_after)
  select p.allocation_id, p_partner_id, 'allocation', p.member_id, p.email, p.credits, p.expires_at, 'upload', p_upload_id,
    p.row_no, v_actor, p_balance - p.spent + p.credits, p_balance - p.spent
  from pg_catalog.unnest(v_plan) as p
  where p.allocation_id is not null;

  perform pg_catalog.set_config('partner_console.members_stamped', 'on', true);
  insert into public.partner_credits (partner_id, employee_email, employee_name, expires_at, allocation_id)
  select p_partner_id, p.email, p.member_name, p.expires_at, p.allocation_id
  from pg_catalog.unnest(v_plan) as p
  cross join lateral pg_catalog.generate_series(1, p.credits)
  where p.allocation_id is not null;
  perform pg_catalog.set_config('partner_console.members_stamped', '', true);

  if v_spent > 0 then
    perform partner_private.move_balance(p_partner_id, -v_spent);
  end if;

  insert into public.member_upload_rows
    (partner_id, upload_id, row_no, request_digest, outcome, reason, field, shortfall, member_id, allocation_id, credits,
     expires_at, credits_assigned)
  select p_partner_id, p_upload_id, p.row_no, p.request_digest, p.outcome, p.reason, p.field, p.shortfall, p.member_id,
    p.allocation_id,
    case when p.outcome <> 'refused' then p.credits end,
    case when p.allocation_id is not null then p.expires_at end,
    -- The sum after this row, where later rows of the call add to the same member.
    p.member_credits - pg_catalog.max(p.spent_on_member) filter (where p.outcome <> 'refused') over (partition by p.email)
      + p.spent_on_member
  from pg_catalog.unnest(v_plan) as p;
end
$$;
comment on function partner_private.apply_upload(uuid, uuid, integer, partner_private.planned_row[]) is
  'Does what the plan says, each table in one statement, and records the receipt of every row. PT413 too_many_credits.';

create or replace function partner_private.check_upload_rows(p_upload_id uuid, p_rows jsonb) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if p_upload_id is null then
    raise exception using errcode = 'PT400', message = 'invalid_request_id', detail = '{"field": "p_upload_id"}';
  end if;
  if pg_catalog.jsonb_typeof(p_rows) is distinct from 'array' then
    raise exception using errcode = 'PT400', message = 'invalid_rows', detail = '{"reason": "not_a_list"}';
  end if;
  if pg_catalog.jsonb_array_length(p_rows) > partner_private.most_upload_rows() then
    raise exception using errcode = 'PT413', message = 'too_many_rows',
      detail = pg_catalog.jsonb_build_object('limit', partner_private.most_upload_rows(),
        'requested', pg_catalog.jsonb_array_length(p_rows))::text;
  end if;
  if pg_catalog.pg_column_size(p_rows) > partner_private.most_upload_bytes() then
    raise exception using errcode = 'PT413', message = 'rows_too_large',
      detail = pg_catalog.jsonb_build_object('limit', partner_private.most_upload_bytes(),
        'requested', pg_catalog.pg_column_size(p_rows))::text;
  end if;
  -- A few bytes such as 1e131071 or 0e-16383 are written out with all their digits as soon as a row becomes text, which its
  -- digest does.
  if exists (
    select from pg_catalog.jsonb_path_query(p_rows,
      '$.** ? (@ > 1e30 || @ < -1e30 || (@ < 0.000001 && @ > -0.000001))') as n (number)
    -- A list that holds such a number is found, too. Written out: zeros are looked at, and a call for each would be slow.
    where case when pg_catalog.jsonb_typeof(n.number) = 'number'
      then pg_catalog.abs(n.number::numeric) > 1e30 or pg_catalog.scale(n.number::numeric) > 20 else false end
  ) then
    raise exception using errcode = 'PT400', message = 'invalid_rows',
      detail = pg_catalog.jsonb_build_object('reason', 'number_too_long', 'places', (
        select pg_catalog.jsonb_agg(w.ord order by w.ord) from (
          select e.ord from pg_catalog.jsonb_array_elements(p_rows) with ordinality as e (item, ord)
          where exists (
            select from pg_catalog.jsonb_path_query(e.item, '$.**') as n (number)
            where case when pg_catalog.jsonb_typeof(n.number) = 'number'
              then pg_catalog.abs(n.number::numeric) > 1e30 or pg_catalog.scale(n.number::numeric) > 20 else false end
          )
          order by e.ord limit 20
        ) w
      ))::text;
  end if;
end
$$;
comment on function partner_private.check_upload_rows(uuid, jsonb) is
  'What the rows of a call must be before anything is done with them. PT400 invalid_request_id, invalid_rows; PT413 too_many_rows, rows_too_large.';

drop function if exists partner_private.upload_row_numbers(uuid, jsonb);
create or replace function partner_private.upload_row_numbers(p_rows jsonb) returns integer[]
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  -- Without a number of its own a row can neither be answered nor recognised.
  v_numbers constant integer[] := array(
    select case when pg_catalog.jsonb_typeof(e.item -> 'row') = 'number' and (e.item -> 'row')::numeric between 1 and 2147483647
      and (e.item -> 'row')::numeric = pg_catalog.trunc((e.item -> 'row')::numeric) then (e.item -> 'row')::integer end
    from pg_catalog.jsonb_array_elements(p_rows) with ordinality as e (item, ord)
    order by e.ord
  );
begin
  if pg_catalog.array_position(v_numbers, null) is not null then
    raise exception using errcode = 'PT400', message = 'invalid_rows',
      detail = pg_catalog.jsonb_build_object('field', 'row', 'places', (
        select pg_catalog.jsonb_agg(w.ord order by w.ord) from (
          select n.ord from pg_catalog.unnest(v_numbers) with ordinality as n (row_no, ord) where n.row_no is null order by n.ord limit 20
        ) w
      ))::text;
  end if;
  if (select pg_catalog.count(*) <> pg_catalog.count(distinct n) from pg_catalog.unnest(v_numbers) as n) then
    raise exception using errcode = 'PT400', message = 'duplicate_rows',
      detail = pg_catalog.jsonb_build_object('field', 'row', 'rows', (
        select pg_catalog.jsonb_agg(w.row_no order by w.row_no) from (
          select n as row_no from pg_catalog.unnest(v_numbers) as n group by n having pg_catalog.count(*) > 1 order by n limit 20
        ) w
      ))::text;
  end if;
  return v_numbers;
end
$$;
comment on function partner_private.upload_row_numbers(jsonb) is
  'The numbers of the rows of a call, in its order. PT400 invalid_rows, duplicate_rows.';

create or replace function partner_private.lock_upload_members(p_partner_id uuid, p_rows partner_private.planned_row[]) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  -- Members after the partner, in a fixed order.
  perform from (
    select m.id from public.partner_members m
    where m.partner_id = p_partner_id and m.email in (select f.email from pg_catalog.unnest(p_rows) as f)
    order by m.id for no key update
  ) as locked;
end
$$;
comment on function partner_private.lock_upload_members(uuid, partner_private.planned_row[]) is
  'Locks the members that the rows name until the end of the transaction, in the order of their ids.';

create or replace function partner_private.upload_members(p_upload_id uuid, p_file_name text, p_rows jsonb) returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC'
-- Right after thousands of new rows there are no statistics that tell of them, and the planner would read a table that it
-- takes for empty once a row. Compiling such plans costs more than it gains.
set enable_seqscan = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  -- Small calls are answered from their rows as quickly.
  v_is_recorded boolean;
  v_numbers integer[];
  v_digest bytea;
  v_balance integer;
  v_known integer[];
  v_reused integer;
  v_new jsonb := p_rows;
  v_plan partner_private.planned_row[];
  v_answer json;
begin
  perform partner_private.check_upload_rows(p_upload_id, p_rows);
  v_is_recorded := pg_catalog.jsonb_array_length(p_rows) >= 100;
  if v_is_recorded then
    v_digest := partner_private.digest(p_rows);
    select c.rows into v_answer from public.member_upload_answers c
    where c.partner_id = v_partner_id and c.upload_id = p_upload_id and c.request_digest = v_digest;
    if found then
      return pg_catalog.json_build_object('rows', v_answer,
        'balance', (select u.credits from public.users u where u.id = v_partner_id), 'server_time', pg_catalog.clock_timestamp());
    end if;
  end if;

  v_numbers := partner_private.upload_row_numbers(p_rows);
  v_balance := partner_private.lock_partner(v_partner_id);
  insert into public.member_uploads (partner_id, id, file_name, actor)
  values (v_partner_id, p_upload_id, pg_catalog.left(coalesce(p_file_name, ''), 255), partner_private.actor_name())
  on conflict (partner_id, id) do nothing;
  if exists (
    select from public.member_uploads u where u.partner_id = v_partner_id and u.id = p_upload_id and u.staged_rows is not null
  ) then
    raise exception using errcode = 'PT409', message = 'upload_is_staged',
      detail = pg_catalog.jsonb_build_object('upload_id', p_upload_id)::text;
  end if;

  -- Receipts are found by their whole key. Joined to the table, a planner that has no statistics on a new upload yet takes it
  -- for empty and compares every row with every other.
  v_known := array(
    select r.row_no from public.member_upload_rows r
    where r.partner_id = v_partner_id and r.upload_id = p_upload_id and r.row_no = any (v_numbers)
  );
  if pg_catalog.cardinality(v_known) > 0 then
    select pg_catalog.min(r.row_no) filter (
        -- The digest written out: a call a row is what would be slow.
        where r.request_digest <> pg_catalog.sha256(pg_catalog.convert_to(e.item::text, 'UTF8'))),
      pg_catalog.jsonb_agg(e.item order by e.ord) filter (where r.row_no is null)
    into v_reused, v_new
    from pg_catalog.jsonb_array_elements(p_rows) with ordinality as e (item, ord)
    left join lateral (
      select k.row_no, k.request_digest from public.member_upload_rows k
      where k.partner_id = v_partner_id and k.upload_id = p_upload_id and k.row_no = (e.item -> 'row')::integer
      limit 1
    ) r on true;
    if v_reused is not null then
      raise exception using errcode = 'PT409', message = 'request_id_reused',
        detail = pg_catalog.jsonb_build_object('upload_id', p_upload_id, 'row', v_reused)::text;
    end if;
  end if;

  v_plan := partner_private.read_upload_rows(v_new);
  if v_plan is not null then
    perform partner_private.lock_upload_members(v_partner_id, v_plan);
    v_plan := partner_private.plan_upload(v_partner_id, v_balance, v_plan);
    perform partner_private.apply_upload(v_partner_id, p_upload_id, v_balance, v_plan);
  end if;

  -- json, not jsonb: thousands of rows are only written out here, and building jsonb of them costs three times as much.
  select coalesce(pg_catalog.json_agg(a), '[]') into v_answer
  from (
    select n.row_no as "row", coalesce(r.outcome, 'not_attempted') as outcome, r.reason, r.field, r.shortfall, r.member_id,
      r.allocation_id, r.credits, r.expires_at, r.credits_assigned, n.row_no = any (v_known) as replayed
    from pg_catalog.unnest(v_numbers) with ordinality as n (row_no, ord)
    left join lateral (
      select k.* from public.member_upload_rows k
      where k.partner_id = v_partner_id and k.upload_id = p_upload_id and k.row_no = n.row_no
      limit 1
    ) r on true
    order by n.ord
  ) a;
  -- Not where rows were left for a later call: those may be decided then.
  if v_is_recorded and pg_catalog.cardinality(v_known) + coalesce(pg_catalog.cardinality(v_plan), 0) = pg_catalog.cardinality(v_numbers) then
    -- Nothing that a person wrote stands in an answer: the words can only be those of the key.
    insert into public.member_upload_answers (partner_id, upload_id, request_digest, rows)
    values (v_partner_id, p_upload_id, v_digest,
      pg_catalog.replace(v_answer::text, '"replayed":false', '"replayed":true')::json)
    on conflict (partner_id, upload_id, request_digest) do nothing;
  end if;
  return pg_catalog.json_build_object('rows', v_answer,
    'balance', (select u.credits from public.users u where u.id = v_partner_id), 'server_time', pg_catalog.clock_timestamp());
end
$$;
comment on function partner_private.upload_members(uuid, text, jsonb) is
  'Body of public.upload_members. Definer: nobody but these functions may write members and credits.';

create or replace function public.upload_members(p_upload_id uuid, p_file_name text, p_rows jsonb) returns json
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.upload_members(p_upload_id, p_file_name, p_rows)
$$;
comment on function public.upload_members(uuid, text, jsonb) is
  'Adds or updates the caller''s members and gives them credits, row by row in the order given while the balance lasts; every row is answered, and answered the same when it is sent again. A blank name leaves the member''s as it is, or clears it where the row says clear_name. At most 5,000 rows of 9,000,000 bytes and 100,000 credits a call (PT413).';

-- Where these were dropped with their type, they are made anew and open to everyone until they are closed.
revoke execute on function
  partner_private.read_upload_rows(jsonb),
  partner_private.plan_upload(uuid, integer, partner_private.planned_row[]),
  partner_private.apply_upload(uuid, uuid, integer, partner_private.planned_row[]),
  partner_private.lock_upload_members(uuid, partner_private.planned_row[])
from public, anon, authenticated, service_role;

-- 20260105094000_read_partner_data.sql

-- What a console reads: the dashboard, and the feed of changes. Both answer one jsonb value: sets are cut at the API's
-- row limit without an error.

create or replace function partner_private.is_low_balance(p_partner_id uuid, p_balance integer) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  -- Summed from the latest back, and no further than it takes to exceed the balance.
  select p_balance < 20 or exists (
    select from (
      select pg_catalog.sum(a.credits) over (order by a.created_at desc rows unbounded preceding) as allocated
      from public.credit_allocations a
      where a.partner_id = p_partner_id and a.kind = 'allocation' and a.created_at > pg_catalog.now() - interval '30 days'
    ) latest
    where latest.allocated > p_balance
  )
$$;
comment on function partner_private.is_low_balance(uuid, integer) is
  'True below 20 credits, and below what was allocated in the last 30 days: the balance would not last another 30.';

create or replace function partner_private.partner_dashboard() returns jsonb
language plpgsql stable security definer set timezone = 'UTC' set search_path = pg_catalog, pg_temp as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_now constant timestamptz := pg_catalog.now();
  v_balance integer := (select u.credits from public.users u where u.id = v_partner_id);
  v_counts jsonb;
  v_sessions jsonb;
begin
  -- A credit past its expiry is expired, whether or not anything has marked it so.
  select pg_catalog.jsonb_build_object(
    'allocated', pg_catalog.count(*),
    'available', pg_catalog.count(*) filter (where c.status = 'available' and c.expires_at > v_now),
    'used', pg_catalog.count(*) filter (where c.status = 'used'),
    'revoked', pg_catalog.count(*) filter (where c.status = 'revoked'),
    'expired', pg_catalog.count(*) filter (where c.status = 'expired' or (c.status = 'available' and c.expires_at <= v_now)),
    'expiring_30', pg_catalog.count(*) filter (where c.status = 'available' and c.expires_at > v_now and c.expires_at <= v_now + interval '30 days'),
    'expiring_60', pg_catalog.count(*) filter (where c.status = 'available' and c.expires_at > v_now and c.expires_at <= v_now + interval '60 days'),
    'expiring_90', pg_catalog.count(*) filter (where c.status = 'available' and c.expires_at > v_now and c.expires_at <= v_now + interval '90 days')
  ) into v_counts
  from public.partner_credits c where c.partner_id = v_partner_id;

  select pg_catalog.jsonb_build_object(
    'sessions_completed', pg_catalog.count(*) filter (where s.status = 'completed'),
    'sessions_upcoming', pg_catalog.count(*) filter (where s.status = 'scheduled' and s.scheduled_at > v_now)
  ) into v_sessions
  from public.partner_members m
  join public.sessions s on s.user_id = m.user_id
  where m.partner_id = v_partner_id;

  return v_counts || v_sessions || pg_catalog.jsonb_build_object(
    'balance', v_balance,
    'active_members', (
      select pg_catalog.count(*) from public.partner_members m where m.partner_id = v_partner_id and m.status = 'active'
    ),
    'low_balance', partner_private.is_low_balance(v_partner_id, v_balance),
    'members', (
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(l) order by l.created_at desc, l.id), '[]') from (
        select m.id, m.first_name, m.email, m.status, m.created_at, m.user_id
        from public.partner_members m
        where m.partner_id = v_partner_id and m.status = 'active'
        order by m.created_at desc, m.id
        limit 50
      ) l
    ),
    'sessions', (
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(l) order by l.scheduled_at desc nulls last, l.id), '[]') from (
        select s.id, m.id as member_id, s.status, s.scheduled_at
        from public.partner_members m
        join public.sessions s on s.user_id = m.user_id
        where m.partner_id = v_partner_id and m.status = 'active'
        order by s.scheduled_at desc nulls last, s.id
        limit 50
      ) l
    ),
    'server_time', pg_catalog.clock_timestamp()
  );
end
$$;
comment on function partner_private.partner_dashboard() is
  'Body of public.partner_dashboard. Definer: one check of the caller instead of a policy on every row.';

create or replace function public.partner_dashboard() returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  select partner_private.partner_dashboard()
$$;
comment on function public.partner_dashboard() is
  'The caller''s figures, and its latest 50 active members and sessions; lists are empty, never null.';

create or replace function partner_private.feed_members(p_ids uuid[]) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'id', m.id,
      'first_name', m.first_name,
      'email', m.email,
      'status', m.status,
      'user_id', m.user_id,
      'credits_assigned', m.credits_assigned,
      'created_at', m.created_at,
      'credits', (
        select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(g) order by g.expires_at), '[]') from (
          select c.expires_at,
            pg_catalog.count(*) filter (where c.status = 'available') as available,
            pg_catalog.count(*) filter (where c.status = 'used') as used,
            pg_catalog.count(*) filter (where c.status = 'expired') as expired,
            pg_catalog.count(*) filter (where c.status = 'revoked') as revoked
          from public.credit_allocations a
          join public.partner_credits c on c.allocation_id = a.id
          where a.member_id = m.id
          group by c.expires_at
        ) g
      ),
      'sessions', (
        select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(l) order by l.scheduled_at desc nulls last, l.id), '[]') from (
          select s.id, s.status, s.scheduled_at from public.sessions s
          where s.user_id = m.user_id
          order by s.scheduled_at desc nulls last, s.id
          limit 20
        ) l
      )
    ) order by i.place), '[]')
  from pg_catalog.unnest(p_ids) with ordinality as i (id, place)
  join public.partner_members m on m.id = i.id
$$;
comment on function partner_private.feed_members(uuid[]) is
  'Members whole, as a console is told of them, in the order of the ids; an empty list for null. The caller has chosen them by their partner.';

create or replace function partner_private.feed_allocations(p_ids uuid[]) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'id', a.id,
      'kind', a.kind,
      'corrects', a.corrects,
      'member_id', a.member_id,
      'employee_email', a.employee_email,
      'credits', case a.kind when 'revocation' then -a.credits else a.credits end,
      'expires_at', a.expires_at,
      'source', a.source,
      'reason', a.reason,
      'actor', a.actor,
      'created_at', a.created_at
    ) order by i.place), '[]')
  from pg_catalog.unnest(p_ids) with ordinality as i (id, place)
  join public.credit_allocations a on a.id = i.id
$$;
comment on function partner_private.feed_allocations(uuid[]) is
  'Ledger entries as a console is told of them, in the order of the ids; an empty list for null. The caller has chosen them by their partner.';

create or replace function partner_private.partner_changes(p_cursor text, p_limit integer) returns jsonb
language plpgsql stable security definer set timezone = 'UTC' set search_path = pg_catalog, pg_temp
-- A page is small whatever the tables hold, so every look-up goes through an index. Right after a big upload there are no
-- statistics that say so, and the planner would read the whole table once a member.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  -- A transaction below this one has ended, and what it did is seen here; one at or above it may still commit rows, so
  -- they are left to a later page. Without this bound, a transaction that commits late would be missed.
  v_end constant xid8 := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot());
  v_limit constant integer := least(greatest(coalesce(p_limit, 1000), 1), 2000);
  v_parts text[] := array['1', '0', v_nobody::text, '0', v_nobody::text, '0', v_nobody::text];
  v_partner public.users;
  v_ids uuid[];
  v_members jsonb;
  v_members_more boolean;
  v_allocations jsonb;
  v_allocations_more boolean;
  v_removed jsonb;
  v_removed_more boolean;
  v_txid text;
  v_id text;
begin
  -- The cursor holds a position (transaction, id) for each of the three lists: the transaction alone would lose rows
  -- where a page ends in the middle of a big one.
  if p_cursor is not null then
    if p_cursor !~ '^1(?:\.\d{1,19}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}){3}$' then
      raise exception using errcode = 'PT400', message = 'invalid_cursor', detail = '{"field": "p_cursor"}';
    end if;
    v_parts := pg_catalog.string_to_array(p_cursor, '.');
    -- Positions of a database that has since been put back from a backup mean nothing: begin again.
    if greatest(v_parts[2]::numeric, v_parts[4]::numeric, v_parts[6]::numeric) >= v_end::text::numeric then
      v_parts := array['1', '0', v_nobody::text, '0', v_nobody::text, '0', v_nobody::text];
    end if;
  end if;
  select * into v_partner from public.users u where u.id = v_partner_id;

  with page as (
    select m.id, m.change_txid, pg_catalog.row_number() over (order by m.change_txid, m.id) as place
    from public.partner_members m
    where m.partner_id = v_partner_id and (m.change_txid, m.id) > (v_parts[2]::xid8, v_parts[3]::uuid) and m.change_txid < v_end
    order by m.change_txid, m.id
    limit v_limit + 1
  )
  select pg_catalog.array_agg(p.id order by p.place) filter (where p.place <= v_limit),
    pg_catalog.count(*) > v_limit,
    coalesce((pg_catalog.array_agg(p.change_txid::text order by p.place desc) filter (where p.place <= v_limit))[1], v_parts[2]),
    coalesce((pg_catalog.array_agg(p.id::text order by p.place desc) filter (where p.place <= v_limit))[1], v_parts[3])
  into v_ids, v_members_more, v_txid, v_id
  from page p;
  v_members := partner_private.feed_members(v_ids);
  v_parts[2] := v_txid;
  v_parts[3] := v_id;

  with page as (
    select a.id, a.change_txid, pg_catalog.row_number() over (order by a.change_txid, a.id) as place
    from public.credit_allocations a
    where a.partner_id = v_partner_id and (a.change_txid, a.id) > (v_parts[4]::xid8, v_parts[5]::uuid) and a.change_txid < v_end
      and a.kind in ('allocation', 'revocation', 'extension')
    order by a.change_txid, a.id
    limit v_limit + 1
  )
  select pg_catalog.array_agg(p.id order by p.place) filter (where p.place <= v_limit),
    pg_catalog.count(*) > v_limit,
    coalesce((pg_catalog.array_agg(p.change_txid::text order by p.place desc) filter (where p.place <= v_limit))[1], v_parts[4]),
    coalesce((pg_catalog.array_agg(p.id::text order by p.place desc) filter (where p.place <= v_limit))[1], v_parts[5])
  into v_ids, v_allocations_more, v_txid, v_id
  from page p;
  v_allocations := partner_private.feed_allocations(v_ids);
  v_parts[4] := v_txid;
  v_parts[5] := v_id;

  with page as (
    select r.member_id, r.change_txid, pg_catalog.row_number() over (order by r.change_txid, r.member_id) as place
    from public.removed_members r
    where r.partner_id = v_partner_id and (r.change_txid, r.member_id) > (v_parts[6]::xid8, v_parts[7]::uuid) and r.change_txid < v_end
      -- Who came back with the same id is not gone.
      and not exists (select from public.partner_members m where m.id = r.member_id)
    order by r.change_txid, r.member_id
    limit v_limit + 1
  )
  select coalesce(pg_catalog.jsonb_agg(p.member_id order by p.place) filter (where p.place <= v_limit), '[]'),
    pg_catalog.count(*) > v_limit,
    coalesce((pg_catalog.array_agg(p.change_txid::text order by p.place desc) filter (where p.place <= v_limit))[1], v_parts[6]),
    coalesce((pg_catalog.array_agg(p.member_id::text order by p.place desc) filter (where p.place <= v_limit))[1], v_parts[7])
  into v_removed, v_removed_more, v_txid, v_id
  from page p;
  v_parts[6] := v_txid;
  v_parts[7] := v_id;

  return pg_catalog.jsonb_build_object(
    'partner', pg_catalog.jsonb_build_object('id', v_partner.id, 'full_name', v_partner.full_name, 'email', v_partner.email,
      'balance', v_partner.credits, 'low_balance', partner_private.is_low_balance(v_partner.id, v_partner.credits)),
    'members', v_members,
    'allocations', v_allocations,
    'removed_members', v_removed,
    'cursor', pg_catalog.array_to_string(v_parts, '.'),
    'has_more', v_members_more or v_allocations_more or v_removed_more,
    'server_time', pg_catalog.clock_timestamp()
  );
end
$$;
comment on function partner_private.partner_changes(text, integer) is
  'Body of public.partner_changes. Definer: one check of the caller instead of a policy on every row.';

create or replace function public.partner_changes(p_cursor text default null, p_limit integer default 1000) returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  select partner_private.partner_changes(p_cursor, p_limit)
$$;
comment on function public.partner_changes(text, integer) is
  'What changed for the caller since the cursor, oldest first: members whole, allocations (kind and what a row corrects; a revocation has negative credits, an extension tells how many credits'' expiry moved), ids of removed members, each at most p_limit (1 to 2,000). Give the cursor back until has_more is false. PT400 invalid_cursor.';

-- 20260105095000_close_privileges.sql

-- Who may do what. A partner reads its own rows; nobody but the functions writes; nobody signed in, nothing.
-- A hosted project opens everything new in public to anon and authenticated: here it is closed again.

do $$
declare
  v_tables constant text[] := array['users', 'partner_members', 'partner_credits', 'sessions',
    'credit_allocations', 'command_receipts', 'member_uploads', 'member_upload_rows', 'removed_members'];
  v_table text;
  v_policy record;
begin
  -- Policies of the system from before may open what these tables must keep closed; each one that goes is named.
  for v_policy in
    select p.tablename, p.policyname from pg_catalog.pg_policies p
    where p.schemaname = 'public' and p.tablename = any (v_tables)
      -- By table and name: one of ours beside its own table, or one that only begins like ours, is not ours.
      and (p.tablename::text, p.policyname::text) not in (
        ('users', 'partner reads own row'), ('partner_members', 'partner reads own members'),
        ('partner_credits', 'partner reads own credits'), ('sessions', 'partner reads own sessions'),
        ('credit_allocations', 'partner reads own allocations'), ('command_receipts', 'partner reads own receipts'),
        ('member_uploads', 'partner reads own uploads'), ('member_upload_rows', 'partner reads own upload rows'),
        ('removed_members', 'partner reads own removed members'))
  loop
    raise notice 'partner console: policy % on % is replaced', v_policy.policyname, v_policy.tablename;
    execute format('drop policy %I on public.%I', v_policy.policyname, v_policy.tablename);
  end loop;
  foreach v_table in array v_tables loop
    execute format('revoke all on public.%I from public, anon, authenticated', v_table);
    execute format('grant select on public.%I to authenticated', v_table);
  end loop;
  -- The service role writes what the existing system writes; what must follow the ledger, only the functions do.
  foreach v_table in array v_tables loop
    execute format('revoke all on public.%I from service_role', v_table);
    execute format('grant select on public.%I to service_role', v_table);
  end loop;
end
$$;
grant insert, update, delete on public.users, public.sessions to service_role;
grant delete, insert (id, partner_id, user_id, first_name, email, status, created_at),
  update (user_id, first_name, email, status, created_at) on public.partner_members to service_role;
grant update (employee_name, status, expires_at) on public.partner_credits to service_role;
-- Columns that only the existing system knows go on as before; a column that we add belongs into this list.
do $$
declare
  v_known constant text[] := array['id', 'partner_id', 'user_id', 'first_name', 'email', 'status', 'credits_assigned', 'created_at',
    'change_txid', 'employee_email', 'employee_name', 'expires_at', 'allocation_id'];
  v_column record;
begin
  for v_column in
    select c.relname, a.attname, case c.relname when 'partner_members' then 'insert (%1$I), update (%1$I)' else 'update (%1$I)' end as rights
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where a.attrelid in ('public.partner_members'::regclass, 'public.partner_credits'::regclass)
      and a.attnum > 0 and not a.attisdropped and a.attname <> all (v_known)
  loop
    execute format('grant ' || v_column.rights || ' on public.%2$I to service_role', v_column.attname, v_column.relname);
  end loop;
end
$$;

-- That the role is partner stands in this policy alone: the others look for the caller's row, which is shown to a partner only.
drop policy if exists "partner reads own row" on public.users;
create policy "partner reads own row" on public.users for select to authenticated
  using (id = (select auth.uid()) and role = 'partner');
drop policy if exists "partner reads own members" on public.partner_members;
create policy "partner reads own members" on public.partner_members for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own credits" on public.partner_credits;
create policy "partner reads own credits" on public.partner_credits for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own sessions" on public.sessions;
create policy "partner reads own sessions" on public.sessions for select to authenticated
  using (exists (
    select from public.partner_members m where m.user_id = sessions.user_id and m.partner_id = (select u.id from public.users u where u.id = (select auth.uid()))
  ));
drop policy if exists "partner reads own allocations" on public.credit_allocations;
create policy "partner reads own allocations" on public.credit_allocations for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own receipts" on public.command_receipts;
create policy "partner reads own receipts" on public.command_receipts for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own uploads" on public.member_uploads;
create policy "partner reads own uploads" on public.member_uploads for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own upload rows" on public.member_upload_rows;
create policy "partner reads own upload rows" on public.member_upload_rows for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own removed members" on public.removed_members;
create policy "partner reads own removed members" on public.removed_members for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));

-- Functions: executable by name only -----------------------------------------------------------------------------------
-- A function made later is open to everyone until its own migration closes it: default privileges of a schema can only add.
-- Those that their own migration has closed keep what it granted.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_catalog.pg_proc p
    where p.pronamespace = 'partner_private'::regnamespace and has_function_privilege('public', p.oid, 'execute')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_function);
  end loop;
end
$$;
grant usage on schema partner_private to authenticated, service_role;

revoke execute on function public.allocate_partner_credit(uuid, text, text, integer, integer) from public, anon, authenticated, service_role;
revoke execute on function public.assign_member_credits(uuid, uuid, integer, integer, text) from public, anon, authenticated, service_role;
revoke execute on function public.upload_members(uuid, text, jsonb) from public, anon, authenticated, service_role;
revoke execute on function public.partner_dashboard() from public, anon, authenticated, service_role;
revoke execute on function public.partner_changes(text, integer) from public, anon, authenticated, service_role;
revoke execute on function public.partner_invariants(uuid) from public, anon, authenticated, service_role;

grant execute on function
  public.allocate_partner_credit(uuid, text, text, integer, integer),
  partner_private.allocate_partner_credit(uuid, text, text, integer, integer),
  public.partner_invariants(uuid),
  partner_private.partner_invariants(uuid)
to authenticated, service_role;
grant execute on function
  public.assign_member_credits(uuid, uuid, integer, integer, text),
  partner_private.assign_member_credits(uuid, uuid, integer, integer, text),
  public.upload_members(uuid, text, jsonb),
  partner_private.upload_members(uuid, text, jsonb),
  public.partner_dashboard(),
  partner_private.partner_dashboard(),
  public.partner_changes(text, integer),
  partner_private.partner_changes(text, integer)
to authenticated;

-- 20260106090000_correct_credits.sql

-- Credits to many members at once, and corrections of what was given: revocation and extension.
-- The order of locks is that of every command: the partner, then members by id, then credits, and those without waiting.
-- Whoever spends a credit holds it before its trigger reaches for the member; a command that waited for the credit while
-- it holds the member would wait in a circle.

create or replace function partner_private.most_members() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 5000 $$;
comment on function partner_private.most_members() is 'The most members one call of assign_credits_to_members takes.';

create or replace function partner_private.check_member_list(p_member_ids uuid[], p_credits integer) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_members constant bigint := pg_catalog.cardinality(p_member_ids);
begin
  if coalesce(v_members, 0) = 0 or pg_catalog.array_ndims(p_member_ids) <> 1
    or pg_catalog.array_position(p_member_ids, null) is not null then
    raise exception using errcode = 'PT400', message = 'invalid_members', detail = '{"field": "p_member_ids"}';
  end if;
  if v_members > partner_private.most_members() then
    raise exception using errcode = 'PT413', message = 'too_many_members',
      detail = pg_catalog.jsonb_build_object('limit', partner_private.most_members(), 'requested', v_members)::text;
  end if;
  if (select pg_catalog.count(distinct n) <> v_members from pg_catalog.unnest(p_member_ids) as n) then
    raise exception using errcode = 'PT400', message = 'duplicate_members',
      detail = pg_catalog.jsonb_build_object('member_ids', array(
        select n from pg_catalog.unnest(p_member_ids) as n group by n having pg_catalog.count(*) > 1 order by n limit 20
      ))::text;
  end if;
  -- A count that is no valid one at all is refused, and recorded, as it is for one member.
  if p_credits between 1 and partner_private.most_credits() then
    perform partner_private.check_credits(p_credits * v_members);
  end if;
end
$$;
comment on function partner_private.check_member_list(uuid[], integer) is
  'PT400 invalid_members or duplicate_members, PT413 too_many_members or too_many_credits.';

-- Many members -----------------------------------------------------------------------------------------------------------
create or replace function partner_private.give_credits_to_members(
  p_partner_id uuid, p_balance integer, p_member_ids uuid[], p_credits integer, p_expires_at timestamptz, p_reason text
) returns jsonb
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_allocation_ids constant uuid[] := array(select pg_catalog.gen_random_uuid() from pg_catalog.unnest(p_member_ids));
begin
  -- The members first: the triggers on their credits then find them stamped and leave them alone.
  update public.partner_members m set credits_assigned = m.credits_assigned + p_credits where m.id = any (p_member_ids);
  insert into public.credit_allocations
    (id, partner_id, kind, member_id, employee_email, credits, expires_at, source, reason, actor, balance_before, balance_after)
  select n.allocation_id, p_partner_id, 'allocation', m.id, m.email, p_credits, p_expires_at, 'console', p_reason, a.actor,
    p_balance - p_credits * (n.ord - 1), p_balance - p_credits * n.ord
  from rows from (pg_catalog.unnest(p_member_ids), pg_catalog.unnest(v_allocation_ids))
    with ordinality as n (member_id, allocation_id, ord)
  join public.partner_members m on m.id = n.member_id
  cross join (select partner_private.actor_name() as actor) a
  order by n.ord;
  insert into public.partner_credits (partner_id, employee_email, employee_name, expires_at, allocation_id)
  select p_partner_id, m.email, m.first_name, p_expires_at, n.allocation_id
  from rows from (pg_catalog.unnest(p_member_ids), pg_catalog.unnest(v_allocation_ids)) as n (member_id, allocation_id)
  join public.partner_members m on m.id = n.member_id
  cross join pg_catalog.generate_series(1, p_credits);
  perform partner_private.move_balance(p_partner_id, -p_credits * pg_catalog.cardinality(p_member_ids));
  return (
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'member_id', m.id, 'allocation_id', n.allocation_id, 'credits_assigned', m.credits_assigned) order by n.ord)
    from rows from (pg_catalog.unnest(p_member_ids), pg_catalog.unnest(v_allocation_ids))
      with ordinality as n (member_id, allocation_id, ord)
    join public.partner_members m on m.id = n.member_id
  );
end
$$;
comment on function partner_private.give_credits_to_members(uuid, integer, uuid[], integer, timestamptz, text) is
  'As give_credits, for each of many members, every table in one statement; answers the allocations in the order given. The caller holds the locks of partner and members and has checked the balance.';

create or replace function partner_private.assign_credits_to_members(
  p_request_id uuid, p_member_ids uuid[], p_credits integer, p_validity_days integer, p_note text
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC' as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('member_ids', p_member_ids, 'credits', p_credits,
    'validity_days', p_validity_days, 'note', p_note);
  v_members constant integer := pg_catalog.cardinality(p_member_ids);
  v_balance integer;
  v_answer jsonb;
  v_refused jsonb;
  v_expires_at timestamptz;
begin
  perform partner_private.check_member_list(p_member_ids, p_credits);
  v_balance := partner_private.lock_partner(v_partner_id);
  v_answer := partner_private.recorded_answer(v_partner_id, p_request_id, 'assign_credits_to_members', v_request);
  if v_answer is not null then
    return v_answer;
  end if;
  perform partner_private.check_text(p_note, 'note_too_long');
  perform from (
    select m.id from public.partner_members m
    where m.partner_id = v_partner_id and m.id = any (p_member_ids) order by m.id for no key update
  ) as locked;
  select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('member_id', n.member_id, 'reason',
      case when m.id is null then 'member_not_found' else 'member_inactive' end) order by n.ord)
    into v_refused
    from pg_catalog.unnest(p_member_ids) with ordinality as n (member_id, ord)
    left join public.partner_members m on m.id = n.member_id and m.partner_id = v_partner_id
    where m.id is null or m.status = 'inactive';
  v_answer := case
    when coalesce(p_credits, 0) not between 1 and partner_private.most_credits() then '{"outcome": "invalid_credits"}'
    when coalesce(p_validity_days, 0) not between 1 and partner_private.most_validity_days() then '{"outcome": "invalid_validity"}'
    when v_refused is not null then pg_catalog.jsonb_build_object('outcome', 'members_refused', 'members', v_refused)
    when v_balance < p_credits * v_members then
      pg_catalog.jsonb_build_object('outcome', 'insufficient_credits', 'shortfall', p_credits * v_members - v_balance)
  end;
  if v_answer is null then
    v_expires_at := pg_catalog.now() + pg_catalog.make_interval(days => p_validity_days);
    v_answer := pg_catalog.jsonb_build_object('outcome', 'assigned', 'members', v_members, 'credits', p_credits * v_members,
      'expires_at', v_expires_at,
      'allocations', partner_private.give_credits_to_members(v_partner_id, v_balance, p_member_ids, p_credits, v_expires_at,
        nullif(pg_catalog.btrim(p_note), '')),
      'before', pg_catalog.jsonb_build_object('balance', v_balance),
      'after', pg_catalog.jsonb_build_object('balance', v_balance - p_credits * v_members));
    v_balance := v_balance - p_credits * v_members;
  end if;
  return partner_private.record_answer(v_partner_id, p_request_id, 'assign_credits_to_members', v_request,
    v_answer || pg_catalog.jsonb_build_object('balance', v_balance));
end
$$;
comment on function partner_private.assign_credits_to_members(uuid, uuid[], integer, integer, text) is
  'Body of public.assign_credits_to_members. Definer: nobody but these functions may write credits.';

create or replace function public.assign_credits_to_members(
  p_request_id uuid, p_member_ids uuid[], p_credits integer, p_validity_days integer default 90, p_note text default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.assign_credits_to_members(p_request_id, p_member_ids, p_credits, p_validity_days, p_note)
$$;
comment on function public.assign_credits_to_members(uuid, uuid[], integer, integer, text) is
  'Gives p_credits to each of the caller''s members named, all or nothing, and answers the allocations in the order given. Recorded refusals: insufficient_credits with its shortfall, members_refused with each member''s reason, invalid_credits, invalid_validity. PT400 invalid_members, duplicate_members; PT413 too_many_members (5,000), too_many_credits (100,000 in all), note_too_long.';

-- Revocation ---------------------------------------------------------------------------------------------------------------
create or replace function partner_private.unspent_credits(p_partner_id uuid, p_member_id uuid) returns integer
language sql stable set search_path = pg_catalog, pg_temp as $$
  select pg_catalog.count(*)::integer
  from public.credit_allocations a
  join public.partner_credits c on c.allocation_id = a.id
  where a.member_id = p_member_id and a.partner_id = p_partner_id and c.status = 'available' and c.expires_at > pg_catalog.now()
$$;
comment on function partner_private.unspent_credits(uuid, uuid) is 'How many of a member''s credits are available and not expired.';

create or replace function partner_private.take_credits_back(
  p_partner_id uuid, p_balance integer, p_member_id uuid, p_credit_ids uuid[], p_reason text
) returns jsonb
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_entries jsonb;
begin
  -- The member first, as in give_credits.
  update public.partner_members m set credits_assigned = m.credits_assigned - pg_catalog.cardinality(p_credit_ids)
    where m.id = p_member_id;
  with revoked as (
    update public.partner_credits c set status = 'revoked' where c.id = any (p_credit_ids)
    returning c.allocation_id, c.expires_at
  ),
  taken as (
    select r.allocation_id, pg_catalog.count(*)::integer as credits, pg_catalog.max(r.expires_at) as expires_at
    from revoked r group by r.allocation_id
  ),
  chained as (
    select t.*, p_balance + pg_catalog.sum(t.credits) over (
      order by t.expires_at desc, t.allocation_id rows unbounded preceding)::integer as balance_after
    from taken t
  ),
  entered as (
    -- The e-mails of what is corrected, of then and of today: both rows go the same way for ever.
    insert into public.credit_allocations
      (partner_id, kind, member_id, employee_email, holder_email, credits, expires_at, source, corrects, reason, actor, balance_before, balance_after)
    select p_partner_id, 'revocation', p_member_id, a.employee_email, a.holder_email, c.credits, c.expires_at, 'console', a.id, p_reason,
      n.actor, c.balance_after - c.credits, c.balance_after
    from chained c
    join public.credit_allocations a on a.id = c.allocation_id
    cross join (select partner_private.actor_name() as actor) n
    returning id, corrects, credits, expires_at, balance_after
  )
  select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'allocation_id', e.id, 'corrects', e.corrects, 'credits', e.credits, 'expires_at', e.expires_at) order by e.balance_after)
    into v_entries from entered e;
  perform partner_private.move_balance(p_partner_id, pg_catalog.cardinality(p_credit_ids));
  return v_entries;
end
$$;
comment on function partner_private.take_credits_back(uuid, integer, uuid, uuid[], text) is
  'Credits become revoked, the ledger gets a row for each allocation among them, member''s sum and balance follow. The caller holds the locks of partner, member and credits.';

create or replace function partner_private.revoke_member_credits(
  p_request_id uuid, p_member_id uuid, p_credits integer, p_reason text
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('member_id', p_member_id, 'credits', p_credits, 'reason', p_reason);
  v_balance integer;
  v_answer jsonb;
  v_member public.partner_members;
  v_credit_ids uuid[];
  v_entries jsonb;
  v_unspent integer;
begin
  v_balance := partner_private.lock_partner(v_partner_id);
  v_answer := partner_private.recorded_answer(v_partner_id, p_request_id, 'revoke_member_credits', v_request);
  if v_answer is not null then
    return v_answer;
  end if;
  perform partner_private.check_text(p_reason, 'reason_too_long');
  select * into v_member from public.partner_members m
    where m.id = p_member_id and m.partner_id = v_partner_id for no key update;
  v_answer := case
    when v_member.id is null then '{"outcome": "member_not_found"}'
    when coalesce(p_credits, 0) not between 1 and partner_private.most_credits() then '{"outcome": "invalid_credits"}'
    when v_balance > 2147483647 - p_credits then '{"outcome": "balance_too_large"}'
  end;
  if v_answer is null then
    -- Those that last longest go first: the member keeps what would soon be lost anyway. One that is being spent at this
    -- moment is not waited for: it counts as spent.
    v_credit_ids := array(
      select c.id
      from public.credit_allocations a
      join public.partner_credits c on c.allocation_id = a.id
      where a.member_id = v_member.id and a.partner_id = v_partner_id and c.status = 'available' and c.expires_at > pg_catalog.now()
      order by c.expires_at desc, c.allocation_id, c.id
      limit p_credits
      for no key update of c skip locked
    );
    if pg_catalog.cardinality(v_credit_ids) < p_credits then
      v_answer := pg_catalog.jsonb_build_object('outcome', 'insufficient_unspent',
        'unspent', pg_catalog.cardinality(v_credit_ids), 'shortfall', p_credits - pg_catalog.cardinality(v_credit_ids));
    else
      v_entries := partner_private.take_credits_back(v_partner_id, v_balance, v_member.id, v_credit_ids,
        nullif(pg_catalog.btrim(p_reason), ''));
      v_balance := v_balance + p_credits;
      v_unspent := partner_private.unspent_credits(v_partner_id, v_member.id);
      v_answer := pg_catalog.jsonb_build_object('outcome', 'revoked', 'member_id', v_member.id, 'credits', p_credits,
        'revocations', v_entries, 'credits_assigned', v_member.credits_assigned - p_credits,
        'before', pg_catalog.jsonb_build_object('balance', v_balance - p_credits,
          'credits_assigned', v_member.credits_assigned, 'unspent', v_unspent + p_credits),
        'after', pg_catalog.jsonb_build_object('balance', v_balance,
          'credits_assigned', v_member.credits_assigned - p_credits, 'unspent', v_unspent));
    end if;
  end if;
  return partner_private.record_answer(v_partner_id, p_request_id, 'revoke_member_credits', v_request,
    v_answer || pg_catalog.jsonb_build_object('balance', v_balance));
end
$$;
comment on function partner_private.revoke_member_credits(uuid, uuid, integer, text) is
  'Body of public.revoke_member_credits. Definer: nobody but these functions may write credits.';

create or replace function public.revoke_member_credits(
  p_request_id uuid, p_member_id uuid, p_credits integer, p_reason text default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.revoke_member_credits(p_request_id, p_member_id, p_credits, p_reason)
$$;
comment on function public.revoke_member_credits(uuid, uuid, integer, text) is
  'Takes unspent, unexpired credits of one member of the caller back to the balance, those that expire last first; also of an inactive member. Recorded refusals: insufficient_unspent with what there is and the shortfall, balance_too_large (the balance cannot hold them), member_not_found, invalid_credits. PT413 reason_too_long.';

-- Extension ----------------------------------------------------------------------------------------------------------------
create or replace function partner_private.move_expiry(
  p_partner_id uuid, p_balance integer, p_member_id uuid, p_credit_ids uuid[], p_days integer
) returns jsonb
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_by constant interval := pg_catalog.make_interval(days => p_days);
  v_entries jsonb;
begin
  update public.partner_members m set change_txid = pg_catalog.pg_current_xact_id() where m.id = p_member_id;
  -- Grouped before the change: afterwards two old expiries might have become one.
  with moved as (
    select c.allocation_id, c.expires_at as expires_before, pg_catalog.count(*)::integer as credits
    from public.partner_credits c where c.id = any (p_credit_ids) group by c.allocation_id, c.expires_at
  ),
  changed as (
    update public.partner_credits c set expires_at = c.expires_at + v_by where c.id = any (p_credit_ids)
  ),
  entered as (
    insert into public.credit_allocations
      (partner_id, kind, member_id, employee_email, holder_email, credits, expires_at, source, corrects, actor, balance_before, balance_after)
    select p_partner_id, 'extension', p_member_id, a.employee_email, a.holder_email, m.credits, m.expires_before + v_by, 'console', a.id,
      n.actor, p_balance, p_balance
    from moved m
    join public.credit_allocations a on a.id = m.allocation_id
    cross join (select partner_private.actor_name() as actor) n
    returning id, corrects, credits, expires_at
  )
  select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('allocation_id', e.id, 'corrects', e.corrects, 'credits', e.credits,
      'expires_before', m.expires_before, 'expires_at', e.expires_at) order by e.expires_at, e.corrects)
    into v_entries
    from entered e
    join moved m on m.allocation_id = e.corrects and m.expires_before + v_by = e.expires_at;
  return v_entries;
end
$$;
comment on function partner_private.move_expiry(uuid, integer, uuid, uuid[], integer) is
  'Credits expire p_days later, the ledger gets a row for each allocation and old expiry among them. The caller holds the locks of partner, member and credits.';

create or replace function partner_private.extend_member_credits(p_request_id uuid, p_member_id uuid, p_days integer)
returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC' as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('member_id', p_member_id, 'days', p_days);
  v_balance constant integer := partner_private.lock_partner(v_partner_id);
  v_answer jsonb := partner_private.recorded_answer(v_partner_id, p_request_id, 'extend_member_credits', v_request);
  v_latest constant timestamptz := pg_catalog.now() + pg_catalog.make_interval(days => partner_private.most_validity_days());
  v_member public.partner_members;
  v_credit_ids uuid[];
  v_last timestamptz;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  select * into v_member from public.partner_members m
    where m.id = p_member_id and m.partner_id = v_partner_id for no key update;
  v_answer := case
    when v_member.id is null then '{"outcome": "member_not_found"}'
    when coalesce(p_days, 0) not between 1 and partner_private.most_validity_days() then '{"outcome": "invalid_validity"}'
    when v_member.status = 'inactive' then '{"outcome": "member_inactive"}'
  end;
  if v_answer is null then
    perform partner_private.check_credits(partner_private.unspent_credits(v_partner_id, v_member.id));
    select pg_catalog.array_agg(l.id), pg_catalog.max(l.expires_at) into v_credit_ids, v_last from (
      select c.id, c.expires_at
      from public.credit_allocations a
      join public.partner_credits c on c.allocation_id = a.id
      where a.member_id = v_member.id and a.partner_id = v_partner_id and c.status = 'available' and c.expires_at > pg_catalog.now()
      for no key update of c skip locked
    ) l;
    if v_credit_ids is null then
      v_answer := '{"outcome": "no_unspent_credits"}';
    elsif v_last + pg_catalog.make_interval(days => p_days) > v_latest then
      v_answer := pg_catalog.jsonb_build_object('outcome', 'invalid_validity',
        'latest', greatest(0, extract(day from v_latest - v_last)::integer));
    else
      v_answer := pg_catalog.jsonb_build_object('outcome', 'extended', 'member_id', v_member.id,
        'credits', pg_catalog.cardinality(v_credit_ids),
        'extensions', partner_private.move_expiry(v_partner_id, v_balance, v_member.id, v_credit_ids, p_days),
        'before', pg_catalog.jsonb_build_object('unspent', pg_catalog.cardinality(v_credit_ids), 'last_expires_at', v_last),
        'after', pg_catalog.jsonb_build_object('unspent', pg_catalog.cardinality(v_credit_ids),
          'last_expires_at', v_last + pg_catalog.make_interval(days => p_days)));
    end if;
  end if;
  return partner_private.record_answer(v_partner_id, p_request_id, 'extend_member_credits', v_request,
    v_answer || pg_catalog.jsonb_build_object('balance', v_balance));
end
$$;
comment on function partner_private.extend_member_credits(uuid, uuid, integer) is
  'Body of public.extend_member_credits. Definer: nobody but these functions may write credits.';

create or replace function public.extend_member_credits(p_request_id uuid, p_member_id uuid, p_days integer) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.extend_member_credits(p_request_id, p_member_id, p_days)
$$;
comment on function public.extend_member_credits(uuid, uuid, integer) is
  'Moves the expiry of all unspent, unexpired credits of one member of the caller by p_days. Recorded refusals: no_unspent_credits, invalid_validity (with the latest possible number of days where an expiry would be more than 3,650 days away), member_not_found, member_inactive. PT413 too_many_credits above 100,000.';

-- Who may --------------------------------------------------------------------------------------------------------------------
revoke execute on function
  partner_private.most_members(),
  partner_private.check_member_list(uuid[], integer),
  partner_private.give_credits_to_members(uuid, integer, uuid[], integer, timestamptz, text),
  partner_private.assign_credits_to_members(uuid, uuid[], integer, integer, text),
  public.assign_credits_to_members(uuid, uuid[], integer, integer, text),
  partner_private.unspent_credits(uuid, uuid),
  partner_private.take_credits_back(uuid, integer, uuid, uuid[], text),
  partner_private.revoke_member_credits(uuid, uuid, integer, text),
  public.revoke_member_credits(uuid, uuid, integer, text),
  partner_private.move_expiry(uuid, integer, uuid, uuid[], integer),
  partner_private.extend_member_credits(uuid, uuid, integer),
  public.extend_member_credits(uuid, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function
  partner_private.assign_credits_to_members(uuid, uuid[], integer, integer, text),
  public.assign_credits_to_members(uuid, uuid[], integer, integer, text),
  partner_private.revoke_member_credits(uuid, uuid, integer, text),
  public.revoke_member_credits(uuid, uuid, integer, text),
  partner_private.extend_member_credits(uuid, uuid, integer),
  public.extend_member_credits(uuid, uuid, integer)
to authenticated;

-- 20260106091000_change_members.sql

-- Changes of a member itself: whether it is active, its name and its e-mail.

create or replace function partner_private.set_member_status(p_request_id uuid, p_member_id uuid, p_status text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('member_id', p_member_id, 'status', p_status);
  v_balance constant integer := partner_private.lock_partner(v_partner_id);
  v_answer jsonb := partner_private.recorded_answer(v_partner_id, p_request_id, 'set_member_status', v_request);
  v_member public.partner_members;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  select * into v_member from public.partner_members m
    where m.id = p_member_id and m.partner_id = v_partner_id for no key update;
  v_answer := case
    when v_member.id is null then '{"outcome": "member_not_found"}'
    -- Only an invitation makes a member invited.
    when p_status is null or p_status not in ('active', 'inactive') then '{"outcome": "invalid_status"}'
  end;
  if v_answer is null then
    update public.partner_members m set status = p_status where m.id = v_member.id and m.status <> p_status;
    v_answer := pg_catalog.jsonb_build_object(
      'outcome', case when v_member.status = p_status then 'unchanged' else 'updated' end,
      'member_id', v_member.id, 'status', p_status, 'unspent', partner_private.unspent_credits(v_partner_id, v_member.id),
      'before', pg_catalog.jsonb_build_object('status', v_member.status),
      'after', pg_catalog.jsonb_build_object('status', p_status));
  end if;
  return partner_private.record_answer(v_partner_id, p_request_id, 'set_member_status', v_request, v_answer);
end
$$;
comment on function partner_private.set_member_status(uuid, uuid, text) is
  'Body of public.set_member_status. Definer: nobody but these functions may write members.';

create or replace function public.set_member_status(p_request_id uuid, p_member_id uuid, p_status text) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.set_member_status(p_request_id, p_member_id, p_status)
$$;
comment on function public.set_member_status(uuid, uuid, text) is
  'Makes a member of the caller active or inactive, and answers how many unspent credits it holds: they stay its own. Outcome updated or unchanged; recorded refusals: invalid_status, member_not_found.';

-- Name and e-mail ----------------------------------------------------------------------------------------------------------
create or replace function partner_private.lock_member_to_rename(p_partner_id uuid, p_member_id uuid)
returns public.partner_members
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_until constant timestamptz := pg_catalog.clock_timestamp() + interval '1 second';
  v_member public.partner_members;
begin
  perform partner_private.check_credits((
    select pg_catalog.count(*)
    from public.credit_allocations a
    join public.partner_credits c on c.allocation_id = a.id
    where a.member_id = p_member_id and a.partner_id = p_partner_id and c.status = 'available'
  ));
  -- All credits that will move are needed, also one that is being spent at this moment; yet whoever spends it waits for the
  -- member next. So nothing is waited for while something is held: either all locks are free, or they are given back. Not for
  -- long: every other command of the partner waits meanwhile.
  loop
    begin
      select * into v_member from public.partner_members m
        where m.id = p_member_id and m.partner_id = p_partner_id for no key update nowait;
      perform from (
        select c.id
        from public.credit_allocations a
        join public.partner_credits c on c.allocation_id = a.id
        where a.member_id = v_member.id and a.partner_id = p_partner_id and c.status = 'available'
        for no key update of c nowait
      ) as locked;
      return v_member;
    exception when lock_not_available then
      if pg_catalog.clock_timestamp() > v_until then
        raise exception using errcode = 'PT503', message = 'busy',
          detail = pg_catalog.jsonb_build_object('member_id', p_member_id)::text, hint = 'Send the same request again.';
      end if;
    end;
    perform pg_catalog.pg_sleep(0.02);
  end loop;
end
$$;
comment on function partner_private.lock_member_to_rename(uuid, uuid) is
  'Locks a member and its available credits, or nothing: tries for a second, then PT503 busy. PT413 too_many_credits. The caller holds the partner''s lock.';

create or replace function partner_private.update_member(
  p_request_id uuid, p_member_id uuid, p_first_name text, p_email text
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('member_id', p_member_id, 'first_name', p_first_name, 'email', p_email);
  v_balance constant integer := partner_private.lock_partner(v_partner_id);
  v_answer jsonb := partner_private.recorded_answer(v_partner_id, p_request_id, 'update_member', v_request);
  v_member public.partner_members;
  v_first_name text := pg_catalog.btrim(p_first_name);
  v_email text := pg_catalog.lower(pg_catalog.btrim(p_email));
begin
  if v_answer is not null then
    return v_answer;
  end if;
  -- Looked at first: one that stays as it is needs no credit.
  if v_email is null or not partner_private.is_email(v_email) or exists (
    select from public.partner_members m where m.id = p_member_id and m.partner_id = v_partner_id and m.email = v_email
  ) then
    select * into v_member from public.partner_members m
      where m.id = p_member_id and m.partner_id = v_partner_id for no key update;
  else
    v_member := partner_private.lock_member_to_rename(v_partner_id, p_member_id);
  end if;
  v_first_name := coalesce(v_first_name, v_member.first_name);
  v_email := coalesce(v_email, v_member.email);
  v_answer := case
    when v_member.id is null then '{"outcome": "member_not_found"}'
    -- The same rules as for a row of an upload, for what is given alone; a name may be taken away.
    when pg_catalog.length(pg_catalog.btrim(p_first_name)) > 100 or p_first_name ~ '[\u0001-\u001f\u007f-\u009f]' then '{"outcome": "invalid_name"}'
    when p_email is not null and not partner_private.is_email(v_email) then '{"outcome": "invalid_email"}'
    when exists (
      select from public.partner_members o where o.partner_id = v_partner_id and o.email = v_email and o.id <> v_member.id
    ) then '{"outcome": "email_taken"}'
  end;
  if v_answer is null then
    begin
      -- A trigger takes the credits along.
      update public.partner_members m set first_name = v_first_name, email = v_email
        where m.id = v_member.id and (m.first_name, m.email) <> (v_first_name, v_email);
    exception when unique_violation then
      -- Another writer inserted a member with this e-mail since it was looked up.
      v_answer := '{"outcome": "email_taken"}';
    end;
  end if;
  if v_answer is null then
    v_answer := pg_catalog.jsonb_build_object(
      'outcome', case when v_first_name = v_member.first_name and v_email = v_member.email then 'unchanged' else 'updated' end,
      'member_id', v_member.id, 'first_name', v_first_name, 'email', v_email,
      'before', pg_catalog.jsonb_build_object('first_name', v_member.first_name, 'email', v_member.email),
      'after', pg_catalog.jsonb_build_object('first_name', v_first_name, 'email', v_email));
  end if;
  return partner_private.record_answer(v_partner_id, p_request_id, 'update_member', v_request, v_answer);
end
$$;
comment on function partner_private.update_member(uuid, uuid, text, text) is
  'Body of public.update_member. Definer: nobody but these functions may write members.';

create or replace function public.update_member(
  p_request_id uuid, p_member_id uuid, p_first_name text default null, p_email text default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.update_member(p_request_id, p_member_id, p_first_name, p_email)
$$;
comment on function public.update_member(uuid, uuid, text, text) is
  'Changes name and e-mail of one member of the caller; null leaves one as it is. A new e-mail takes the member''s available credits along, and what was given to it before there was a member. Outcome updated or unchanged; recorded refusals: member_not_found, invalid_name, invalid_email, email_taken. PT413 too_many_credits above 100,000; PT503 busy: send it again.';

-- Who may --------------------------------------------------------------------------------------------------------------------
revoke execute on function
  partner_private.set_member_status(uuid, uuid, text),
  public.set_member_status(uuid, uuid, text),
  partner_private.lock_member_to_rename(uuid, uuid),
  partner_private.update_member(uuid, uuid, text, text),
  public.update_member(uuid, uuid, text, text)
from public, anon, authenticated, service_role;
grant execute on function
  partner_private.set_member_status(uuid, uuid, text),
  public.set_member_status(uuid, uuid, text),
  partner_private.update_member(uuid, uuid, text, text),
  public.update_member(uuid, uuid, text, text)
to authenticated;

-- 20260106092000_commit_whole_uploads.sql

-- A whole upload or none of it: rows are staged call by call without any effect, then one transaction applies them all.

create or replace function partner_private.most_staged_rows() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 50000 $$;
comment on function partner_private.most_staged_rows() is
  'The most rows one staged upload holds: applied well under the twenty seconds that their commit may take.';

create table if not exists public.staged_upload_rows (
  partner_id uuid not null,
  upload_id uuid not null,
  row_no integer not null,
  request_digest bytea not null,
  email text,
  first_name text,
  credits integer not null,
  validity_days integer,
  expires_at timestamptz,
  reason text,
  field text,
  staged_at timestamptz not null default now(),
  constraint staged_upload_rows_pkey primary key (partner_id, upload_id, row_no),
  constraint staged_upload_rows_upload foreign key (partner_id, upload_id) references public.member_uploads (partner_id, id),
  constraint staged_upload_rows_accepted_or_refused check (
    (reason is not null and email is null and first_name is null)
    or (reason is null and email is not null and (validity_days is null) <> (expires_at is null))
  )
);
comment on table public.staged_upload_rows is
  'Rows that wait for commit_member_upload, read and normalised. Of a refused row only its number, fingerprint and reason are kept. Cleared by the commit, or when they are abandoned.';
comment on column public.staged_upload_rows.expires_at is 'Where the row names a day; else its credits last validity_days from the commit on.';

alter table public.staged_upload_rows enable row level security;
revoke all on public.staged_upload_rows from public, anon, authenticated, service_role;
grant select on public.staged_upload_rows to authenticated, service_role;
drop policy if exists "partner reads own staged rows" on public.staged_upload_rows;
create policy "partner reads own staged rows" on public.staged_upload_rows for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));

-- Staging --------------------------------------------------------------------------------------------------------------
create or replace function partner_private.stage_member_upload(p_upload_id uuid, p_file_name text, p_rows jsonb) returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s'
-- Right after thousands of new rows there are no statistics that tell of them, and the planner would read a table that it
-- takes for empty once a row. Compiling such plans costs more than it gains.
set enable_seqscan = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_numbers integer[];
  v_staged integer;
  v_known integer[];
  v_reused integer;
  v_new jsonb := p_rows;
  v_plan partner_private.planned_row[];
  v_rows json;
begin
  perform partner_private.check_upload_rows(p_upload_id, p_rows);
  v_numbers := partner_private.upload_row_numbers(p_rows);
  -- The first lock of every command, so that staging and commit of one upload follow one another.
  perform partner_private.lock_partner(v_partner_id);
  insert into public.member_uploads (partner_id, id, file_name, staged_rows, actor)
  values (v_partner_id, p_upload_id, pg_catalog.left(coalesce(p_file_name, ''), 255), 0, partner_private.actor_name())
  on conflict (partner_id, id) do nothing;
  select u.staged_rows into v_staged from public.member_uploads u
  where u.partner_id = v_partner_id and u.id = p_upload_id for no key update;
  if v_staged is null then
    raise exception using errcode = 'PT409', message = 'upload_is_sent',
      detail = pg_catalog.jsonb_build_object('upload_id', p_upload_id)::text;
  end if;

  -- A row is known while it waits, and from its receipt after the commit. Found by key, as in upload_members.
  v_known := array(
    select s.row_no from public.staged_upload_rows s
    where s.partner_id = v_partner_id and s.upload_id = p_upload_id and s.row_no = any (v_numbers)
    union all
    select r.row_no from public.member_upload_rows r
    where r.partner_id = v_partner_id and r.upload_id = p_upload_id and r.row_no = any (v_numbers)
  );
  if pg_catalog.cardinality(v_known) > 0 then
    select pg_catalog.min(coalesce(s.row_no, r.row_no)) filter (
        where coalesce(s.request_digest, r.request_digest) <> pg_catalog.sha256(pg_catalog.convert_to(e.item::text, 'UTF8'))),
      pg_catalog.jsonb_agg(e.item order by e.ord) filter (where s.row_no is null and r.row_no is null)
    into v_reused, v_new
    from pg_catalog.jsonb_array_elements(p_rows) with ordinality as e (item, ord)
    left join lateral (
      select k.row_no, k.request_digest from public.staged_upload_rows k
      where k.partner_id = v_partner_id and k.upload_id = p_upload_id and k.row_no = (e.item -> 'row')::integer
      limit 1
    ) s on true
    left join lateral (
      select k.row_no, k.request_digest from public.member_upload_rows k
      where k.partner_id = v_partner_id and k.upload_id = p_upload_id and k.row_no = (e.item -> 'row')::integer
      limit 1
    ) r on true;
    if v_reused is not null then
      raise exception using errcode = 'PT409', message = 'request_id_reused',
        detail = pg_catalog.jsonb_build_object('upload_id', p_upload_id, 'row', v_reused)::text;
    end if;
  end if;

  v_plan := partner_private.read_upload_rows(v_new);
  if v_plan is not null then
    -- What was committed, or refused as a whole, is that for ever: another attempt is another upload.
    if exists (select from public.command_receipts c where c.partner_id = v_partner_id and c.id = p_upload_id
      and c.command = 'commit_member_upload') then
      raise exception using errcode = 'PT409', message = 'upload_is_closed',
        detail = pg_catalog.jsonb_build_object('upload_id', p_upload_id)::text;
    end if;
    v_staged := v_staged + pg_catalog.cardinality(v_plan);
    if v_staged > partner_private.most_staged_rows() then
      raise exception using errcode = 'PT413', message = 'too_many_rows',
        detail = pg_catalog.jsonb_build_object('limit', partner_private.most_staged_rows(), 'requested', v_staged)::text;
    end if;
    insert into public.staged_upload_rows
      (partner_id, upload_id, row_no, request_digest, email, first_name, credits, validity_days, expires_at, reason, field)
    select v_partner_id, p_upload_id, p.row_no, p.request_digest,
      -- What a refused row holds may be of any size, and nobody needs it again.
      case when p.reason is null then p.email end, case when p.reason is null then p.first_name end,
      p.credits, p.validity_days, p.expires_at, p.reason, p.field
    from pg_catalog.unnest(v_plan) as p;
    update public.member_uploads u set staged_rows = v_staged where u.partner_id = v_partner_id and u.id = p_upload_id;
  end if;

  select coalesce(pg_catalog.json_agg(a), '[]') into v_rows
  from (
    select n.row_no as "row", case when s.reason is null then 'staged' else 'refused' end as outcome, s.reason, s.field,
      n.row_no = any (v_known) as replayed
    from pg_catalog.unnest(v_numbers) with ordinality as n (row_no, ord)
    -- Rows that were committed are no longer here: none of them was refused.
    left join lateral (
      select k.reason, k.field from public.staged_upload_rows k
      where k.partner_id = v_partner_id and k.upload_id = p_upload_id and k.row_no = n.row_no
      limit 1
    ) s on true
    order by n.ord
  ) a;
  return pg_catalog.json_build_object('rows', v_rows, 'staged_total', v_staged, 'server_time', pg_catalog.clock_timestamp());
end
$$;
comment on function partner_private.stage_member_upload(uuid, text, jsonb) is
  'Body of public.stage_member_upload. Definer: nobody but these functions may write uploads.';

create or replace function public.stage_member_upload(p_upload_id uuid, p_file_name text, p_rows jsonb) returns json
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.stage_member_upload(p_upload_id, p_file_name, p_rows)
$$;
comment on function public.stage_member_upload(uuid, text, jsonb) is
  'Keeps rows of an upload, as upload_members takes them, for commit_member_upload: no effect on members or credits. Each row is answered staged, or refused with reason and field, and the same when it is sent again. At most 5,000 rows a call and 50,000 an upload (PT413 too_many_rows). PT409: request_id_reused for another row under the same number, upload_is_sent, upload_is_closed for a new row after the commit.';

-- Commit ---------------------------------------------------------------------------------------------------------------
create or replace function partner_private.commit_member_upload(p_upload_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC'
-- Right after thousands of new rows there are no statistics that tell of them, and the planner would read a table that it
-- takes for empty once a row. Compiling such plans costs more than it gains.
set enable_seqscan = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('upload_id', p_upload_id);
  v_balance constant integer := partner_private.lock_partner(v_partner_id);
  v_answer jsonb := partner_private.recorded_answer(v_partner_id, p_upload_id, 'commit_member_upload', v_request);
  v_upload public.member_uploads;
  v_plan partner_private.planned_row[];
  v_credits integer;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  select * into v_upload from public.member_uploads u
  where u.partner_id = v_partner_id and u.id = p_upload_id for no key update;
  if v_upload.id is not null and v_upload.staged_rows is null then
    raise exception using errcode = 'PT409', message = 'upload_is_sent', detail = v_request::text;
  end if;
  -- Not recorded: the rows may still be staged, for the first time or again.
  if coalesce(v_upload.staged_rows, 0) = 0 then
    return pg_catalog.jsonb_build_object('outcome', 'upload_not_staged', 'balance', v_balance, 'replayed', false);
  end if;

  v_plan := array(
    select row(pg_catalog.row_number() over (order by s.row_no), s.row_no, s.request_digest, s.email, s.first_name, s.credits,
      s.validity_days, s.expires_at, null, s.reason, s.field, null, null, null, null, null, null, null
    )::partner_private.planned_row
    from public.staged_upload_rows s
    where s.partner_id = v_partner_id and s.upload_id = p_upload_id
    order by s.row_no
  );
  perform partner_private.lock_upload_members(v_partner_id, v_plan);
  -- Without a balance: every row that is refused for itself is to be told, also those behind the one that cannot be paid.
  v_plan := partner_private.plan_upload(v_partner_id, null, v_plan);

  select pg_catalog.jsonb_build_object('outcome', 'rows_refused', 'refused_total', pg_catalog.count(*),
    'refused', pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('row', f.row_no, 'reason', f.reason, 'field', f.field) order by f.row_no)
      filter (where f.place <= 1000))
  into v_answer
  from (
    select p.*, pg_catalog.row_number() over (order by p.row_no) as place
    from pg_catalog.unnest(v_plan) as p where p.outcome = 'refused'
  ) f
  having pg_catalog.count(*) > 0;
  if v_answer is null then
    select pg_catalog.max(p.spent) into v_credits from pg_catalog.unnest(v_plan) as p;
    perform partner_private.check_credits(v_credits);
    if v_credits > v_balance then
      v_answer := pg_catalog.jsonb_build_object('outcome', 'insufficient_credits', 'shortfall', v_credits - v_balance,
        'row', (select pg_catalog.min(p.row_no) from pg_catalog.unnest(v_plan) as p where p.spent > v_balance));
    end if;
  end if;
  if v_answer is null then
    perform partner_private.apply_upload(v_partner_id, p_upload_id, v_balance, v_plan);
    delete from public.staged_upload_rows s where s.partner_id = v_partner_id and s.upload_id = p_upload_id;
    select pg_catalog.jsonb_build_object('outcome', 'committed', 'rows', pg_catalog.count(*),
      'created', pg_catalog.count(*) filter (where p.outcome = 'created'),
      'updated', pg_catalog.count(*) filter (where p.outcome = 'updated'),
      'unchanged', pg_catalog.count(*) filter (where p.outcome = 'unchanged'),
      'credits', v_credits,
      'before', pg_catalog.jsonb_build_object('balance', v_balance),
      'after', pg_catalog.jsonb_build_object('balance', v_balance - v_credits),
      'balance', v_balance - v_credits)
    into v_answer
    from pg_catalog.unnest(v_plan) as p;
  else
    v_answer := v_answer || pg_catalog.jsonb_build_object('balance', v_balance);
  end if;
  return partner_private.record_answer(v_partner_id, p_upload_id, 'commit_member_upload', v_request, v_answer);
end
$$;
comment on function partner_private.commit_member_upload(uuid) is
  'Body of public.commit_member_upload. Definer: nobody but these functions may write members and credits.';

-- The one command whose work grows with a whole file: 50,000 rows may take longer than the eight seconds of the others.
create or replace function public.commit_member_upload(p_upload_id uuid) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '20s' as $$
  select partner_private.commit_member_upload(p_upload_id)
$$;
comment on function public.commit_member_upload(uuid) is
  'Applies every staged row of an upload in one transaction, in the order of their numbers, or none of them. Answers outcome committed with its counts, or a refusal: rows_refused with the first 1,000 of them, insufficient_credits with the first row that cannot be paid and what the whole upload lacks; these are recorded, so another attempt is another upload. upload_not_staged is not recorded. Receipts of the rows stand in member_upload_rows. PT413 too_many_credits above 100,000 credits; PT409 upload_is_sent.';

-- Cleaning up ------------------------------------------------------------------------------------------------------------
drop function if exists partner_private.clear_stagings(timestamptz);
create or replace function partner_private.clear_stagings(p_before timestamptz, p_limit integer default 10000) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_upload public.member_uploads;
  v_removed integer;
  v_rows integer := 0;
  v_cleared integer := 0;
begin
  -- An upload that is being staged or committed in this moment is passed over: it comes again.
  for v_upload in
    select u.* from public.member_uploads u
    where u.staged_rows > 0 and u.created_at < p_before
      and not exists (
        select from public.staged_upload_rows s
        where s.partner_id = u.partner_id and s.upload_id = u.id and s.staged_at >= p_before
      )
      and exists (select from public.staged_upload_rows s where s.partner_id = u.partner_id and s.upload_id = u.id)
    order by u.partner_id, u.id
    for no key update skip locked
  loop
    -- Whole ones only: half of one must not be committed.
    delete from public.staged_upload_rows s where s.partner_id = v_upload.partner_id and s.upload_id = v_upload.id;
    get diagnostics v_removed = row_count;
    -- Nothing is staged any more; the upload may be staged again unless its commit was answered.
    update public.member_uploads m set staged_rows = 0 where m.partner_id = v_upload.partner_id and m.id = v_upload.id;
    v_rows := v_rows + v_removed;
    v_cleared := v_cleared + 1;
    exit when v_rows >= p_limit;
  end loop;
  -- Copies of answers are there for a quick replay soon after; the receipts stay.
  delete from public.member_upload_answers c where c.ctid = any (array(
    select o.ctid from public.member_upload_answers o where o.created_at < p_before order by o.created_at limit p_limit
  ));
  return v_cleared;
end
$$;
comment on function partner_private.clear_stagings(timestamptz, integer) is
  'Removes rows of uploads that nobody has added to since that moment and that were not committed, upload by upload until p_limit rows are removed, and as many copies of answers from before it; says how many uploads were cleared. For maintain.';

revoke execute on function
  public.stage_member_upload(uuid, text, jsonb), partner_private.stage_member_upload(uuid, text, jsonb),
  public.commit_member_upload(uuid), partner_private.commit_member_upload(uuid),
  partner_private.most_staged_rows(), partner_private.clear_stagings(timestamptz, integer)
from public, anon, authenticated, service_role;
grant execute on function
  public.stage_member_upload(uuid, text, jsonb), partner_private.stage_member_upload(uuid, text, jsonb),
  public.commit_member_upload(uuid), partner_private.commit_member_upload(uuid)
to authenticated;

-- 20260106093000_maintain.sql

-- What nobody calls for: to be run now and then by the database's owner (pg_cron, say). Everything works without it, since
-- a credit past its expiry counts as expired whether or not it is marked so.

create index if not exists partner_credits_expiring_idx on public.partner_credits (expires_at) where status = 'available';

create or replace function partner_private.partners_to_maintain(p_limit integer) returns uuid[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(
    select c.partner_id from (
      select k.partner_id from public.partner_credits k
      where k.status = 'available' and k.expires_at <= pg_catalog.now()
      order by k.expires_at limit p_limit
    ) c
    union
    select a.partner_id from (
      select l.partner_id from public.credit_allocations l
      join public.partner_members m on m.partner_id = l.partner_id and m.email = coalesce(l.holder_email, l.employee_email)
      where l.member_id is null and l.corrects is null limit p_limit
    ) a
    union
    select e.partner_id from (
      select l.partner_id from public.credit_allocations l
      join public.credit_allocations a on a.id = l.corrects
      where l.member_id is null and a.member_id is not null limit p_limit
    ) e
    union
    -- A row that can be seen was written by a transaction below this snapshot's end, unless it was put back from a dump.
    select u.id from public.users u
    where u.role = 'partner' and (
      exists (
        select from public.partner_members m
        where m.partner_id = u.id and m.change_txid >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
          and m.change_txid <> pg_catalog.pg_current_xact_id()
      )
      or exists (
        select from public.credit_allocations l
        where l.partner_id = u.id and l.change_txid >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
          and l.change_txid <> pg_catalog.pg_current_xact_id()
      )
      or exists (
        select from public.removed_members r
        where r.partner_id = u.id and r.change_txid >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
          and r.change_txid <> pg_catalog.pg_current_xact_id()
      )
    )
  )
$$;
comment on function partner_private.partners_to_maintain(integer) is
  'Partners with credits to mark expired, allocations to link or rows of the feed to stamp anew; of the first two kinds, and of corrections to link, at most so many rows are looked at.';

-- Each of the three takes partners that its caller has locked, locks members before credits, and waits for nothing.
create or replace function partner_private.mark_expired_credits(p_partner_ids uuid[], p_limit integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_due uuid[];
  v_members uuid[];
  v_marked integer;
begin
  v_due := array(
    select c.id from public.partner_credits c
    where c.status = 'available' and c.expires_at <= pg_catalog.now() and c.partner_id = any (p_partner_ids)
    order by c.expires_at limit p_limit
  );
  v_members := array(
    select m.id from public.partner_members m
    where m.id in (
      select a.member_id from public.partner_credits c
      join public.credit_allocations a on a.id = c.allocation_id
      where c.id = any (v_due)
    )
    order by m.id for no key update skip locked
  );
  update public.partner_credits k set status = 'expired'
  where k.id = any (array(
    select c.id from public.partner_credits c
    join public.credit_allocations a on a.id = c.allocation_id
    where c.id = any (v_due) and c.status = 'available' and c.expires_at <= pg_catalog.now()
      and (a.member_id is null or a.member_id = any (v_members))
    for no key update of c skip locked
  ));
  get diagnostics v_marked = row_count;
  return v_marked;
end
$$;
comment on function partner_private.mark_expired_credits(uuid[], integer) is
  'Marks available credits past their expiry as expired, the oldest first, and says how many. For maintain.';

create or replace function partner_private.link_stray_allocations(p_partner_ids uuid[], p_limit integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_linked integer;
begin
  v_linked := partner_private.link_allocations(array(
    select m.id from public.partner_members m
    where m.id in (
      select k.id from public.credit_allocations a
      join public.partner_members k on k.partner_id = a.partner_id and k.email = coalesce(a.holder_email, a.employee_email)
      where a.member_id is null and a.corrects is null and a.partner_id = any (p_partner_ids)
      limit p_limit
    )
    order by m.id for no key update skip locked
  ), p_limit);
  -- And corrections that were left behind where they cannot be found by their e-mail.
  return v_linked + partner_private.link_corrections(array(
    select e.corrects from public.credit_allocations e
    join public.credit_allocations a on a.id = e.corrects
    join public.partner_members m on m.id = a.member_id
    where e.member_id is null and e.partner_id = any (p_partner_ids)
    order by m.id limit p_limit for no key update of m skip locked
  ));
end
$$;
comment on function partner_private.link_stray_allocations(uuid[], integer) is
  'Gives allocations without a member to the one that has their e-mail by now, and corrections to the member of what they correct; says how many. At most p_limit of each, those of one allocation together. For maintain.';

create or replace function partner_private.stamp_restored_rows(p_partner_ids uuid[], p_limit integer) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_own constant xid8 := pg_catalog.pg_current_xact_id();
  v_stamped integer;
  v_sum integer := 0;
begin
  update public.partner_members t set change_txid = v_own
  where t.id = any (array(
    select m.id from public.partner_members m
    where m.partner_id = any (p_partner_ids) and m.change_txid <> v_own
      and m.change_txid >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
    order by m.id limit p_limit for no key update skip locked
  ));
  get diagnostics v_stamped = row_count;
  v_sum := v_sum + v_stamped;
  update public.credit_allocations t set change_txid = v_own
  where t.id = any (array(
    select a.id from public.credit_allocations a
    where a.partner_id = any (p_partner_ids) and a.change_txid <> v_own
      and a.change_txid >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
    order by a.id limit p_limit for no key update skip locked
  ));
  get diagnostics v_stamped = row_count;
  v_sum := v_sum + v_stamped;
  update public.removed_members t set change_txid = v_own
  where t.member_id = any (array(
    select r.member_id from public.removed_members r
    where r.partner_id = any (p_partner_ids) and r.change_txid <> v_own
      and r.change_txid >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
    order by r.member_id limit p_limit for no key update skip locked
  ));
  get diagnostics v_stamped = row_count;
  return v_sum + v_stamped;
end
$$;
comment on function partner_private.stamp_restored_rows(uuid[], integer) is
  'Stamps rows with this transaction that bear one of this cluster''s future: a dump brought them along from another. The feed would keep them back until then. For maintain.';

create or replace function partner_private.maintain(p_limit integer default 10000) returns jsonb
-- Invoker: only the owner may execute it, and it needs no more than the owner's rights.
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp set lock_timeout = '4s' as $$
declare
  v_limit constant integer := greatest(coalesce(p_limit, 10000), 1);
  v_abandoned constant timestamptz := pg_catalog.now() - interval '7 days';
  v_partners uuid[];
  v_answer jsonb;
begin
  -- A partner that is busy is passed over, and so are its members and credits that are: they come again.
  v_partners := array(
    select u.id from public.users u where u.id = any (partner_private.partners_to_maintain(v_limit))
    order by u.id for no key update skip locked
  );
  v_answer := pg_catalog.jsonb_build_object(
    'expired', partner_private.mark_expired_credits(v_partners, v_limit),
    'linked', partner_private.link_stray_allocations(v_partners, v_limit),
    'restamped', partner_private.stamp_restored_rows(v_partners, v_limit),
    'stagings_cleared', partner_private.clear_stagings(v_abandoned, v_limit)
  );
  return v_answer || pg_catalog.jsonb_build_object('more',
    pg_catalog.cardinality(partner_private.partners_to_maintain(1)) > 0
    or exists (select from public.member_upload_answers c where c.created_at < v_abandoned)
    or exists (
      select from public.member_uploads u
      where u.staged_rows > 0 and u.created_at < v_abandoned
        and exists (select from public.staged_upload_rows s where s.partner_id = u.partner_id and s.upload_id = u.id)
        and not exists (
          select from public.staged_upload_rows s
          where s.partner_id = u.partner_id and s.upload_id = u.id and s.staged_at >= v_abandoned
        )
    ));
end
$$;
comment on function partner_private.maintain(integer) is
  'Marks expired credits, links allocations to members that were inserted in the same moment, stamps rows anew after a restore, and clears uploads that were staged over 7 days ago and copies of answers that are as old. At most p_limit credits, allocations, rows a table to stamp and copies in one call, but corrections go with what they correct, and the upload at which that many staged rows are passed is cleared whole; more says that something is left, and that it is to be called again. Waits for nobody. For the database''s owner, from pg_cron for example.';

revoke execute on function
  partner_private.partners_to_maintain(integer),
  partner_private.mark_expired_credits(uuid[], integer),
  partner_private.link_stray_allocations(uuid[], integer),
  partner_private.stamp_restored_rows(uuid[], integer),
  partner_private.maintain(integer)
from public, anon, authenticated, service_role;

-- 20260107090000_undo_uploads.sql

-- What became of uploads, and taking back what one of them gave and nobody has spent.

create index if not exists member_uploads_latest_idx on public.member_uploads (partner_id, created_at desc);

create or replace function partner_private.most_listed_uploads() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 100 $$;
comment on function partner_private.most_listed_uploads() is 'The most uploads one call of list_member_uploads answers.';

create or replace function partner_private.credits_of_upload(p_partner_id uuid, p_upload_id uuid) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
  -- A credit past its expiry is expired, whether or not anything has marked it so.
  select pg_catalog.jsonb_build_object(
    'credits', pg_catalog.count(*),
    'unspent', pg_catalog.count(*) filter (where c.status = 'available' and c.expires_at > pg_catalog.now()),
    'used', pg_catalog.count(*) filter (where c.status = 'used'),
    'expired', pg_catalog.count(*) filter (
      where c.status = 'expired' or (c.status = 'available' and c.expires_at <= pg_catalog.now())),
    'revoked', pg_catalog.count(*) filter (where c.status = 'revoked'),
    'members', pg_catalog.count(distinct coalesce(a.holder_email, a.employee_email)) filter (
      where c.status = 'available' and c.expires_at > pg_catalog.now())
  )
  from public.member_upload_rows r
  join public.credit_allocations a on a.id = r.allocation_id and a.partner_id = r.partner_id
  join public.partner_credits c on c.allocation_id = a.id
  where r.partner_id = p_partner_id and r.upload_id = p_upload_id
$$;
comment on function partner_private.credits_of_upload(uuid, uuid) is
  'How many credits an upload gave, what has become of them, and how many members still hold some unspent.';

-- History --------------------------------------------------------------------------------------------------------------
create or replace function partner_private.list_member_uploads(p_before timestamptz, p_limit integer, p_id uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
-- Right after a big upload there are no statistics that tell of it, and the planner would read whole tables.
set enable_seqscan = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_limit constant integer := least(greatest(coalesce(p_limit, 50), 1), partner_private.most_listed_uploads());
  -- In milliseconds: clients know no shorter time, and give it back for the next page. Nothing that the index orders by is rounded.
  v_before constant timestamptz := case
    when p_before is null then 'infinity'
    when p_before = pg_catalog.date_trunc('milliseconds', p_before) then p_before
    else pg_catalog.date_trunc('milliseconds', p_before) + interval '1 millisecond'
  end;
  v_from timestamptz := '-infinity';
  v_uploads jsonb;
  v_oldest timestamptz;
begin
  if p_id is null then
    -- The next page begins before the last millisecond of this one: what shares it must not be lost.
    select pg_catalog.date_trunc('milliseconds', u.created_at) into v_from
      from public.member_uploads u
      where u.partner_id = v_partner_id and u.created_at < v_before
        -- One that is staged, or was refused as a whole, has done nothing. No semi-join: that would read all uploads before the first.
        and (select true from public.member_upload_rows r where r.partner_id = u.partner_id and r.upload_id = u.id limit 1)
      order by u.created_at desc offset v_limit - 1 limit 1;
    v_from := coalesce(v_from, '-infinity');
  end if;
  with page as materialized (
    select u.id, u.file_name, u.actor, pg_catalog.date_trunc('milliseconds', u.created_at) as created_at from public.member_uploads u
    where u.partner_id = v_partner_id and u.created_at >= v_from and u.created_at < v_before and (p_id is null or u.id = p_id)
      and (select true from public.member_upload_rows r where r.partner_id = u.partner_id and r.upload_id = u.id limit 1)
  )
  select
    coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'upload_id', p.id,
      'file_name', p.file_name,
      'actor', coalesce(p.actor, (
        select a.actor from public.member_upload_rows r
        join public.credit_allocations a on a.id = r.allocation_id
        where r.partner_id = v_partner_id and r.upload_id = p.id
        order by r.row_no limit 1
      )),
      'created_at', p.created_at,
      'created', o.created,
      'updated', o.updated,
      'unchanged', o.unchanged,
      'refused', o.refused
    ) || partner_private.credits_of_upload(v_partner_id, p.id) order by p.created_at desc, p.id), '[]'),
    pg_catalog.min(p.created_at)
  into v_uploads, v_oldest
  from page p
  cross join lateral (
    select pg_catalog.count(*) filter (where r.outcome = 'created') as created,
      pg_catalog.count(*) filter (where r.outcome = 'updated') as updated,
      pg_catalog.count(*) filter (where r.outcome = 'unchanged') as unchanged,
      pg_catalog.count(*) filter (where r.outcome = 'refused') as refused
    from public.member_upload_rows r
    where r.partner_id = v_partner_id and r.upload_id = p.id
  ) o;
  return pg_catalog.jsonb_build_object(
    'uploads', v_uploads,
    'has_more', p_id is null and exists (
      select from public.member_uploads u
      where u.partner_id = v_partner_id and u.created_at < v_oldest
        and (select true from public.member_upload_rows r where r.partner_id = u.partner_id and r.upload_id = u.id limit 1)
    ),
    'server_time', pg_catalog.clock_timestamp()
  );
end
$$;
comment on function partner_private.list_member_uploads(timestamptz, integer, uuid) is
  'Body of public.list_member_uploads. Definer: one check of the caller instead of a policy on every row.';

create or replace function public.list_member_uploads(
  p_before timestamptz default null, p_limit integer default 50, p_id uuid default null
) returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  select partner_private.list_member_uploads(p_before, p_limit, p_id)
$$;
comment on function public.list_member_uploads(timestamptz, integer, uuid) is
  'The caller''s uploads that did something, the latest first: who, when, the outcomes of the rows, and the credits given with what has become of them by now. At most p_limit (1 to 100; a few more where uploads share a moment), from before p_before; has_more says that there are older ones. p_id asks for one alone.';

-- Undo ---------------------------------------------------------------------------------------------------------------
create or replace function partner_private.take_upload_back(
  p_partner_id uuid, p_balance integer, p_credit_ids uuid[], p_reason text
) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_members integer;
begin
  -- The members first, which stamps them: the triggers on their credits have nothing to do then.
  with taken as (
    select a.member_id, coalesce(a.holder_email, a.employee_email) as email, pg_catalog.count(*)::integer as credits
    from public.partner_credits c
    join public.credit_allocations a on a.id = c.allocation_id
    where c.id = any (p_credit_ids)
    group by a.member_id, coalesce(a.holder_email, a.employee_email)
  ),
  summed as (
    update public.partner_members m set credits_assigned = m.credits_assigned - t.credits
    from (select k.member_id, pg_catalog.sum(k.credits)::integer as credits from taken k group by k.member_id) t
    where m.id = t.member_id
  )
  select pg_catalog.count(distinct t.email)::integer into v_members from taken t;

  perform pg_catalog.set_config('partner_console.members_stamped', 'on', true);
  with revoked as (
    update public.partner_credits c set status = 'revoked' where c.id = any (p_credit_ids)
    returning c.allocation_id, c.expires_at
  ),
  taken as (
    select r.allocation_id, pg_catalog.count(*)::integer as credits, pg_catalog.max(r.expires_at) as expires_at
    from revoked r group by r.allocation_id
  ),
  chained as (
    select t.*, p_balance + pg_catalog.sum(t.credits) over (order by t.allocation_id rows unbounded preceding)::integer as balance_after
    from taken t
  )
  -- The e-mails of what is corrected, of then and of today: both rows go the same way for ever.
  insert into public.credit_allocations
    (partner_id, kind, member_id, employee_email, holder_email, credits, expires_at, source, corrects, reason, actor,
     balance_before, balance_after)
  select p_partner_id, 'revocation', a.member_id, a.employee_email, a.holder_email, c.credits, c.expires_at, 'console', a.id, p_reason,
    n.actor, c.balance_after - c.credits, c.balance_after
  from chained c
  join public.credit_allocations a on a.id = c.allocation_id
  cross join (select partner_private.actor_name() as actor) n;
  perform pg_catalog.set_config('partner_console.members_stamped', '', true);
  perform partner_private.move_balance(p_partner_id, pg_catalog.cardinality(p_credit_ids));
  return v_members;
end
$$;
comment on function partner_private.take_upload_back(uuid, integer, uuid[], text) is
  'Credits of any number of members become revoked, the ledger gets a row for each allocation among them, members'' sums and balance follow; says how many members held them. The caller holds the locks of partner, members and credits.';

create or replace function partner_private.undo_member_upload(p_request_id uuid, p_upload_id uuid, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC'
-- Right after a big upload there are no statistics that tell of it, and the planner would read whole tables.
set enable_seqscan = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('upload_id', p_upload_id, 'reason', p_reason);
  v_balance integer := partner_private.lock_partner(v_partner_id);
  v_answer jsonb := partner_private.recorded_answer(v_partner_id, p_request_id, 'undo_member_upload', v_request);
  v_before jsonb;
  v_locked uuid[];
  v_strays uuid[];
  v_credit_ids uuid[];
  v_taken integer;
  v_members integer;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform partner_private.check_text(p_reason, 'reason_too_long');
  if not exists (
    select from public.member_upload_rows r where r.partner_id = v_partner_id and r.upload_id = p_upload_id
  ) then
    v_answer := '{"outcome": "upload_not_found"}';
  else
    -- Members after the partner, in a fixed order.
    v_locked := array(
      select m.id from public.partner_members m
      where m.partner_id = v_partner_id and m.id in (
        select a.member_id from public.member_upload_rows r
        join public.credit_allocations a on a.id = r.allocation_id
        where r.partner_id = v_partner_id and r.upload_id = p_upload_id
      )
      order by m.id for no key update
    );
    -- Whose member is gone may come back at any moment, added by another writer: its allocations are locked, so that each of them has
    -- one member, or none, to the end. Those by their ids alone: asked again whether it has none, one that was linked meanwhile would
    -- be left out. No join with the list: without statistics it would be read once a row.
    v_strays := array(
      select a.id from public.member_upload_rows r
      join public.credit_allocations a on a.id = r.allocation_id
      where r.partner_id = v_partner_id and r.upload_id = p_upload_id
        and (a.member_id is null or a.member_id not in (select l from pg_catalog.unnest(v_locked) as l))
    );
    if pg_catalog.cardinality(v_strays) > 0 then
      perform from (
        select a.id from public.credit_allocations a where a.id = any (v_strays) order by a.id for no key update
      ) as locked;
      perform from (
        select m.id from public.partner_members m
        where m.partner_id = v_partner_id
          and m.id in (select a.member_id from public.credit_allocations a where a.id = any (v_strays))
        order by m.id for no key update
      ) as locked;
    end if;
    v_before := partner_private.credits_of_upload(v_partner_id, p_upload_id);
    -- One that is being spent at this moment is not waited for: it counts as spent. The status stands in an expression, or the planner,
    -- which has no statistics yet, would read the whole index of what expires once more for each allocation.
    v_credit_ids := array(
      select c.id
      from (
        -- Each row means a member to change and a row of the ledger: as many as a commit writes in its time.
        select o.row_no, o.allocation_id, o.partner_id from public.member_upload_rows o
        where o.partner_id = v_partner_id and o.upload_id = p_upload_id and exists (
          select from public.partner_credits k
          where k.allocation_id = o.allocation_id and coalesce(k.status, '') = 'available' and k.expires_at > pg_catalog.now())
        order by o.row_no limit partner_private.most_staged_rows()
      ) r
      join public.credit_allocations a on a.id = r.allocation_id and a.partner_id = r.partner_id
      join public.partner_credits c on c.allocation_id = a.id
      where coalesce(c.status, '') = 'available' and c.expires_at > pg_catalog.now()
      order by r.row_no, c.id
      limit partner_private.most_credits()
      for no key update of c skip locked
    );
    v_taken := pg_catalog.cardinality(v_credit_ids);
    if v_taken = 0 then
      v_answer := pg_catalog.jsonb_build_object('outcome', 'no_unspent_credits');
    elsif v_balance > 2147483647 - v_taken then
      v_answer := pg_catalog.jsonb_build_object('outcome', 'balance_too_large');
    else
      v_members := partner_private.take_upload_back(v_partner_id, v_balance, v_credit_ids, nullif(pg_catalog.btrim(p_reason), ''));
      v_balance := v_balance + v_taken;
      v_answer := pg_catalog.jsonb_build_object('outcome', 'undone', 'upload_id', p_upload_id, 'credits', v_taken, 'members', v_members,
        -- Beyond what one call takes back, or being spent right now.
        'remaining', (v_before ->> 'unspent')::integer - v_taken,
        'before', pg_catalog.jsonb_build_object('balance', v_balance - v_taken),
        'after', pg_catalog.jsonb_build_object('balance', v_balance));
    end if;
    v_answer := v_answer || pg_catalog.jsonb_build_object('used', v_before -> 'used', 'expired', v_before -> 'expired');
  end if;
  return partner_private.record_answer(v_partner_id, p_request_id, 'undo_member_upload', v_request,
    v_answer || pg_catalog.jsonb_build_object('balance', v_balance));
end
$$;
comment on function partner_private.undo_member_upload(uuid, uuid, text) is
  'Body of public.undo_member_upload. Definer: nobody but these functions may write credits.';

-- As many credits as a whole upload gives may be taken back: it has the time that their commit has.
create or replace function public.undo_member_upload(p_request_id uuid, p_upload_id uuid, p_reason text default null) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '20s' as $$
  select partner_private.undo_member_upload(p_request_id, p_upload_id, p_reason)
$$;
comment on function public.undo_member_upload(uuid, uuid, text) is
  'Takes the unspent, unexpired credits that an upload of the caller gave back to the balance, in one transaction; members and names stay. Answers outcome undone with the credits and their members, what had been used and had expired, and what remains: one call takes back at most 100,000 credits of 50,000 rows. Recorded refusals: no_unspent_credits, balance_too_large (the balance cannot hold them), upload_not_found. PT413 reason_too_long.';

-- Who may --------------------------------------------------------------------------------------------------------------
revoke execute on function
  partner_private.most_listed_uploads(),
  partner_private.credits_of_upload(uuid, uuid),
  partner_private.list_member_uploads(timestamptz, integer, uuid),
  public.list_member_uploads(timestamptz, integer, uuid),
  partner_private.take_upload_back(uuid, integer, uuid[], text),
  partner_private.undo_member_upload(uuid, uuid, text),
  public.undo_member_upload(uuid, uuid, text)
from public, anon, authenticated, service_role;
grant execute on function
  partner_private.list_member_uploads(timestamptz, integer, uuid),
  public.list_member_uploads(timestamptz, integer, uuid),
  partner_private.undo_member_upload(uuid, uuid, text),
  public.undo_member_upload(uuid, uuid, text)
to authenticated;

-- 20260108090000_send_many_commands.sql

-- Many single assignments in one call, each with a receipt of its own, and asking what became of commands and rows whose
-- answers were lost, without sending them again.

create or replace function partner_private.most_sent_commands() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 1000 $$;
comment on function partner_private.most_sent_commands() is
  'The most commands one call of send_assignments or command_outcomes names.';

create or replace function partner_private.check_command_count(p_commands bigint) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if p_commands > partner_private.most_sent_commands() then
    raise exception using errcode = 'PT413', message = 'too_many_commands',
      detail = pg_catalog.jsonb_build_object('limit', partner_private.most_sent_commands(), 'requested', p_commands)::text;
  end if;
end
$$;
comment on function partner_private.check_command_count(bigint) is 'PT413 too_many_commands.';

-- Many assignments -------------------------------------------------------------------------------------------------------
-- A command of a call, as it was sent and as it is decided. Made anew only where it is another one, as for uploads.
do $$
declare
  v_attributes constant text := 'ord integer, request_id uuid, member_id uuid, credits integer, validity_days integer, note text, '
    || 'request_digest bytea, '
    -- Recorded before, refused now, or an error; of one that gives credits now, null until they are given.
    || 'answer jsonb, is_new boolean, allocation_id uuid, balance integer';
begin
  if v_attributes is distinct from (
    select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
    from pg_catalog.pg_attribute a
    where a.attrelid = to_regclass('partner_private.sent_command') and a.attnum > 0 and not a.attisdropped
  ) then
    drop type if exists partner_private.sent_command cascade;
    execute format('create type partner_private.sent_command as (%s)', v_attributes);
  end if;
end
$$;
comment on type partner_private.sent_command is 'A command of a call of send_assignments, as it was sent and as it is decided.';

create or replace function partner_private.is_integer_or_null(p_value jsonb) returns boolean
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select case pg_catalog.jsonb_typeof(p_value)
    when 'null' then true
    -- The range first: a number of a few bytes may have very many digits.
    when 'number' then case when p_value::numeric between -2147483648 and 2147483647
      then p_value::numeric = pg_catalog.trunc(p_value::numeric) else false end
    else false
  end
$$;
comment on function partner_private.is_integer_or_null(jsonb) is
  'Whether a value can stand for an argument of type integer; null for a value that is not there.';

create or replace function partner_private.check_sent_commands(p_commands jsonb) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_uuid constant text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
  v_places bigint[];
  v_twice text[];
begin
  if pg_catalog.jsonb_typeof(p_commands) is distinct from 'array' then
    raise exception using errcode = 'PT400', message = 'invalid_commands', detail = '{"reason": "not_a_list"}';
  end if;
  perform partner_private.check_command_count(pg_catalog.jsonb_array_length(p_commands));
  -- As the API checks the arguments of one assignment: before anything is done.
  v_places := array(
    select e.ord from pg_catalog.jsonb_array_elements(p_commands) with ordinality as e (item, ord)
    where pg_catalog.jsonb_typeof(e.item) <> 'object'
      or pg_catalog.jsonb_typeof(e.item -> 'request_id') is distinct from 'string' or e.item ->> 'request_id' !~ v_uuid
      or pg_catalog.jsonb_typeof(e.item -> 'member_id') is distinct from 'string' or e.item ->> 'member_id' !~ v_uuid
      or partner_private.is_integer_or_null(e.item -> 'credits') is distinct from true
      or partner_private.is_integer_or_null(e.item -> 'validity_days') is distinct from true
      or coalesce(pg_catalog.jsonb_typeof(e.item -> 'note'), 'null') not in ('string', 'null')
    order by e.ord limit 20
  );
  if pg_catalog.cardinality(v_places) > 0 then
    raise exception using errcode = 'PT400', message = 'invalid_commands',
      detail = pg_catalog.jsonb_build_object('places', v_places)::text;
  end if;
  v_twice := array(
    select pg_catalog.lower(e.item ->> 'request_id') from pg_catalog.jsonb_array_elements(p_commands) as e (item)
    group by 1 having pg_catalog.count(*) > 1 order by 1 limit 20
  );
  if pg_catalog.cardinality(v_twice) > 0 then
    raise exception using errcode = 'PT400', message = 'duplicate_requests',
      detail = pg_catalog.jsonb_build_object('request_ids', v_twice)::text;
  end if;
end
$$;
comment on function partner_private.check_sent_commands(jsonb) is
  'What the commands of a call must be before anything is done. PT400 invalid_commands, duplicate_requests; PT413 too_many_commands.';

create or replace function partner_private.read_sent_commands(p_commands jsonb) returns partner_private.sent_command[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  select pg_catalog.array_agg(row(
    c.ord, c.request_id, c.member_id, c.credits, c.validity_days, c.note,
    -- Of the same words as that of a single assignment: each answers for the other.
    partner_private.digest(pg_catalog.jsonb_build_object('member_id', c.member_id, 'credits', c.credits,
      'validity_days', c.validity_days, 'note', c.note)),
    null, null, null, null
  )::partner_private.sent_command order by c.ord)
  from (
    select e.ord, (e.item ->> 'request_id')::uuid as request_id, (e.item ->> 'member_id')::uuid as member_id,
      (e.item ->> 'credits')::numeric::integer as credits, (e.item ->> 'validity_days')::numeric::integer as validity_days,
      e.item ->> 'note' as note
    from pg_catalog.jsonb_array_elements(p_commands) with ordinality as e (item, ord)
  ) c
$$;
comment on function partner_private.read_sent_commands(jsonb) is
  'The commands of a call in its order, each with its digest; null for none. They have been checked.';

create or replace function partner_private.decide_assignments(
  p_partner_id uuid, p_balance integer, p_commands partner_private.sent_command[]
) returns partner_private.sent_command[]
-- Volatile although it only reads: it must see what was committed while its caller waited for the locks.
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_balance integer := p_balance;
  v_row record;
  v_command partner_private.sent_command;
  v_plan partner_private.sent_command[] := '{}';
begin
  for v_row in
    select c.ord, r.command, r.request_digest, r.response, m.id as member_id, m.status
    from pg_catalog.unnest(p_commands) as c
    left join lateral (
      select k.command, k.request_digest, k.response from public.command_receipts k
      where k.partner_id = p_partner_id and k.id = c.request_id
      limit 1
    ) r on true
    left join lateral (
      select k.id, k.status from public.partner_members k where k.id = c.member_id and k.partner_id = p_partner_id
      limit 1
    ) m on true
    order by c.ord
  loop
    v_command := p_commands[v_row.ord];
    v_command.answer := case
      when v_row.response is not null then
        case when v_row.command = 'assign_member_credits' and v_row.request_digest = v_command.request_digest
          then v_row.response || '{"replayed": true}'
          else '{"error": "request_id_reused"}'
        end
      when pg_catalog.length(v_command.note) > 1000 then '{"error": "note_too_long"}'
      when v_row.member_id is null then '{"outcome": "member_not_found"}'
      when coalesce(v_command.credits, 0) not between 1 and partner_private.most_credits() then '{"outcome": "invalid_credits"}'
      when coalesce(v_command.validity_days, 0) not between 1 and partner_private.most_validity_days() then '{"outcome": "invalid_validity"}'
      when v_row.status = 'inactive' then '{"outcome": "member_inactive"}'
      -- It leaves the balance to those behind it, as if each had been sent by itself.
      when v_balance < v_command.credits then
        pg_catalog.jsonb_build_object('outcome', 'insufficient_credits', 'shortfall', v_command.credits - v_balance)
    end;
    v_command.is_new := v_row.response is null and not coalesce(v_command.answer ? 'error', false);
    if v_command.answer is null then
      v_balance := v_balance - v_command.credits;
      v_command.allocation_id := pg_catalog.gen_random_uuid();
    end if;
    v_command.balance := v_balance;
    v_plan := v_plan || v_command;
  end loop;
  return v_plan;
end
$$;
comment on function partner_private.decide_assignments(uuid, integer, partner_private.sent_command[]) is
  'Decides the commands one after the other while the balance lasts, each as if it had been sent by itself. The caller holds the locks of partner and members.';

create or replace function partner_private.apply_assignments(
  p_partner_id uuid, p_balance integer, p_plan partner_private.sent_command[]
) returns partner_private.sent_command[]
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_actor constant text := partner_private.actor_name();
  v_spent constant integer := p_balance - p_plan[pg_catalog.cardinality(p_plan)].balance;
  v_plan partner_private.sent_command[];
begin
  perform partner_private.check_credits(v_spent);
  v_plan := array(
    select row(p.ord, p.request_id, p.member_id, p.credits, p.validity_days, p.note, p.request_digest,
      case when p.allocation_id is null then p.answer || pg_catalog.jsonb_build_object('balance', p.balance, 'replayed', false)
        else pg_catalog.jsonb_build_object('outcome', 'assigned', 'allocation_id', p.allocation_id, 'member_id', m.id,
          'credits', p.credits, 'expires_at', pg_catalog.now() + pg_catalog.make_interval(days => p.validity_days),
          'credits_assigned', m.credits_assigned + p.given,
          'before', pg_catalog.jsonb_build_object('balance', p.balance + p.credits,
            'credits_assigned', m.credits_assigned + p.given - p.credits),
          'after', pg_catalog.jsonb_build_object('balance', p.balance, 'credits_assigned', m.credits_assigned + p.given),
          'balance', p.balance, 'replayed', false)
      end,
      p.is_new, p.allocation_id, p.balance)::partner_private.sent_command
    from (
      -- What a member has got up to a command, where a call names it more than once.
      select c.*, pg_catalog.sum(c.credits) filter (where c.allocation_id is not null)
        over (partition by c.member_id order by c.ord) as given
      from pg_catalog.unnest(p_plan) as c
      where c.is_new
    ) p
    left join public.partner_members m on m.id = p.member_id and p.allocation_id is not null
    order by p.ord
  );

  update public.partner_members m set credits_assigned = m.credits_assigned + g.credits
  from (
    select p.member_id, pg_catalog.sum(p.credits) as credits
    from pg_catalog.unnest(v_plan) as p where p.allocation_id is not null group by p.member_id
  ) g
  where m.id = g.member_id;

  insert into public.credit_allocations
    (id, partner_id, kind, member_id, employee_email, credits, expires_at, source, reason, actor, balance_before, balance_after)
  select p.allocation_id, p_partner_id, 'allocation', m.id, m.email, p.credits,
    pg_catalog.now() + pg_catalog.make_interval(days => p.validity_days), 'console', nullif(pg_catalog.btrim(p.note), ''),
    v_actor, p.balance + p.credits, p.balance
  from pg_catalog.unnest(v_plan) as p
  join public.partner_members m on m.id = p.member_id
  where p.allocation_id is not null
  order by p.ord;

  perform pg_catalog.set_config('partner_console.members_stamped', 'on', true);
  insert into public.partner_credits (partner_id, employee_email, employee_name, expires_at, allocation_id)
  select p_partner_id, m.email, m.first_name, pg_catalog.now() + pg_catalog.make_interval(days => p.validity_days), p.allocation_id
  from pg_catalog.unnest(v_plan) as p
  join public.partner_members m on m.id = p.member_id
  cross join lateral pg_catalog.generate_series(1, p.credits)
  where p.allocation_id is not null;
  perform pg_catalog.set_config('partner_console.members_stamped', '', true);

  if v_spent > 0 then
    perform partner_private.move_balance(p_partner_id, -v_spent);
  end if;

  insert into public.command_receipts (partner_id, id, command, request_digest, response, actor)
  select p_partner_id, p.request_id, 'assign_member_credits', p.request_digest, p.answer, v_actor
  from pg_catalog.unnest(v_plan) as p;
  return v_plan;
end
$$;
comment on function partner_private.apply_assignments(uuid, integer, partner_private.sent_command[]) is
  'Does what the plan says, each table in one statement, and records each new answer under its own request as a single assignment does. Answers the new commands. PT413 too_many_credits.';

create or replace function partner_private.send_assignments(p_commands jsonb) returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC'
-- As for uploads: what was written a moment ago has no statistics yet.
set enable_seqscan = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_balance integer;
  v_commands partner_private.sent_command[];
  v_plan partner_private.sent_command[];
  v_new partner_private.sent_command[];
begin
  perform partner_private.check_sent_commands(p_commands);
  v_balance := partner_private.lock_partner(v_partner_id);
  v_commands := partner_private.read_sent_commands(p_commands);
  if v_commands is not null then
    -- Members after the partner, in a fixed order.
    perform from (
      select m.id from public.partner_members m
      where m.partner_id = v_partner_id and m.id in (select c.member_id from pg_catalog.unnest(v_commands) as c)
      order by m.id for no key update
    ) as locked;
    v_plan := partner_private.decide_assignments(v_partner_id, v_balance, v_commands);
    v_new := partner_private.apply_assignments(v_partner_id, v_balance, v_plan);
    v_balance := v_plan[pg_catalog.cardinality(v_plan)].balance;
  end if;
  return pg_catalog.json_build_object(
    'answers', (
      select coalesce(pg_catalog.json_agg(
        coalesce(n.answer, p.answer) || pg_catalog.jsonb_build_object('request_id', p.request_id) order by p.ord), '[]')
      from pg_catalog.unnest(v_plan) as p
      left join pg_catalog.unnest(v_new) as n on n.ord = p.ord
    ),
    'balance', v_balance, 'server_time', pg_catalog.clock_timestamp());
end
$$;
comment on function partner_private.send_assignments(jsonb) is
  'Body of public.send_assignments. Definer: nobody but these functions may write credits.';

create or replace function public.send_assignments(p_commands jsonb) returns json
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.send_assignments(p_commands)
$$;
comment on function public.send_assignments(jsonb) is
  'Many single assignments {request_id, member_id, credits, validity_days, note} in one call: each is decided in the order given and answered as assign_member_credits answers it, with its request_id, under a receipt of its own, which answers for a single call as well; one that is refused leaves the others alone. In the place of an answer stands error: request_id_reused or note_too_long. At most 1,000 commands and 100,000 credits a call (PT413 too_many_commands, too_many_credits); PT400 invalid_commands, duplicate_requests.';

-- Asking what became of a command ----------------------------------------------------------------------------------------
create or replace function partner_private.command_outcomes(p_request_ids uuid[]) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
begin
  if coalesce(pg_catalog.array_ndims(p_request_ids), 1) <> 1 or p_request_ids is null
    or pg_catalog.array_position(p_request_ids, null) is not null then
    raise exception using errcode = 'PT400', message = 'invalid_request_id', detail = '{"field": "p_request_ids"}';
  end if;
  perform partner_private.check_command_count(pg_catalog.cardinality(p_request_ids));
  return pg_catalog.json_build_object(
    'answers', (
      select coalesce(pg_catalog.json_agg(
        r.response || pg_catalog.jsonb_build_object('request_id', r.id, 'command', r.command, 'replayed', true) order by r.id), '[]')
      from public.command_receipts r where r.partner_id = v_partner_id and r.id = any (p_request_ids)
    ),
    'balance', (select u.credits from public.users u where u.id = v_partner_id), 'server_time', pg_catalog.clock_timestamp());
end
$$;
comment on function partner_private.command_outcomes(uuid[]) is
  'Body of public.command_outcomes. Definer: reads the receipts of the caller without asking the policies row by row.';

create or replace function public.command_outcomes(p_request_ids uuid[]) returns json
language sql stable security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.command_outcomes(p_request_ids)
$$;
comment on function public.command_outcomes(uuid[]) is
  'The recorded answers of the caller''s own commands by their request ids, each with request_id, command and replayed true; what is not recorded is left out: it may still be on its way. At most 1,000 ids (PT413 too_many_commands); PT400 invalid_request_id.';

create or replace function partner_private.upload_outcomes(p_id uuid, p_first_row integer, p_last_row integer) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set enable_seqscan = off as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
begin
  if p_id is null or p_first_row is null or p_last_row is null then
    raise exception using errcode = 'PT400', message = 'invalid_request_id',
      detail = pg_catalog.jsonb_build_object('field',
        case when p_id is null then 'p_id' when p_first_row is null then 'p_first_row' else 'p_last_row' end)::text;
  end if;
  return pg_catalog.json_build_object(
    'rows', (
      select coalesce(pg_catalog.json_agg(a order by a."row"), '[]')
      from (
        select r.row_no as "row", r.outcome, r.reason, r.field, r.shortfall, r.member_id, r.allocation_id, r.credits,
          r.expires_at, r.credits_assigned, true as replayed
        from public.member_upload_rows r
        where r.partner_id = v_partner_id and r.upload_id = p_id and r.row_no between p_first_row and p_last_row
        order by r.row_no limit partner_private.most_upload_rows()
      ) a
    ),
    'balance', (select u.credits from public.users u where u.id = v_partner_id), 'server_time', pg_catalog.clock_timestamp());
end
$$;
comment on function partner_private.upload_outcomes(uuid, integer, integer) is
  'Body of public.upload_outcomes. Definer: reads the receipts of the caller without asking the policies row by row.';

create or replace function public.upload_outcomes(p_id uuid, p_first_row integer, p_last_row integer) returns json
language sql stable security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.upload_outcomes(p_id, p_first_row, p_last_row)
$$;
comment on function public.upload_outcomes(uuid, integer, integer) is
  'What became of the rows of an upload of the caller from one number to another, as upload_members answers them when they are sent again; rows without a receipt are left out. The first 5,000 of them.';

-- Who may --------------------------------------------------------------------------------------------------------------
revoke execute on function
  partner_private.most_sent_commands(),
  partner_private.check_command_count(bigint),
  partner_private.is_integer_or_null(jsonb),
  partner_private.check_sent_commands(jsonb),
  partner_private.read_sent_commands(jsonb),
  partner_private.decide_assignments(uuid, integer, partner_private.sent_command[]),
  partner_private.apply_assignments(uuid, integer, partner_private.sent_command[]),
  partner_private.send_assignments(jsonb),
  public.send_assignments(jsonb),
  partner_private.command_outcomes(uuid[]),
  public.command_outcomes(uuid[]),
  partner_private.upload_outcomes(uuid, integer, integer),
  public.upload_outcomes(uuid, integer, integer)
from public, anon, authenticated, service_role;
grant execute on function
  partner_private.send_assignments(jsonb),
  public.send_assignments(jsonb),
  partner_private.command_outcomes(uuid[]),
  public.command_outcomes(uuid[]),
  partner_private.upload_outcomes(uuid, integer, integer),
  public.upload_outcomes(uuid, integer, integer)
to authenticated;

-- 20260109090000_compare_members.sql

-- What a console compares when it doubts its copy: digests of buckets of members and of the ledger first, and then the
-- entries of those buckets alone that are unlike its own.

create or replace function partner_private.most_buckets() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 4096 $$;
comment on function partner_private.most_buckets() is
  'Most buckets into which a comparison may divide the members: more would cost more than the members they save.';

create or replace function partner_private.check_buckets(p_buckets integer) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if p_buckets is null or p_buckets not between 1 and partner_private.most_buckets() then
    raise exception using errcode = 'PT400', message = 'invalid_buckets',
      detail = pg_catalog.jsonb_build_object('limit', partner_private.most_buckets())::text;
  end if;
end
$$;
comment on function partner_private.check_buckets(integer) is 'PT400 invalid_buckets unless the number of buckets is from 1 to most_buckets().';

create or replace function partner_private.partner_digests(p_buckets integer, p_first integer, p_last integer) returns json
language plpgsql stable security definer set timezone = 'UTC' set search_path = pg_catalog, pg_temp as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  -- Of the snapshot that the digests are read in: whatever it does not show has a transaction at or above this one, and the
  -- feed gives it from there on.
  v_end constant xid8 := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot());
  v_last_id constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  v_position constant text := (v_end::text::numeric - 1)::text || '.' || v_last_id::text;
  -- To the millisecond, as consoles keep instants: what is finer is cut off there, too.
  v_instant constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  v_buckets json;
begin
  perform partner_private.check_buckets(p_buckets);
  -- Texts are arrays of JSON without blanks, numbers written as texts, one line an entry in the order of ids. Only what is stored
  -- counts, never the clock: a credit past its expiry is `available` until something marks it.
  with members as materialized (
    select b.* from (
      select m.id, m.first_name, m.email, m.status, m.user_id, m.credits_assigned, m.created_at,
        (pg_catalog.get_byte(h.hash, 0) * 256 + pg_catalog.get_byte(h.hash, 1)) % p_buckets as bucket
      from public.partner_members m
      cross join lateral (select pg_catalog.sha256(pg_catalog.uuid_send(m.id)) as hash) h
      where m.partner_id = v_partner_id
    ) b
    where b.bucket between coalesce(p_first, 0) and coalesce(p_last, p_buckets)
  ), credits as (
    select g.member_id,
      pg_catalog.string_agg(
        pg_catalog.concat_ws(' ', pg_catalog.to_char(g.expires_at, v_instant), g.available, g.used, g.expired, g.revoked),
        ',' order by g.expires_at) as digested
    from (
      select a.member_id, pg_catalog.date_trunc('milliseconds', c.expires_at) as expires_at,
        pg_catalog.count(*) filter (where c.status = 'available') as available,
        pg_catalog.count(*) filter (where c.status = 'used') as used,
        pg_catalog.count(*) filter (where c.status = 'expired') as expired,
        pg_catalog.count(*) filter (where c.status = 'revoked') as revoked
      from members m
      join public.credit_allocations a on a.member_id = m.id
      join public.partner_credits c on c.allocation_id = a.id
      group by 1, 2
    ) g
    group by g.member_id
  ), sessions as (
    select l.member_id,
      pg_catalog.string_agg(
        pg_catalog.array_to_json(array[l.id::text, l.status, pg_catalog.to_char(l.scheduled_at, v_instant)])::text,
        ',' order by l.id) as digested
    from (
      select m.id as member_id, s.id, s.status, s.scheduled_at,
        pg_catalog.row_number() over (partition by m.id order by s.scheduled_at desc nulls last, s.id) as place
      from members m
      join public.sessions s on s.user_id = m.user_id
    ) l
    where l.place <= 20
    group by l.member_id
  ), of_members as (
    select m.bucket, pg_catalog.count(*) as entries, pg_catalog.string_agg(
        pg_catalog.array_to_json(array[m.id::text, m.first_name, m.email, m.status, m.user_id::text, m.credits_assigned::text,
          pg_catalog.to_char(m.created_at, v_instant), coalesce(c.digested, ''), coalesce(s.digested, '')])::text,
        e'\n' order by m.id) as digested
    from members m
    left join credits c on c.member_id = m.id
    left join sessions s on s.member_id = m.id
    group by m.bucket
  ), of_allocations as (
    select a.bucket, pg_catalog.count(*) as entries, pg_catalog.string_agg(
        pg_catalog.array_to_json(array[a.id::text, a.kind, a.member_id::text, a.employee_email,
          (case a.kind when 'revocation' then -a.credits else a.credits end)::text, pg_catalog.to_char(a.expires_at, v_instant),
          a.source, a.reason, a.actor, pg_catalog.to_char(a.created_at, v_instant)])::text,
        e'\n' order by a.id) as digested
    from (
      -- With the member: what gives credits changes both, and then one bucket.
      select l.*, (pg_catalog.get_byte(h.hash, 0) * 256 + pg_catalog.get_byte(h.hash, 1)) % p_buckets as bucket
      from public.credit_allocations l
      cross join lateral (select pg_catalog.sha256(pg_catalog.uuid_send(coalesce(l.member_id, l.id))) as hash) h
      where l.partner_id = v_partner_id and l.kind in ('allocation', 'revocation', 'extension')
    ) a
    where a.bucket between coalesce(p_first, 0) and coalesce(p_last, p_buckets)
    group by a.bucket
  )
  select pg_catalog.json_agg(pg_catalog.json_build_array(
      bucket,
      coalesce(m.entries, 0),
      pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(m.digested, 'UTF8')), 'hex'), 24),
      coalesce(a.entries, 0),
      pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(a.digested, 'UTF8')), 'hex'), 24)
    ) order by bucket)
  into v_buckets
  from of_members m full join of_allocations a using (bucket);

  return pg_catalog.json_build_object(
    'partner_id', v_partner_id,
    'buckets', coalesce(v_buckets, '[]'),
    'cursor', '1.' || v_position || '.' || v_position || '.' || v_position,
    'server_time', pg_catalog.clock_timestamp()
  );
end
$$;
comment on function partner_private.partner_digests(integer, integer, integer) is
  'Body of public.partner_digests. Definer: one check of the caller instead of a policy on every row.';

create or replace function public.partner_digests(p_buckets integer, p_first integer default 0, p_last integer default 4095) returns json
language sql stable security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.partner_digests(p_buckets, p_first, p_last)
$$;
comment on function public.partner_digests(integer, integer, integer) is
  'The caller''s members and ledger entries by buckets, those from p_first to p_last: each as [bucket, members, their digest, entries, their digest], empty ones left out. A bucket is the first two bytes of the SHA-256 of the member''s id (of its own id, where an entry has no member) modulo p_buckets (1 to 4,096). cursor: the position of the feed that the digests stand for. PT400 invalid_buckets.';

create or replace function partner_private.partner_bucket_entries(
  p_buckets integer, p_members integer[], p_allocations integer[], p_after_member uuid, p_after_allocation uuid, p_limit integer
) returns jsonb
language plpgsql stable security definer set timezone = 'UTC' set search_path = pg_catalog, pg_temp
-- As for partner_changes: a page is small whatever the tables hold.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_limit constant integer := least(greatest(coalesce(p_limit, 1000), 1), 2000);
  v_members uuid[];
  v_members_more boolean;
  v_allocations uuid[];
  v_allocations_more boolean;
begin
  perform partner_private.check_buckets(p_buckets);
  select pg_catalog.array_agg(p.id order by p.place) filter (where p.place <= v_limit), pg_catalog.count(*) > v_limit
  into v_members, v_members_more
  from (
    select m.id, pg_catalog.row_number() over (order by m.id) as place
    from public.partner_members m
    cross join lateral (select pg_catalog.sha256(pg_catalog.uuid_send(m.id)) as hash) h
    where m.partner_id = v_partner_id and (p_after_member is null or m.id > p_after_member)
      and (pg_catalog.get_byte(h.hash, 0) * 256 + pg_catalog.get_byte(h.hash, 1)) % p_buckets = any (p_members)
    order by m.id
    limit v_limit + 1
  ) p;
  select pg_catalog.array_agg(p.id order by p.place) filter (where p.place <= v_limit), pg_catalog.count(*) > v_limit
  into v_allocations, v_allocations_more
  from (
    select a.id, pg_catalog.row_number() over (order by a.id) as place
    from public.credit_allocations a
    cross join lateral (select pg_catalog.sha256(pg_catalog.uuid_send(coalesce(a.member_id, a.id))) as hash) h
    where a.partner_id = v_partner_id and (p_after_allocation is null or a.id > p_after_allocation)
      and a.kind in ('allocation', 'revocation', 'extension')
      and (pg_catalog.get_byte(h.hash, 0) * 256 + pg_catalog.get_byte(h.hash, 1)) % p_buckets = any (p_allocations)
    order by a.id
    limit v_limit + 1
  ) p;

  return pg_catalog.jsonb_build_object(
    'partner_id', v_partner_id,
    'members', partner_private.feed_members(v_members),
    'allocations', partner_private.feed_allocations(v_allocations),
    'has_more', v_members_more or v_allocations_more,
    'server_time', pg_catalog.clock_timestamp()
  );
end
$$;
comment on function partner_private.partner_bucket_entries(integer, integer[], integer[], uuid, uuid, integer) is
  'Body of public.partner_bucket_entries. Definer: one check of the caller instead of a policy on every row.';

create or replace function public.partner_bucket_entries(
  p_buckets integer, p_members integer[], p_allocations integer[], p_after_member uuid default null,
  p_after_allocation uuid default null, p_limit integer default 1000
) returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.partner_bucket_entries(p_buckets, p_members, p_allocations, p_after_member, p_after_allocation, p_limit)
$$;
comment on function public.partner_bucket_entries(integer, integer[], integer[], uuid, uuid, integer) is
  'The caller''s members of the buckets p_members and its ledger entries of the buckets p_allocations, of p_buckets as partner_digests counts them: each as partner_changes gives it, in the order of ids and behind p_after_member and p_after_allocation, at most p_limit (1 to 2,000) of each list. Give the last ids back until has_more is false. PT400 invalid_buckets.';

-- Who may --------------------------------------------------------------------------------------------------------------
revoke execute on function
  partner_private.most_buckets(),
  partner_private.check_buckets(integer),
  partner_private.partner_digests(integer, integer, integer),
  public.partner_digests(integer, integer, integer),
  partner_private.partner_bucket_entries(integer, integer[], integer[], uuid, uuid, integer),
  public.partner_bucket_entries(integer, integer[], integer[], uuid, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function
  partner_private.partner_digests(integer, integer, integer),
  public.partner_digests(integer, integer, integer),
  partner_private.partner_bucket_entries(integer, integer[], integer[], uuid, uuid, integer),
  public.partner_bucket_entries(integer, integer[], integer[], uuid, uuid, integer)
to authenticated;

commit;
