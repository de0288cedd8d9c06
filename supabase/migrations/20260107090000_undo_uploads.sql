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
