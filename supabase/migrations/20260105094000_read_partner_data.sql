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
