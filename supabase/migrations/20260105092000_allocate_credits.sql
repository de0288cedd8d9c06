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
