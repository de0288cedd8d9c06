-- Who may do what. A partner reads its own rows; nobody but the functions writes; nobody signed in, nothing.
-- A hosted project opens everything new in public to anon and authenticated: here it is closed again.

do $$
declare
  v_tables constant text[] := array['users', 'partner_members', 'partner_credits', 'sessions',
    'credit_allocations', 'command_receipts', 'member_uploads', 'member_upload_rows', 'removed_members'];
  v_table text;
  v_policy record;
begin
  -- Policies of the system from before may open what these tables must keep closed; each one that goes is named.
  for v_policy in
    select p.tablename, p.policyname from pg_catalog.pg_policies p
    where p.schemaname = 'public' and p.tablename = any (v_tables)
      -- By table and name: one of ours beside its own table, or one that only begins like ours, is not ours.
      and (p.tablename::text, p.policyname::text) not in (
        ('users', 'partner reads own row'), ('partner_members', 'partner reads own members'),
        ('partner_credits', 'partner reads own credits'), ('sessions', 'partner reads own sessions'),
        ('credit_allocations', 'partner reads own allocations'), ('command_receipts', 'partner reads own receipts'),
        ('member_uploads', 'partner reads own uploads'), ('member_upload_rows', 'partner reads own upload rows'),
        ('removed_members', 'partner reads own removed members'))
  loop
    raise notice 'partner console: policy % on % is replaced', v_policy.policyname, v_policy.tablename;
    execute format('drop policy %I on public.%I', v_policy.policyname, v_policy.tablename);
  end loop;
  foreach v_table in array v_tables loop
    execute format('revoke all on public.%I from public, anon, authenticated', v_table);
    execute format('grant select on public.%I to authenticated', v_table);
  end loop;
  -- The service role writes what the existing system writes; what must follow the ledger, only the functions do.
  foreach v_table in array v_tables loop
    execute format('revoke all on public.%I from service_role', v_table);
    execute format('grant select on public.%I to service_role', v_table);
  end loop;
end
$$;
grant insert, update, delete on public.users, public.sessions to service_role;
grant delete, insert (id, partner_id, user_id, first_name, email, status, created_at),
  update (user_id, first_name, email, status, created_at) on public.partner_members to service_role;
grant update (employee_name, status, expires_at) on public.partner_credits to service_role;
-- Columns that only the existing system knows go on as before; a column that we add belongs into this list.
do $$
declare
  v_known constant text[] := array['id', 'partner_id', 'user_id', 'first_name', 'email', 'status', 'credits_assigned', 'created_at',
    'change_txid', 'employee_email', 'employee_name', 'expires_at', 'allocation_id'];
  v_column record;
begin
  for v_column in
    select c.relname, a.attname, case c.relname when 'partner_members' then 'insert (%1$I), update (%1$I)' else 'update (%1$I)' end as rights
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where a.attrelid in ('public.partner_members'::regclass, 'public.partner_credits'::regclass)
      and a.attnum > 0 and not a.attisdropped and a.attname <> all (v_known)
  loop
    execute format('grant ' || v_column.rights || ' on public.%2$I to service_role', v_column.attname, v_column.relname);
  end loop;
end
$$;

-- That the role is partner stands in this policy alone: the others look for the caller's row, which is shown to a partner only.
drop policy if exists "partner reads own row" on public.users;
create policy "partner reads own row" on public.users for select to authenticated
  using (id = (select auth.uid()) and role = 'partner');
drop policy if exists "partner reads own members" on public.partner_members;
create policy "partner reads own members" on public.partner_members for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own credits" on public.partner_credits;
create policy "partner reads own credits" on public.partner_credits for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own sessions" on public.sessions;
create policy "partner reads own sessions" on public.sessions for select to authenticated
  using (exists (
    select from public.partner_members m where m.user_id = sessions.user_id and m.partner_id = (select u.id from public.users u where u.id = (select auth.uid()))
  ));
drop policy if exists "partner reads own allocations" on public.credit_allocations;
create policy "partner reads own allocations" on public.credit_allocations for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own receipts" on public.command_receipts;
create policy "partner reads own receipts" on public.command_receipts for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own uploads" on public.member_uploads;
create policy "partner reads own uploads" on public.member_uploads for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own upload rows" on public.member_upload_rows;
create policy "partner reads own upload rows" on public.member_upload_rows for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));
drop policy if exists "partner reads own removed members" on public.removed_members;
create policy "partner reads own removed members" on public.removed_members for select to authenticated
  using (partner_id = (select u.id from public.users u where u.id = (select auth.uid())));

-- Functions: executable by name only -----------------------------------------------------------------------------------
-- A function made later is open to everyone until its own migration closes it: default privileges of a schema can only add.
-- Those that their own migration has closed keep what it granted.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_catalog.pg_proc p
    where p.pronamespace = 'partner_private'::regnamespace and has_function_privilege('public', p.oid, 'execute')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_function);
  end loop;
end
$$;
grant usage on schema partner_private to authenticated, service_role;

revoke execute on function public.allocate_partner_credit(uuid, text, text, integer, integer) from public, anon, authenticated, service_role;
revoke execute on function public.assign_member_credits(uuid, uuid, integer, integer, text) from public, anon, authenticated, service_role;
revoke execute on function public.upload_members(uuid, text, jsonb) from public, anon, authenticated, service_role;
revoke execute on function public.partner_dashboard() from public, anon, authenticated, service_role;
revoke execute on function public.partner_changes(text, integer) from public, anon, authenticated, service_role;
revoke execute on function public.partner_invariants(uuid) from public, anon, authenticated, service_role;

grant execute on function
  public.allocate_partner_credit(uuid, text, text, integer, integer),
  partner_private.allocate_partner_credit(uuid, text, text, integer, integer),
  public.partner_invariants(uuid),
  partner_private.partner_invariants(uuid)
to authenticated, service_role;
grant execute on function
  public.assign_member_credits(uuid, uuid, integer, integer, text),
  partner_private.assign_member_credits(uuid, uuid, integer, integer, text),
  public.upload_members(uuid, text, jsonb),
  partner_private.upload_members(uuid, text, jsonb),
  public.partner_dashboard(),
  partner_private.partner_dashboard(),
  public.partner_changes(text, integer),
  partner_private.partner_changes(text, integer)
to authenticated;
