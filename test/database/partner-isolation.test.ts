import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { actAs, callFunction, demoPartner, nobody, otherPartner, partner, refusalOf } from './act-as.ts';
import type { Argument, Caller } from './act-as.ts';
import { anActiveMember, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

/** Every table of schema public, with the condition under which a row is the partner's own. A table without an entry fails. */
const ownRows: Readonly<Record<string, string>> = {
  command_receipts: 'partner_id = $1',
  credit_allocations: 'partner_id = $1',
  member_upload_rows: 'partner_id = $1',
  member_uploads: 'partner_id = $1',
  partner_credits: 'partner_id = $1',
  partner_members: 'partner_id = $1',
  removed_members: 'partner_id = $1',
  sessions: 'user_id in (select user_id from public.partner_members where partner_id = $1)',
  users: 'id = $1',
};

/** Every function that a role other than its owner may execute. A function without an entry here must be closed to all. */
const executableBy: Readonly<Record<string, readonly string[]>> = {
  'allocate_partner_credit(uuid,text,text,integer,integer)': ['authenticated', 'service_role'],
  'assign_member_credits(uuid,uuid,integer,integer,text)': ['authenticated'],
  'partner_changes(text,integer)': ['authenticated'],
  'partner_dashboard()': ['authenticated'],
  'partner_invariants(uuid)': ['authenticated', 'service_role'],
  'upload_members(uuid,text,jsonb)': ['authenticated'],
};

/** Both partners do something of everything, so that every table has rows of both. */
async function fillBoth(sql: Sql): Promise<void> {
  for (const userId of [demoPartner, otherPartner]) {
    await callFunction(sql, partner(userId), 'assign_member_credits', {
      p_request_id: randomUUID(),
      p_member_id: await anActiveMember(sql, userId),
      p_credits: 1,
    });
    await callFunction(sql, partner(userId), 'upload_members', {
      p_upload_id: randomUUID(),
      p_file_name: 'members.csv',
      p_rows: [uploadRow(1, 'same@both.example', { credits: 1 })],
    });
    await sql`delete from public.partner_members where partner_id = ${userId} and credits_assigned = 0`;
    await sql`insert into public.removed_members (partner_id, member_id) values (${userId}, gen_random_uuid())`;
  }
  const account = 'd0000000-0000-4000-8000-0000000000aa';
  await sql`insert into auth.users (id, email) values (${account}, 'grace.hughes@brightwater.example')`;
  await sql`insert into public.users (id, email, role) values (${account}, 'grace.hughes@brightwater.example', 'member')`;
  await sql`update public.partner_members set user_id = ${account} where email = 'grace.hughes@brightwater.example'`;
  await sql`insert into public.sessions (user_id, status) values (${account}, 'completed')`;
}

/** All that belongs to the other partner, as one text. */
async function othersData(sql: Sql): Promise<string> {
  const parts: unknown[] = [];
  for (const [table, own] of Object.entries(ownRows)) {
    parts.push(
      await sql.unsafe(`select to_jsonb(t) as row from public.${table} t where ${own} order by to_jsonb(t)::text`, [
        otherPartner,
      ]),
    );
  }
  return JSON.stringify(parts);
}

async function plainMember(sql: Sql): Promise<Caller> {
  const [row] = await sql`select id from public.users where role = 'member' limit 1`;
  return partner(String(row?.['id']));
}

describe('tables', () => {
  it('are all expected here, with row level security', async () => {
    const tables = await database.sql()<{ name: string; secured: boolean }[]>`
      select relname as name, relrowsecurity as secured from pg_catalog.pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') order by 1`;
    expect(tables.map((table) => table.name)).toEqual(Object.keys(ownRows).toSorted());
    expect(tables.filter((table) => !table.secured)).toEqual([]);
  });

  it.each(Object.entries(ownRows))('%s shows a partner its own rows and nobody else any', async (table, own) => {
    const sql = database.sql();
    await fillBoth(sql);
    const read = (caller: Caller): Promise<unknown[]> =>
      actAs(sql, caller, async (transaction) => [...(await transaction.unsafe(`select * from public.${table}`))]);
    const [all] = await sql.unsafe<{ count: number }[]>(`select count(*)::int as count from public.${table}`);
    const [mine] = await sql.unsafe<{ count: number }[]>(
      `select count(*)::int as count from public.${table} where ${own}`,
      [demoPartner],
    );
    expect(mine?.count).toBeGreaterThan(0);
    expect(all?.count).toBeGreaterThan(mine?.count ?? 0);
    expect(await read(partner(demoPartner))).toHaveLength(mine?.count ?? -1);
    expect(await read(await plainMember(sql))).toEqual([]);
    expect(await read({ role: 'authenticated', userId: null })).toEqual([]);
    expect((await refusalOf(read(nobody))).code).toBe('42501');
  });

  it.each(Object.keys(ownRows))('%s takes no write from anybody who is signed in or not', async (table) => {
    const sql = database.sql();
    const [column] = await sql<{ name: string }[]>`
      select column_name as name from information_schema.columns where table_schema = 'public' and table_name = ${table} limit 1`;
    const writes = [
      `insert into public.${table} default values`,
      `update public.${table} set ${String(column?.name)} = ${String(column?.name)}`,
      `delete from public.${table}`,
      `truncate public.${table} cascade`,
      `create trigger t before insert on public.${table} for each row execute function partner_private.stamp_change()`,
      `alter table public.${table} disable row level security`,
    ];
    for (const caller of [partner(demoPartner), await plainMember(sql), nobody]) {
      for (const write of writes) {
        const refusal = await refusalOf(actAs(sql, caller, (transaction) => transaction.unsafe(write)));
        expect({ write, code: refusal.code }).toEqual({ write, code: '42501' });
      }
    }
  });

  it('of our own give the service role nothing but reading', async () => {
    const rights = await database.sql()`
      select table_name, privilege_type from information_schema.role_table_grants
      where table_schema = 'public' and grantee = 'service_role' and privilege_type <> 'SELECT'
        and table_name not in ('users', 'partner_members', 'partner_credits', 'sessions')`;
    expect(rights).toEqual([]);
  });
});

describe('functions', () => {
  it('are executable by those who are expected here, and by nobody else', async () => {
    const found = await database.sql()<{ schema: string; name: string; role: string }[]>`
      select p.pronamespace::regnamespace::text as schema,
        p.proname || '(' || coalesce(string_agg(format_type(t.type, null), ',' order by t.place), '') || ')' as name, r.role
      from pg_catalog.pg_proc p
      left join lateral unnest(p.proargtypes::oid[]) with ordinality as t (type, place) on true
      cross join unnest(array['anon', 'authenticated', 'service_role']) as r (role)
      where p.pronamespace::regnamespace::text in ('public', 'partner_private')
        and has_function_privilege(r.role, p.oid, 'execute')
      group by p.oid, p.pronamespace, p.proname, r.role`;
    for (const schema of ['public', 'partner_private']) {
      const granted: Record<string, string[]> = {};
      for (const row of found.filter((it) => it.schema === schema)) (granted[row.name] ??= []).push(row.role);
      for (const roles of Object.values(granted)) roles.sort();
      expect({ schema, granted }).toEqual({ schema, granted: executableBy });
    }
  });

  it('of the exposed schema run as their caller; those that run as their owner are private', async () => {
    const exposed = await database.sql()`
      select oid::regprocedure::text from pg_catalog.pg_proc where pronamespace = 'public'::regnamespace and prosecdef`;
    expect(exposed).toEqual([]);
    const [usage] = await database.sql()`select has_schema_privilege('anon', 'partner_private', 'usage') as anon`;
    expect(usage).toEqual({ anon: false });
  });

  it('change nothing of another partner and tell nothing of it, whatever ids they are given', async () => {
    const sql = database.sql();
    await fillBoth(sql);
    const [theirs] = await sql`
      select m.id as member_id, (select id from public.command_receipts where partner_id = ${otherPartner} limit 1) as receipt_id,
        (select id from public.member_uploads where partner_id = ${otherPartner} limit 1) as upload_id
      from public.partner_members m where m.partner_id = ${otherPartner} and m.email = 'grace.hughes@brightwater.example'`;
    const id = (name: string): string => String(theirs?.[name]);
    const attempts: Readonly<Record<string, readonly Readonly<Record<string, Argument>>[]>> = {
      allocate_partner_credit: [
        {
          p_partner_id: otherPartner,
          p_employee_email: 'grace.hughes@brightwater.example',
          p_employee_name: 'G',
          p_credits_count: 1,
        },
      ],
      assign_member_credits: [
        { p_request_id: randomUUID(), p_member_id: id('member_id'), p_credits: 1 },
        { p_request_id: id('receipt_id'), p_member_id: id('member_id'), p_credits: 1 },
      ],
      partner_changes: [{ p_cursor: null, p_limit: 2000 }],
      partner_dashboard: [{}],
      partner_invariants: [{ p_partner_id: otherPartner }, {}],
      upload_members: [
        {
          p_upload_id: id('upload_id'),
          p_file_name: 'x',
          p_rows: [uploadRow(1, 'same@both.example', { credits: 1, first_name: 'Mine' })],
        },
        {
          p_upload_id: randomUUID(),
          p_file_name: 'x',
          p_rows: [uploadRow(1, 'grace.hughes@brightwater.example', { first_name: 'Mine' })],
        },
      ],
    };
    const exposed = await sql<{ name: string }[]>`
      select distinct proname as name from pg_catalog.pg_proc where pronamespace = 'public'::regnamespace order by 1`;
    expect(Object.keys(attempts).toSorted()).toEqual(exposed.map((row) => row.name));

    const before = await othersData(sql);
    const secrets = [
      otherPartner,
      id('member_id'),
      id('receipt_id'),
      'other@partner-console.example',
      'owen.price@brightwater.example',
    ];
    for (const [name, calls] of Object.entries(attempts)) {
      for (const args of calls) {
        const answer = await callFunction(sql, partner(demoPartner), name, args).catch((error: unknown) =>
          String(error),
        );
        for (const secret of secrets) expect(JSON.stringify(answer)).not.toContain(secret);
      }
    }
    expect(await othersData(sql)).toBe(before);
  });
});
