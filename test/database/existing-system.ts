import type { PendingQuery, Row, Sql } from 'postgres';

/** Ids that tests name rows by. */
export const firstPartner = 'a0000000-0000-4000-8000-000000000001';
export const secondPartner = 'a0000000-0000-4000-8000-000000000002';
export const sharedUser = 'a0000000-0000-4000-8000-000000000003';

/**
 * The partner system as it was: no constraints, no indexes, e-mails as typed, and an allocation function that neither
 * locks nor checks. Lay it on a bare Supabase project, before our migrations.
 */
export async function layExistingSystem(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create table public.users (
      id uuid, email text, full_name text, role text, credits integer default 0, created_at timestamptz default now());
    create table public.partner_members (
      id uuid default gen_random_uuid(), partner_id uuid, user_id uuid, first_name text, email text,
      status text default 'active', credits_assigned integer default 0, created_at timestamp default now());
    create table public.partner_credits (
      id uuid default gen_random_uuid(), partner_id uuid, employee_email text, employee_name text,
      status text default 'available', created_at timestamptz default now(), expires_at timestamptz);
    create table public.sessions (
      id uuid default gen_random_uuid(), user_id uuid, status text, scheduled_at timestamptz, created_at timestamptz default now());
    create policy "anyone reads members" on public.partner_members for select using (true);
    create policy "owner writes users" on public.users for update to authenticated using (true);

    create function public.allocate_partner_credit(
      partner uuid, employee_email text, employee_name text, credits_count integer, validity_days integer default 90
    ) returns boolean language plpgsql security definer as $$
    begin
      for i in 1..credits_count loop
        insert into public.partner_credits (partner_id, employee_email, employee_name, expires_at)
        values (partner, employee_email, employee_name, now() + validity_days * interval '1 day');
      end loop;
      update public.users set credits = credits - credits_count where id = partner;
      return true;
    end $$;

    insert into auth.users (id, email) values
      ('${firstPartner}', 'first@corp.example'), ('${secondPartner}', 'second@corp.example'), ('${sharedUser}', 'lea@corp.example');
    insert into public.users (id, email, full_name, role, credits) values
      ('${firstPartner}', ' First@Corp.example', 'First', 'partner', 40),
      ('${secondPartner}', 'second@corp.example', null, 'partner', null),
      ('${sharedUser}', 'lea@corp.example', 'Lea', 'admin', 0);
    insert into public.partner_members (id, partner_id, user_id, first_name, email, status, credits_assigned) values
      ('b0000000-0000-4000-8000-000000000001', '${firstPartner}', '${sharedUser}', 'Lea', 'Lea@Corp.example ', 'Active', 99),
      ('b0000000-0000-4000-8000-000000000002', '${firstPartner}', null, null, 'tom@corp.example', 'inactive', null),
      ('b0000000-0000-4000-8000-000000000003', '${secondPartner}', null, 'Tom', 'TOM@corp.example', 'invited', 0);
    insert into public.sessions (user_id, status, scheduled_at) values ('${sharedUser}', 'completed', now() - interval '3 days');

    insert into public.partner_credits (partner_id, employee_email, employee_name, status, created_at, expires_at)
    select '${firstPartner}', 'LEA@corp.example', 'Lea', case when i = 1 then 'Used' when i = 2 then 'revoked' else 'available' end,
      '2026-01-10 10:00+00', '2027-01-10 10:00+00' from generate_series(1, 5) i;
    insert into public.partner_credits (partner_id, employee_email, status, created_at, expires_at)
    select '${firstPartner}', 'nobody@corp.example', 'available', '2026-02-10 10:00+00', '2026-05-10 10:00+00' from generate_series(1, 3) i;
  `);
}

/** Privileges as a sorted list: what was revoked and granted again stands in another order. */
const granted = (sql: Sql, acl: string): PendingQuery<Row[]> =>
  sql`array(select one::text from unnest(${sql.unsafe(acl)}) as one order by 1) as privileges`;

/** Everything that stands in schema public and its neighbour, as one text: columns, constraints, indexes, rows. */
export async function snapshot(sql: Sql): Promise<string> {
  const schema = await sql`
    select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
    where table_schema in ('public', 'partner_private') order by 1, 2`;
  const constraints = await sql`
    select conrelid::regclass::text as relation, conname, pg_get_constraintdef(oid) as definition from pg_catalog.pg_constraint
    where connamespace = 'public'::regnamespace order by 1, 2`;
  const indexes =
    await sql`select indexname, indexdef from pg_catalog.pg_indexes where schemaname = 'public' order by 1`;
  const policies =
    await sql`select tablename, policyname, qual from pg_catalog.pg_policies where schemaname = 'public' order by 1, 2`;
  const functions = await sql`
    select p.oid::regprocedure::text as name, p.prosrc, p.proconfig, ${granted(sql, 'p.proacl')} from pg_catalog.pg_proc p
    where p.pronamespace::regnamespace::text in ('public', 'partner_private') order by 1`;
  const relations = await sql`
    select c.oid::regclass::text as name, c.reloptions, c.relrowsecurity, ${granted(sql, 'c.relacl')} from pg_catalog.pg_class c
    where c.relnamespace::regnamespace::text in ('public', 'partner_private') order by 1`;
  const columns = await sql`
    select a.attrelid::regclass::text as name, a.attname, ${granted(sql, 'a.attacl')} from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where c.relnamespace::regnamespace::text in ('public', 'partner_private') and a.attacl is not null order by 1, 2`;
  const triggers = await sql`
    select tgrelid::regclass::text as relation, tgname from pg_catalog.pg_trigger where not tgisinternal order by 1, 2`;
  const rows: unknown[] = [];
  const tables = await sql<{ name: string }[]>`
    select format('%I', tablename) as name from pg_catalog.pg_tables where schemaname = 'public' order by 1`;
  for (const table of tables) {
    rows.push(await sql.unsafe(`select to_jsonb(t) as row from public.${table.name} t order by to_jsonb(t)::text`));
  }
  return JSON.stringify(
    { schema, constraints, indexes, policies, functions, relations, columns, triggers, rows },
    null,
    1,
  );
}
