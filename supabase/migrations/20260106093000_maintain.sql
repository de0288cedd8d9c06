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
