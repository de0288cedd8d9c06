-- The ledger, the receipts, the uploads, and what the change feed needs.

create schema if not exists partner_private;
comment on schema partner_private is
  'Bodies of the functions of schema public, and their parts. Not exposed through the API: its functions run as their owner.';
revoke all on schema partner_private from public;

-- Tables ---------------------------------------------------------------------------------------------------------------
create table if not exists public.credit_allocations (
  id uuid not null default gen_random_uuid(),
  partner_id uuid not null,
  kind text not null,
  member_id uuid,
  employee_email text,
  credits integer not null,
  expires_at timestamptz,
  source text not null,
  upload_id uuid,
  upload_row integer,
  corrects uuid,
  reason text,
  actor text,
  created_at timestamptz not null default now(),
  balance_before integer not null,
  balance_after integer not null,
  change_txid xid8 not null default pg_current_xact_id(),
  constraint credit_allocations_pkey primary key (id),
  constraint credit_allocations_known_kind
    check (kind in ('opening', 'top_up', 'correction', 'allocation', 'revocation', 'extension')),
  constraint credit_allocations_known_source check (source in ('rpc', 'console', 'upload', 'legacy', 'balance')),
  constraint credit_allocations_credits_sign check (credits > 0 or (credits = 0 and kind in ('opening', 'extension'))),
  constraint credit_allocations_balance_moves check (
    balance_after - balance_before = case
      when kind in ('opening', 'top_up', 'revocation') then credits
      when kind in ('allocation', 'correction') then -credits
      else 0
    end
  ),
  constraint credit_allocations_names_employee
    check (kind in ('opening', 'top_up', 'correction') or (employee_email is not null and expires_at is not null))
);
comment on table public.credit_allocations is
  'Append-only ledger of a partner''s balance: its opening and top-ups, and every allocation, revocation and extension.';
alter table public.credit_allocations add column if not exists holder_email text;
comment on column public.credit_allocations.holder_email is
  'The member''s e-mail of today where it has changed since; null where it has not. A new member is found by it.';
comment on column public.credit_allocations.credits is 'Never negative; kind says in which direction the balance moved.';
comment on column public.credit_allocations.member_id is
  'The member with this e-mail; null while there is none. Besides holder_email the only column that may change later.';
comment on column public.credit_allocations.actor is 'E-mail of the signed-in admin, or the database role that acted.';
comment on column public.credit_allocations.corrects is 'The allocation that a revocation or extension corrects.';
create index if not exists credit_allocations_feed_idx on public.credit_allocations (partner_id, change_txid, id);
-- With what the sum of the last days needs: every page of the feed tells whether the balance is low.
drop index if exists public.credit_allocations_created_idx;
create index if not exists credit_allocations_recent_idx on public.credit_allocations (partner_id, created_at) include (kind, credits);
create index if not exists credit_allocations_employee_idx on public.credit_allocations (partner_id, employee_email);
create index if not exists credit_allocations_stray_idx
  on public.credit_allocations (partner_id, (coalesce(holder_email, employee_email))) where member_id is null;
create index if not exists credit_allocations_member_idx on public.credit_allocations (member_id);
create index if not exists credit_allocations_corrects_idx on public.credit_allocations (corrects);
create unique index if not exists credit_allocations_one_opening_idx
  on public.credit_allocations (partner_id) where kind = 'opening';

create table if not exists public.command_receipts (
  partner_id uuid not null,
  id uuid not null,
  command text not null,
  request_digest bytea not null,
  response jsonb not null,
  created_at timestamptz not null default now(),
  actor text,
  constraint command_receipts_pkey primary key (partner_id, id),
  constraint command_receipts_partner foreign key (partner_id) references public.users (id)
);
alter table public.command_receipts add column if not exists actor text;
comment on column public.command_receipts.actor is 'E-mail of the signed-in admin, or the database role that acted.';
comment on table public.command_receipts is
  'The recorded answer to each command under the id that the client minted. Kept for ever: a laptop may come back after months. The key holds the partner, so that another partner''s ids neither collide nor tell anything.';

create table if not exists public.member_uploads (
  partner_id uuid not null,
  id uuid not null,
  file_name text not null,
  created_at timestamptz not null default now(),
  constraint member_uploads_pkey primary key (partner_id, id),
  constraint member_uploads_partner foreign key (partner_id) references public.users (id)
);
comment on table public.member_uploads is 'One row an uploaded file, under the id that the client minted.';

create table if not exists public.member_upload_rows (
  partner_id uuid not null,
  upload_id uuid not null,
  row_no integer not null,
  request_digest bytea not null,
  outcome text not null,
  reason text,
  field text,
  shortfall integer,
  member_id uuid,
  allocation_id uuid,
  credits integer,
  expires_at timestamptz,
  credits_assigned integer,
  created_at timestamptz not null default now(),
  constraint member_upload_rows_pkey primary key (partner_id, upload_id, row_no),
  constraint member_upload_rows_upload foreign key (partner_id, upload_id) references public.member_uploads (partner_id, id),
  constraint member_upload_rows_known_outcome check (outcome in ('created', 'updated', 'unchanged', 'refused')),
  constraint member_upload_rows_reason_of_refusal check ((outcome = 'refused') = (reason is not null))
);
comment on table public.member_upload_rows is
  'The receipt of each row of an upload. member_id and allocation_id are what was answered then, also when the member is gone: no foreign keys.';

create table if not exists public.removed_members (
  partner_id uuid not null,
  member_id uuid not null,
  removed_at timestamptz not null default now(),
  change_txid xid8 not null default pg_current_xact_id(),
  constraint removed_members_pkey primary key (member_id),
  constraint removed_members_partner foreign key (partner_id) references public.users (id)
);
comment on table public.removed_members is 'Tombstones: tells the change feed which members are gone.';
create index if not exists removed_members_feed_idx on public.removed_members (partner_id, change_txid, member_id);

alter table public.credit_allocations enable row level security;
alter table public.command_receipts enable row level security;
alter table public.member_uploads enable row level security;
alter table public.member_upload_rows enable row level security;
alter table public.removed_members enable row level security;

-- Columns for the feed and the ledger ------------------------------------------------------------------------------------
alter table public.partner_members add column if not exists change_txid xid8 not null default pg_current_xact_id();
comment on column public.partner_members.change_txid is
  'The transaction that last changed the member, its credits or its sessions. The feed gives changes in this order.';
create index if not exists partner_members_feed_idx on public.partner_members (partner_id, change_txid, id);

alter table public.partner_credits add column if not exists allocation_id uuid;
comment on column public.partner_credits.allocation_id is 'The ledger row that made this credit.';

-- Credits from before the ledger: one allocation for what was inserted together, and the balance from which it all came. ---
do $$
begin
  -- An allocation for each group of credits that has none; revoked ones among them are a revocation of it.
  create temporary table adopted_credits on commit drop as
    select gen_random_uuid() as id, c.partner_id, c.employee_email, c.expires_at, c.created_at,
      count(*)::integer as credits, (count(*) filter (where c.status = 'revoked'))::integer as revoked
    from public.partner_credits c
    where c.allocation_id is null
    group by c.partner_id, c.employee_email, c.expires_at, c.created_at;
  -- A new table has no statistics, nor have the others after their rows were written anew.
  analyze adopted_credits;
  if exists (select from adopted_credits) then
    analyze public.users, public.partner_members, public.partner_credits;
  end if;

  -- The opening balance is what makes today's balance come out; it is dated before the first thing known.
  insert into public.credit_allocations
    (partner_id, kind, credits, source, reason, actor, created_at, balance_before, balance_after)
  select u.id, 'opening', u.credits + coalesce(a.net, 0), 'balance', 'opening balance', 'migration',
    least(now(), a.first_at), 0, u.credits + coalesce(a.net, 0)
  from public.users u
  left join (
    select partner_id, sum(credits - revoked)::integer as net, min(created_at) as first_at
    from adopted_credits group by partner_id
  ) a on a.partner_id = u.id
  where (u.credits > 0 or a.partner_id is not null or u.role = 'partner')
    and not exists (select from public.credit_allocations o where o.partner_id = u.id);

  -- Revocations follow their allocation, at the same time: nobody recorded when they happened.
  insert into public.credit_allocations
    (id, partner_id, kind, member_id, employee_email, credits, expires_at, source, corrects, reason, actor, created_at,
     balance_before, balance_after)
  select s.entry_id, s.partner_id, s.kind, m.id, s.employee_email, s.credits, s.expires_at, 'legacy', s.corrects,
    'from before the ledger', 'migration', s.created_at, o.balance_after + s.moved_until - s.moved, o.balance_after + s.moved_until
  from (
    select e.*, sum(e.moved) over (partition by e.partner_id order by e.created_at, e.id, e.kind rows unbounded preceding)::integer
      as moved_until
    from (
      select id, id as entry_id, null::uuid as corrects, 'allocation' as kind, partner_id, employee_email, expires_at, created_at,
        credits, -credits as moved from adopted_credits
      union all
      select id, gen_random_uuid(), id, 'revocation', partner_id, employee_email, expires_at, created_at, revoked, revoked
      from adopted_credits where revoked > 0
    ) e
  ) s
  join public.credit_allocations o on o.partner_id = s.partner_id and o.kind = 'opening'
  left join public.partner_members m on m.partner_id = s.partner_id and m.email = s.employee_email
  order by s.created_at, s.id, s.kind;

  update public.partner_credits c set allocation_id = a.id
  from adopted_credits a
  where c.allocation_id is null and c.partner_id = a.partner_id and c.employee_email = a.employee_email
    and c.expires_at = a.expires_at and c.created_at = a.created_at;
  drop table adopted_credits;

  -- The sum that the flawed functions kept wrong now follows from the ledger.
  update public.partner_members m set credits_assigned = l.credits
  from (
    select m2.id, coalesce(sum(case a.kind when 'allocation' then a.credits when 'revocation' then -a.credits end), 0)::integer as credits
    from public.partner_members m2
    left join public.credit_allocations a on a.member_id = m2.id
    group by m2.id
  ) l
  where l.id = m.id and m.credits_assigned <> l.credits;
end
$$;

alter table public.partner_credits alter column allocation_id set not null;
-- Only now: an index that stands while every row gets its allocation costs one more write a row.
create index if not exists partner_credits_allocation_idx on public.partner_credits (allocation_id);
create index if not exists partner_credits_employee_idx on public.partner_credits (employee_email, status, expires_at);
create index if not exists partner_credits_partner_status_idx on public.partner_credits (partner_id, status);
-- Nor a foreign key: in the transaction that wrote users and members anew their indexes cannot be used yet, so that every row
-- of the ledger, and every credit written a second time, would read all of them. Added here, a key is checked for all at once.
do $$
declare
  v_keys constant text[] := array[
    'credit_allocations', 'credit_allocations_partner', 'foreign key (partner_id) references public.users (id)',
    'credit_allocations', 'credit_allocations_member',
      'foreign key (member_id) references public.partner_members (id) on delete set null',
    'credit_allocations', 'credit_allocations_finite_expiry', 'check (isfinite(expires_at))',
    'credit_allocations', 'credit_allocations_corrects', 'foreign key (corrects) references public.credit_allocations (id)',
    'partner_credits', 'partner_credits_partner', 'foreign key (partner_id) references public.users (id)',
    'partner_credits', 'partner_credits_allocation', 'foreign key (allocation_id) references public.credit_allocations (id)'
  ];
begin
  for i in 0 .. array_length(v_keys, 1) / 3 - 1 loop
    if not exists (
      select from pg_catalog.pg_constraint
      where conrelid = to_regclass('public.' || v_keys[i * 3 + 1]) and conname = v_keys[i * 3 + 2]
    ) then
      execute format('alter table public.%I add constraint %I %s', v_keys[i * 3 + 1], v_keys[i * 3 + 2], v_keys[i * 3 + 3]);
    end if;
  end loop;
end
$$;

-- Triggers -------------------------------------------------------------------------------------------------------------
create or replace function partner_private.stamp_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.change_txid := pg_catalog.pg_current_xact_id();
  return new;
end
$$;
comment on function partner_private.stamp_change() is 'Trigger: notes the transaction that changed the row, for the feed.';

create or replace function partner_private.normalise_member_email() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.email := pg_catalog.lower(pg_catalog.btrim(new.email));
  return new;
end
$$;
comment on function partner_private.normalise_member_email() is
  'Trigger: writers from before the constraint keep working with e-mails in mixed case.';

create or replace function partner_private.keep_ledger() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_detail jsonb := '{}';
begin
  if tg_op = 'UPDATE' then
    if (pg_catalog.to_jsonb(new) - '{member_id,holder_email,change_txid}'::text[])
      = (pg_catalog.to_jsonb(old) - '{member_id,holder_email,change_txid}'::text[]) then
      return new;
    end if;
  end if;
  if tg_level = 'ROW' then
    v_detail := pg_catalog.jsonb_build_object('allocation_id', old.id);
  end if;
  raise exception using errcode = 'PT405', message = 'ledger_is_append_only',
    detail = v_detail::text,
    hint = 'Add a row that corrects the other one.';
end
$$;
comment on function partner_private.keep_ledger() is
  'Trigger: refuses every change of a ledger row but its link to the member.';

create or replace function partner_private.link_corrections(p_allocation_ids uuid[]) returns integer
language sql volatile set search_path = pg_catalog, pg_temp as $$
  with moved as (
    select e.id, e.member_id as from_id, a.member_id as to_id, a.holder_email,
      case e.kind when 'revocation' then e.credits else 0 end as credits
    from public.credit_allocations a
    join public.credit_allocations e on e.corrects = a.id
    where a.id = any (p_allocation_ids) and (e.member_id, e.holder_email) is distinct from (a.member_id, a.holder_email)
  ),
  linked as (
    update public.credit_allocations e set member_id = v.to_id, holder_email = v.holder_email from moved v where e.id = v.id
  ),
  summed as (
    update public.partner_members m set credits_assigned = m.credits_assigned + s.credits
    from (
      select x.member_id, pg_catalog.sum(x.credits)::integer as credits
      from (select v.from_id as member_id, v.credits from moved v union all select v.to_id, -v.credits from moved v) x
      group by x.member_id
    ) s
    where m.id = s.member_id
  )
  select pg_catalog.count(*)::integer from moved
$$;
comment on function partner_private.link_corrections(uuid[]) is
  'Corrections of these ledger rows belong to whom the row belongs that they correct, whatever e-mail they bear; says how many did not, and members'' sums follow.';

drop function if exists partner_private.link_allocations(uuid[]);
create or replace function partner_private.link_allocations(p_member_ids uuid[], p_limit integer default null) returns integer
-- Each statement sees what was committed before it began: a revocation, say, by an undo that the first one waited for.
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_linked uuid[];
begin
  with found as (
    select a.id, m.id as member_id
    from public.partner_members m
    join public.credit_allocations a on a.partner_id = m.partner_id
      and coalesce(a.holder_email, a.employee_email) = m.email and a.member_id is null
    -- A correction goes with what it corrects.
    where m.id = any (p_member_ids) and a.corrects is null
    -- In the order of their ids, as an undo locks them.
    order by a.id limit p_limit for no key update of a
  ),
  linked as (
    update public.credit_allocations a set member_id = f.member_id from found f where a.id = f.id
    returning a.id, a.member_id, case a.kind when 'allocation' then a.credits when 'revocation' then -a.credits else 0 end as credits
  ),
  summed as (
    update public.partner_members m set credits_assigned = m.credits_assigned + s.credits
    from (select l.member_id, pg_catalog.sum(l.credits)::integer as credits from linked l group by l.member_id) s
    where m.id = s.member_id
  )
  select pg_catalog.array_agg(l.id) into v_linked from linked l;
  if v_linked is null then
    return 0;
  end if;
  return pg_catalog.cardinality(v_linked) + partner_private.link_corrections(v_linked);
end
$$;
comment on function partner_private.link_allocations(uuid[], integer) is
  'Credits that were allocated to an e-mail while it had no member now belong to the member: its ledger rows, at most p_limit of them, with what corrects them, counted, and its sum.';

-- Definer: whoever may insert members (the service role, say) must not need rights on the ledger for it.
create or replace function partner_private.link_member_allocations() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform partner_private.link_allocations(array(select n.id from new_members n));
  return null;
end
$$;
comment on function partner_private.link_member_allocations() is
  'Trigger: credits that were allocated to an e-mail before its member existed belong to the new member.';

create or replace function partner_private.bury_members() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.removed_members (partner_id, member_id)
  select g.partner_id, g.id from gone_members g
  where exists (select from public.users u where u.id = g.partner_id)
  -- One that came back with its id and is gone again is told again.
  on conflict (member_id) do update set partner_id = excluded.partner_id, removed_at = excluded.removed_at;
  return null;
end
$$;
comment on function partner_private.bury_members() is
  'Trigger: leaves a tombstone for each removed member. Definer: whoever may remove members must not need rights on tombstones.';

create or replace function partner_private.touch_members(p_member_ids uuid[]) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
  update public.partner_members m set change_txid = pg_catalog.pg_current_xact_id()
  -- Locked in the order of their ids, as every command does it: writers of several members then never wait for each other
  -- in a circle.
  where m.id = any (array(
    select l.id from public.partner_members l
    where l.id = any (p_member_ids) and l.change_txid <> pg_catalog.pg_current_xact_id()
    order by l.id for no key update
  ))
$$;
comment on function partner_private.touch_members(uuid[]) is
  'Puts members into the feed again, those that this transaction has changed already excepted.';

-- One function for inserts, updates and deletes: each trigger names its transition table touched_credits.
create or replace function partner_private.touch_members_of_credits() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform partner_private.touch_members(array(
    select distinct a.member_id from public.credit_allocations a
    where a.id in (select distinct t.allocation_id from touched_credits t) and a.member_id is not null
  ));
  return null;
end
$$;
comment on function partner_private.touch_members_of_credits() is
  'Trigger: a change of credits is a change of their member. Definer: whoever spends a credit need not be allowed to change members.';

create or replace function partner_private.touch_members_of_sessions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform partner_private.touch_members(array(
    select m.id from public.partner_members m where m.user_id in (select t.user_id from touched_sessions t)
  ));
  return null;
end
$$;
comment on function partner_private.touch_members_of_sessions() is
  'Trigger: a change of sessions is a change of their member. Definer, as for credits.';

create or replace function partner_private.record_balance_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_before integer := 0;
begin
  if tg_op = 'UPDATE' then
    v_before := old.credits;
  end if;
  if new.credits = v_before then
    return null;
  end if;
  insert into public.credit_allocations
    (partner_id, kind, credits, source, reason, actor, balance_before, balance_after)
  values (
    new.id,
    case
      when tg_op = 'INSERT' then 'opening'
      when new.credits > v_before then 'top_up'
      else 'correction'
    end,
    pg_catalog.abs(new.credits - v_before), 'balance', null,
    coalesce(nullif(pg_catalog.current_setting('role', true), 'none'), session_user::text), v_before, new.credits
  );
  return null;
end
$$;
comment on function partner_private.record_balance_change() is
  'Trigger: a balance that is changed by hand or by a purchase is entered into the ledger. Definer: the ledger takes no rows from anybody else.';

create or replace function partner_private.keep_member_in_place() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = 'PT409', message = 'member_cannot_move',
    detail = pg_catalog.jsonb_build_object('member_id', old.id)::text,
    hint = 'Add the member to the other partner; its credits belong to the one that gave them.';
end
$$;
comment on function partner_private.keep_member_in_place() is
  'Trigger: a member keeps its id and its partner, or one partner''s credits would become another''s.';

create or replace function partner_private.follow_member_email() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- The existing system finds credits by e-mail. What is spent or expired stays where it was spent.
  update public.partner_credits c set employee_email = new.email
  from public.credit_allocations a
  where a.member_id = new.id and a.partner_id = new.partner_id and c.allocation_id = a.id and c.status = 'available'
    and c.employee_email <> new.email;
  update public.credit_allocations a set holder_email = new.email where a.member_id = new.id;
  perform partner_private.link_allocations(array[new.id]);
  return null;
end
$$;
comment on function partner_private.follow_member_email() is
  'Trigger: available credits go along to a member''s new e-mail, and what was given to that before becomes the member''s. The ledger keeps the e-mail from then. Definer: whoever may rename a member must not need rights on credits for it.';

create or replace function partner_private.keep_revoked() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.status = 'revoked' then
    -- Somebody waited for the credit while it was taken back.
    raise exception using errcode = 'PT409', message = 'credit_is_revoked',
      detail = pg_catalog.jsonb_build_object('credit_id', old.id)::text;
  end if;
  raise exception using errcode = 'PT403', message = 'revoked_by_command_only',
    detail = pg_catalog.jsonb_build_object('credit_id', old.id)::text,
    hint = 'revoke_member_credits also gives the credits back to the balance.';
end
$$;
comment on function partner_private.keep_revoked() is
  'Trigger: what went back to the balance is never spent, and nobody but the functions takes anything back.';

create or replace function partner_private.bring_credit_to_holder() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- The member first: whoever is renaming it at this moment has the e-mail that counts, but not committed it yet.
  perform from public.credit_allocations a join public.partner_members m on m.id = a.member_id
    where a.id = new.allocation_id for no key update of m;
  new.employee_email := (
    select coalesce(a.holder_email, a.employee_email) from public.credit_allocations a where a.id = new.allocation_id
  );
  return new;
end
$$;
comment on function partner_private.bring_credit_to_holder() is
  'Trigger: a credit that becomes available again (its session was cancelled) bears the e-mail that its member has by now.';

-- Four triggers below are spared what a function has done already and says so in a setting for the one statement. Anybody may
-- write such a setting: it is believed of those alone who may write the ledger, which are these functions and their owner.

-- The conditions cost a tenth of a call, and nearly every row meets none of them.
create or replace trigger partner_members_normalise before insert or update of email on public.partner_members
  for each row when (new.email <> lower(btrim(new.email))) execute function partner_private.normalise_member_email();
create or replace trigger partner_members_stamp before insert or update on public.partner_members
  for each row when (new.change_txid <> pg_current_xact_id()) execute function partner_private.stamp_change();
create or replace trigger partner_members_link after insert on public.partner_members
  referencing new table as new_members for each statement execute function partner_private.link_member_allocations();
create or replace trigger partner_members_keep before update of id, partner_id on public.partner_members
  for each row when (new.id <> old.id or new.partner_id <> old.partner_id) execute function partner_private.keep_member_in_place();
create or replace trigger partner_members_follow after update of email on public.partner_members
  for each row when (new.email <> old.email) execute function partner_private.follow_member_email();
create or replace trigger partner_members_bury after delete on public.partner_members
  referencing old table as gone_members for each statement execute function partner_private.bury_members();

create or replace trigger credit_allocations_keep before update or delete on public.credit_allocations
  for each row execute function partner_private.keep_ledger();
create or replace trigger credit_allocations_keep_all before truncate on public.credit_allocations
  for each statement execute function partner_private.keep_ledger();
create or replace trigger credit_allocations_stamp before insert or update on public.credit_allocations
  for each row when (new.change_txid <> pg_current_xact_id()) execute function partner_private.stamp_change();
create or replace trigger removed_members_stamp before insert or update on public.removed_members
  for each row execute function partner_private.stamp_change();

create or replace trigger partner_credits_keep_revoked before update of status on public.partner_credits
  for each row when (old.status = 'revoked' and new.status <> 'revoked' or old.status <> 'revoked' and new.status = 'revoked'
    and not has_table_privilege('public.credit_allocations', 'insert')) execute function partner_private.keep_revoked();
create or replace trigger partner_credits_return before update of status on public.partner_credits
  for each row when (new.status = 'available' and old.status <> 'available') execute function partner_private.bring_credit_to_holder();
create or replace trigger partner_credits_touch_insert after insert on public.partner_credits
  referencing new table as touched_credits for each statement when (current_setting('partner_console.members_stamped', true) is distinct from 'on'
    or not has_table_privilege('public.credit_allocations', 'insert'))
  execute function partner_private.touch_members_of_credits();
create or replace trigger partner_credits_touch_update after update on public.partner_credits
  referencing new table as touched_credits for each statement when (current_setting('partner_console.members_stamped', true) is distinct from 'on'
    or not has_table_privilege('public.credit_allocations', 'insert'))
  execute function partner_private.touch_members_of_credits();
-- A credit that moves to another allocation changes the member whom it left, too.
create or replace trigger partner_credits_touch_update_old after update on public.partner_credits
  referencing old table as touched_credits for each statement when (current_setting('partner_console.members_stamped', true) is distinct from 'on'
    or not has_table_privilege('public.credit_allocations', 'insert'))
  execute function partner_private.touch_members_of_credits();
create or replace trigger partner_credits_touch_delete after delete on public.partner_credits
  referencing old table as touched_credits for each statement execute function partner_private.touch_members_of_credits();
create or replace trigger sessions_touch_insert after insert on public.sessions
  referencing new table as touched_sessions for each statement execute function partner_private.touch_members_of_sessions();
create or replace trigger sessions_touch_update after update on public.sessions
  referencing new table as touched_sessions for each statement execute function partner_private.touch_members_of_sessions();
-- A session that moves to another user changes the member whom it left, too.
create or replace trigger sessions_touch_update_old after update on public.sessions
  referencing old table as touched_sessions for each statement execute function partner_private.touch_members_of_sessions();
create or replace trigger sessions_touch_delete after delete on public.sessions
  referencing old table as touched_sessions for each statement execute function partner_private.touch_members_of_sessions();

create or replace trigger users_record_balance after insert or update of credits on public.users
  for each row when (current_setting('partner_console.ledger_written', true) is distinct from 'on'
    or not has_table_privilege('public.credit_allocations', 'insert'))
  execute function partner_private.record_balance_change();

-- A function is open to everyone until it is closed: these are new where the migrations have run before.
revoke execute on function partner_private.link_corrections(uuid[]), partner_private.link_allocations(uuid[], integer)
from public, anon, authenticated, service_role;
