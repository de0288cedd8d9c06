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
