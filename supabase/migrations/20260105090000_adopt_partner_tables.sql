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
