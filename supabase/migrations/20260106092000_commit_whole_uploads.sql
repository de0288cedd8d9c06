-- A whole upload or none of it: rows are staged call by call without any effect, then one transaction applies them all.

create or replace function partner_private.most_staged_rows() returns integer
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 50000 $$;
comment on function partner_private.most_staged_rows() is
  'The most rows one staged upload holds: applied well under the twenty seconds that their commit may take.';

create table if not exists public.staged_upload_rows (
  partner_id uuid not null,
  upload_id uuid not null,
  row_no integer not null,
  request_digest bytea not null,
  email text,
  first_name text,
  credits integer not null,
  validity_days integer,
  expires_at timestamptz,
  reason text,
  field text,
  staged_at timestamptz not null default now(),
  constraint staged_upload_rows_pkey primary key (partner_id, upload_id, row_no),
  constraint staged_upload_rows_upload foreign key (partner_id, upload_id) references public.member_uploads (partner_id, id),
  constraint staged_upload_rows_accepted_or_refused check (
    (reason is not null and email is null and first_name is null)
    or (reason is null and email is not null and (validity_days is null) <> (expires_at is null))
  )
);
comment on table public.staged_upload_rows is
  'Rows that wait for commit_member_upload, read and normalised. Of a refused row only its number, fingerprint and reason are kept. Cleared by the commit, or when they are abandoned.';
comment on column public.staged_upload_rows.expires_at is 'Where the row names a day; else its credits last validity_days from the commit on.';

alter table public.staged_upload_rows enable row level security;
revoke all on public.staged_upload_rows from public, anon, authenticated, service_role;
grant select on public.staged_upload_rows to authenticated, service_role;
drop policy if exists "partner reads own staged rows" on public.staged_upload_rows;
create policy "partner reads own staged rows" on public.staged_upload_rows for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));

-- Staging --------------------------------------------------------------------------------------------------------------
create or replace function partner_private.stage_member_upload(p_upload_id uuid, p_file_name text, p_rows jsonb) returns json
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s'
-- Right after thousands of new rows there are no statistics that tell of them, and the planner would read a table that it
-- takes for empty once a row. Compiling such plans costs more than it gains.
set enable_seqscan = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_numbers integer[];
  v_staged integer;
  v_known integer[];
  v_reused integer;
  v_new jsonb := p_rows;
  v_plan partner_private.planned_row[];
  v_rows json;
begin
  perform partner_private.check_upload_rows(p_upload_id, p_rows);
  v_numbers := partner_private.upload_row_numbers(p_rows);
  -- The first lock of every command, so that staging and commit of one upload follow one another.
  perform partner_private.lock_partner(v_partner_id);
  insert into public.member_uploads (partner_id, id, file_name, staged_rows, actor)
  values (v_partner_id, p_upload_id, pg_catalog.left(coalesce(p_file_name, ''), 255), 0, partner_private.actor_name())
  on conflict (partner_id, id) do nothing;
  select u.staged_rows into v_staged from public.member_uploads u
  where u.partner_id = v_partner_id and u.id = p_upload_id for no key update;
  if v_staged is null then
    raise exception using errcode = 'PT409', message = 'upload_is_sent',
      detail = pg_catalog.jsonb_build_object('upload_id', p_upload_id)::text;
  end if;

  -- A row is known while it waits, and from its receipt after the commit. Found by key, as in upload_members.
  v_known := array(
    select s.row_no from public.staged_upload_rows s
    where s.partner_id = v_partner_id and s.upload_id = p_upload_id and s.row_no = any (v_numbers)
    union all
    select r.row_no from public.member_upload_rows r
    where r.partner_id = v_partner_id and r.upload_id = p_upload_id and r.row_no = any (v_numbers)
  );
  if pg_catalog.cardinality(v_known) > 0 then
    select pg_catalog.min(coalesce(s.row_no, r.row_no)) filter (
        where coalesce(s.request_digest, r.request_digest) <> pg_catalog.sha256(pg_catalog.convert_to(e.item::text, 'UTF8'))),
      pg_catalog.jsonb_agg(e.item order by e.ord) filter (where s.row_no is null and r.row_no is null)
    into v_reused, v_new
    from pg_catalog.jsonb_array_elements(p_rows) with ordinality as e (item, ord)
    left join lateral (
      select k.row_no, k.request_digest from public.staged_upload_rows k
      where k.partner_id = v_partner_id and k.upload_id = p_upload_id and k.row_no = (e.item -> 'row')::integer
      limit 1
    ) s on true
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
    -- What was committed, or refused as a whole, is that for ever: another attempt is another upload.
    if exists (select from public.command_receipts c where c.partner_id = v_partner_id and c.id = p_upload_id
      and c.command = 'commit_member_upload') then
      raise exception using errcode = 'PT409', message = 'upload_is_closed',
        detail = pg_catalog.jsonb_build_object('upload_id', p_upload_id)::text;
    end if;
    v_staged := v_staged + pg_catalog.cardinality(v_plan);
    if v_staged > partner_private.most_staged_rows() then
      raise exception using errcode = 'PT413', message = 'too_many_rows',
        detail = pg_catalog.jsonb_build_object('limit', partner_private.most_staged_rows(), 'requested', v_staged)::text;
    end if;
    insert into public.staged_upload_rows
      (partner_id, upload_id, row_no, request_digest, email, first_name, credits, validity_days, expires_at, reason, field)
    select v_partner_id, p_upload_id, p.row_no, p.request_digest,
      -- What a refused row holds may be of any size, and nobody needs it again.
      case when p.reason is null then p.email end, case when p.reason is null then p.first_name end,
      p.credits, p.validity_days, p.expires_at, p.reason, p.field
    from pg_catalog.unnest(v_plan) as p;
    update public.member_uploads u set staged_rows = v_staged where u.partner_id = v_partner_id and u.id = p_upload_id;
  end if;

  select coalesce(pg_catalog.json_agg(a), '[]') into v_rows
  from (
    select n.row_no as "row", case when s.reason is null then 'staged' else 'refused' end as outcome, s.reason, s.field,
      n.row_no = any (v_known) as replayed
    from pg_catalog.unnest(v_numbers) with ordinality as n (row_no, ord)
    -- Rows that were committed are no longer here: none of them was refused.
    left join lateral (
      select k.reason, k.field from public.staged_upload_rows k
      where k.partner_id = v_partner_id and k.upload_id = p_upload_id and k.row_no = n.row_no
      limit 1
    ) s on true
    order by n.ord
  ) a;
  return pg_catalog.json_build_object('rows', v_rows, 'staged_total', v_staged, 'server_time', pg_catalog.clock_timestamp());
end
$$;
comment on function partner_private.stage_member_upload(uuid, text, jsonb) is
  'Body of public.stage_member_upload. Definer: nobody but these functions may write uploads.';

create or replace function public.stage_member_upload(p_upload_id uuid, p_file_name text, p_rows jsonb) returns json
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '8s' as $$
  select partner_private.stage_member_upload(p_upload_id, p_file_name, p_rows)
$$;
comment on function public.stage_member_upload(uuid, text, jsonb) is
  'Keeps rows of an upload, as upload_members takes them, for commit_member_upload: no effect on members or credits. Each row is answered staged, or refused with reason and field, and the same when it is sent again. At most 5,000 rows a call and 50,000 an upload (PT413 too_many_rows). PT409: request_id_reused for another row under the same number, upload_is_sent, upload_is_closed for a new row after the commit.';

-- Commit ---------------------------------------------------------------------------------------------------------------
create or replace function partner_private.commit_member_upload(p_upload_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '4s' set timezone = 'UTC'
-- Right after thousands of new rows there are no statistics that tell of them, and the planner would read a table that it
-- takes for empty once a row. Compiling such plans costs more than it gains.
set enable_seqscan = off set jit = off
as $$
declare
  v_partner_id constant uuid := partner_private.acting_partner();
  v_request constant jsonb := pg_catalog.jsonb_build_object('upload_id', p_upload_id);
  v_balance constant integer := partner_private.lock_partner(v_partner_id);
  v_answer jsonb := partner_private.recorded_answer(v_partner_id, p_upload_id, 'commit_member_upload', v_request);
  v_upload public.member_uploads;
  v_plan partner_private.planned_row[];
  v_credits integer;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  select * into v_upload from public.member_uploads u
  where u.partner_id = v_partner_id and u.id = p_upload_id for no key update;
  if v_upload.id is not null and v_upload.staged_rows is null then
    raise exception using errcode = 'PT409', message = 'upload_is_sent', detail = v_request::text;
  end if;
  -- Not recorded: the rows may still be staged, for the first time or again.
  if coalesce(v_upload.staged_rows, 0) = 0 then
    return pg_catalog.jsonb_build_object('outcome', 'upload_not_staged', 'balance', v_balance, 'replayed', false);
  end if;

  v_plan := array(
    select row(pg_catalog.row_number() over (order by s.row_no), s.row_no, s.request_digest, s.email, s.first_name, s.credits,
      s.validity_days, s.expires_at, null, s.reason, s.field, null, null, null, null, null, null, null
    )::partner_private.planned_row
    from public.staged_upload_rows s
    where s.partner_id = v_partner_id and s.upload_id = p_upload_id
    order by s.row_no
  );
  perform partner_private.lock_upload_members(v_partner_id, v_plan);
  -- Without a balance: every row that is refused for itself is to be told, also those behind the one that cannot be paid.
  v_plan := partner_private.plan_upload(v_partner_id, null, v_plan);

  select pg_catalog.jsonb_build_object('outcome', 'rows_refused', 'refused_total', pg_catalog.count(*),
    'refused', pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('row', f.row_no, 'reason', f.reason, 'field', f.field) order by f.row_no)
      filter (where f.place <= 1000))
  into v_answer
  from (
    select p.*, pg_catalog.row_number() over (order by p.row_no) as place
    from pg_catalog.unnest(v_plan) as p where p.outcome = 'refused'
  ) f
  having pg_catalog.count(*) > 0;
  if v_answer is null then
    select pg_catalog.max(p.spent) into v_credits from pg_catalog.unnest(v_plan) as p;
    perform partner_private.check_credits(v_credits);
    if v_credits > v_balance then
      v_answer := pg_catalog.jsonb_build_object('outcome', 'insufficient_credits', 'shortfall', v_credits - v_balance,
        'row', (select pg_catalog.min(p.row_no) from pg_catalog.unnest(v_plan) as p where p.spent > v_balance));
    end if;
  end if;
  if v_answer is null then
    perform partner_private.apply_upload(v_partner_id, p_upload_id, v_balance, v_plan);
    delete from public.staged_upload_rows s where s.partner_id = v_partner_id and s.upload_id = p_upload_id;
    select pg_catalog.jsonb_build_object('outcome', 'committed', 'rows', pg_catalog.count(*),
      'created', pg_catalog.count(*) filter (where p.outcome = 'created'),
      'updated', pg_catalog.count(*) filter (where p.outcome = 'updated'),
      'unchanged', pg_catalog.count(*) filter (where p.outcome = 'unchanged'),
      'credits', v_credits,
      'before', pg_catalog.jsonb_build_object('balance', v_balance),
      'after', pg_catalog.jsonb_build_object('balance', v_balance - v_credits),
      'balance', v_balance - v_credits)
    into v_answer
    from pg_catalog.unnest(v_plan) as p;
  else
    v_answer := v_answer || pg_catalog.jsonb_build_object('balance', v_balance);
  end if;
  return partner_private.record_answer(v_partner_id, p_upload_id, 'commit_member_upload', v_request, v_answer);
end
$$;
comment on function partner_private.commit_member_upload(uuid) is
  'Body of public.commit_member_upload. Definer: nobody but these functions may write members and credits.';

-- The one command whose work grows with a whole file: 50,000 rows may take longer than the eight seconds of the others.
create or replace function public.commit_member_upload(p_upload_id uuid) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp set statement_timeout = '20s' as $$
  select partner_private.commit_member_upload(p_upload_id)
$$;
comment on function public.commit_member_upload(uuid) is
  'Applies every staged row of an upload in one transaction, in the order of their numbers, or none of them. Answers outcome committed with its counts, or a refusal: rows_refused with the first 1,000 of them, insufficient_credits with the first row that cannot be paid and what the whole upload lacks; these are recorded, so another attempt is another upload. upload_not_staged is not recorded. Receipts of the rows stand in member_upload_rows. PT413 too_many_credits above 100,000 credits; PT409 upload_is_sent.';

-- Cleaning up ------------------------------------------------------------------------------------------------------------
drop function if exists partner_private.clear_stagings(timestamptz);
create or replace function partner_private.clear_stagings(p_before timestamptz, p_limit integer default 10000) returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_upload public.member_uploads;
  v_removed integer;
  v_rows integer := 0;
  v_cleared integer := 0;
begin
  -- An upload that is being staged or committed in this moment is passed over: it comes again.
  for v_upload in
    select u.* from public.member_uploads u
    where u.staged_rows > 0 and u.created_at < p_before
      and not exists (
        select from public.staged_upload_rows s
        where s.partner_id = u.partner_id and s.upload_id = u.id and s.staged_at >= p_before
      )
      and exists (select from public.staged_upload_rows s where s.partner_id = u.partner_id and s.upload_id = u.id)
    order by u.partner_id, u.id
    for no key update skip locked
  loop
    -- Whole ones only: half of one must not be committed.
    delete from public.staged_upload_rows s where s.partner_id = v_upload.partner_id and s.upload_id = v_upload.id;
    get diagnostics v_removed = row_count;
    -- Nothing is staged any more; the upload may be staged again unless its commit was answered.
    update public.member_uploads m set staged_rows = 0 where m.partner_id = v_upload.partner_id and m.id = v_upload.id;
    v_rows := v_rows + v_removed;
    v_cleared := v_cleared + 1;
    exit when v_rows >= p_limit;
  end loop;
  -- Copies of answers are there for a quick replay soon after; the receipts stay.
  delete from public.member_upload_answers c where c.ctid = any (array(
    select o.ctid from public.member_upload_answers o where o.created_at < p_before order by o.created_at limit p_limit
  ));
  return v_cleared;
end
$$;
comment on function partner_private.clear_stagings(timestamptz, integer) is
  'Removes rows of uploads that nobody has added to since that moment and that were not committed, upload by upload until p_limit rows are removed, and as many copies of answers from before it; says how many uploads were cleared. For maintain.';

revoke execute on function
  public.stage_member_upload(uuid, text, jsonb), partner_private.stage_member_upload(uuid, text, jsonb),
  public.commit_member_upload(uuid), partner_private.commit_member_upload(uuid),
  partner_private.most_staged_rows(), partner_private.clear_stagings(timestamptz, integer)
from public, anon, authenticated, service_role;
grant execute on function
  public.stage_member_upload(uuid, text, jsonb), partner_private.stage_member_upload(uuid, text, jsonb),
  public.commit_member_upload(uuid), partner_private.commit_member_upload(uuid)
to authenticated;
