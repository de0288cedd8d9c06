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
