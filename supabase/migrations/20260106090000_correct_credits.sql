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
