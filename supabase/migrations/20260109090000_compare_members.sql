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
