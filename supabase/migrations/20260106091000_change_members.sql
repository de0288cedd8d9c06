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
