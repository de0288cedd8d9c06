import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMigrations } from '../../scripts/database/migration-files.ts';
import { applyMigrations } from '../backend/start-postgres.ts';
import { actAs, callFunction, partner, refusalOf, serviceRole } from './act-as.ts';
import { firstPartner, layExistingSystem, secondPartner, sharedUser, snapshot } from './existing-system.ts';
import { balanceOf, brokenInvariants, countRows } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase('bare');
const guide = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'database.md'), 'utf8');
/** How the guide makes one member of several. */
const recipe = /```sql\n(begin;\ncreate temporary table merged .*?)```/s.exec(guide)?.[1] ?? '';

async function mergeMembers(): Promise<void> {
  const session = await database.sql().reserve();
  await session.unsafe(recipe).simple();
  session.release();
}

describe('S6: the migrations on the existing system', () => {
  it('bring its data over and change nothing when run again', async () => {
    await layExistingSystem(database.sql());
    await applyMigrations(database.sql());
    expect(await brokenInvariants(database.sql())).toEqual([]);

    const members = await database.sql()`
      select email, first_name, status, credits_assigned from public.partner_members order by id`;
    expect(members).toEqual([
      { email: 'lea@corp.example', first_name: 'Lea', status: 'active', credits_assigned: 4 },
      { email: 'tom@corp.example', first_name: '', status: 'inactive', credits_assigned: 0 },
      { email: 'tom@corp.example', first_name: 'Tom', status: 'invited', credits_assigned: 0 },
    ]);
    expect(await database.sql()`select email, full_name, role, credits from public.users order by id`).toEqual([
      { email: 'first@corp.example', full_name: 'First', role: 'partner', credits: 40 },
      { email: 'second@corp.example', full_name: '', role: 'partner', credits: 0 },
      { email: 'lea@corp.example', full_name: 'Lea', role: 'admin', credits: 0 },
    ]);

    const after = await snapshot(database.sql());
    await applyMigrations(database.sql());
    expect(await snapshot(database.sql())).toBe(after);
  });

  it('enter the credits of before into the ledger, from an opening balance that makes the sums come out', async () => {
    await layExistingSystem(database.sql());
    await applyMigrations(database.sql());
    const entries = await database.sql()`
      select kind, employee_email, credits, balance_before, balance_after, member_id is not null as has_member
      from public.credit_allocations where partner_id = ${firstPartner} order by created_at, kind`;
    expect(entries).toEqual([
      // 40 now, 5 + 3 allocated, 1 of them revoked.
      {
        kind: 'allocation',
        employee_email: 'lea@corp.example',
        credits: 5,
        balance_before: 47,
        balance_after: 42,
        has_member: true,
      },
      { kind: 'opening', employee_email: null, credits: 47, balance_before: 0, balance_after: 47, has_member: false },
      {
        kind: 'revocation',
        employee_email: 'lea@corp.example',
        credits: 1,
        balance_before: 42,
        balance_after: 43,
        has_member: true,
      },
      {
        kind: 'allocation',
        employee_email: 'nobody@corp.example',
        credits: 3,
        balance_before: 43,
        balance_after: 40,
        has_member: false,
      },
    ]);
    expect(await countRows(database.sql(), 'public.partner_credits', 'allocation_id is null')).toBe(0);
  });

  it('replace the flawed function and close what was open', async () => {
    await layExistingSystem(database.sql());
    await applyMigrations(database.sql());
    const args = {
      p_partner_id: firstPartner,
      p_employee_email: 'Lea@corp.example',
      p_employee_name: 'Lea',
      p_credits_count: 41,
    };
    expect(await callFunction(database.sql(), partner(firstPartner), 'allocate_partner_credit', args)).toBe(false);
    expect(
      await callFunction(database.sql(), partner(firstPartner), 'allocate_partner_credit', {
        ...args,
        p_credits_count: 40,
      }),
    ).toBe(true);
    expect(await balanceOf(database.sql(), firstPartner)).toBe(0);
    const policies = await database.sql()`
      select policyname from pg_catalog.pg_policies where schemaname = 'public' and policyname not like 'partner reads own %'`;
    expect(policies).toEqual([]);
    expect(await callFunction(database.sql(), partner(secondPartner), 'partner_dashboard')).toMatchObject({
      balance: 0,
      members: [],
    });
  });

  it('build the same schema as on an empty project', async () => {
    await layExistingSystem(database.sql());
    await applyMigrations(database.sql());
    const shape = async (): Promise<unknown> => ({
      constraints: await database.sql()`
        select conrelid::regclass::text as relation, conname, pg_get_constraintdef(oid) as definition
        from pg_catalog.pg_constraint where connamespace = 'public'::regnamespace order by 1, 2`,
      indexes:
        await database.sql()`select indexname, indexdef from pg_catalog.pg_indexes where schemaname = 'public' order by 1`,
      columns: await database.sql()`
        select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
        where table_schema = 'public' order by 1, 2`,
    });
    const adopted = await shape();
    await database
      .sql()
      .unsafe('drop schema partner_private cascade; drop schema public cascade; create schema public');
    await applyMigrations(database.sql());
    expect(await shape()).toEqual(adopted);
  });

  it.each([
    ['users', 'alter column credits type bigint', 'users.credits is of type bigint'],
    ['users', 'alter column credits type numeric', 'users.credits is of type numeric'],
    ['partner_credits', 'alter column expires_at type date', 'partner_credits.expires_at is of type date'],
  ])('stop at a column of %s with another type: %s', async (table, change, problem) => {
    await layExistingSystem(database.sql());
    await database.sql().unsafe(`alter table public.${table} ${change}`);
    const before = await snapshot(database.sql());
    const refusal = await refusalOf(applyMigrations(database.sql()));
    expect(refusal).toMatchObject({ code: '42804', message: expect.stringContaining('other types') as string });
    expect(refusal.detail).toContain(problem);
    expect(await snapshot(database.sql())).toBe(before);
  });

  it('stop at a status that is an enum before they ask it for its text', async () => {
    await layExistingSystem(database.sql());
    await database.sql().unsafe(`
      create type public.member_state as enum ('Active', 'inactive', 'invited');
      alter table public.partner_members add column state public.member_state;
      alter table public.partner_members drop column status cascade;
      alter table public.partner_members rename column state to status`);
    const refusal = await refusalOf(applyMigrations(database.sql()));
    expect(refusal.detail).toContain('partner_members.status is of type member_state');
  });

  it('stop at a balance that leaves no room for the credits that were given from it', async () => {
    await layExistingSystem(database.sql());
    await database.sql()`update public.users set credits = 2147483647 where id = ${firstPartner}`;
    const refusal = await refusalOf(applyMigrations(database.sql()));
    expect(refusal).toMatchObject({ code: '23514' });
    expect(refusal.detail).toContain(`users id=${firstPartner}`);
  });

  it('replace policies that only begin like their own', async () => {
    await applyMigrations(database.sql());
    await database.sql().unsafe(`
      create policy "partner reads own everything" on public.users for select to authenticated using (true);
      create policy "partner reads own members" on public.users for select to authenticated using (true)`);
    await applyMigrations(database.sql());
    const left = await database.sql()`
      select policyname from pg_catalog.pg_policies where schemaname = 'public' and tablename = 'users'`;
    expect(left.map((row) => row['policyname'])).toEqual(['partner reads own row']);
  });

  it('replace every function of that name, whatever its arguments', async () => {
    await layExistingSystem(database.sql());
    await database.sql().unsafe(`
      create function public.allocate_partner_credit(varchar, bigint) returns boolean language sql security definer as 'select true';
      create function public.allocate_partner_credit(uuid, text, text, integer) returns boolean language sql security definer as 'select true';
      create procedure public.allocate_partner_credit(uuid) language sql as 'select true';`);
    await applyMigrations(database.sql());
    expect(
      await database.sql()`
        select oid::regprocedure::text as name, has_function_privilege('anon', oid, 'execute') as open
        from pg_catalog.pg_proc where proname = 'allocate_partner_credit' and pronamespace = 'public'::regnamespace`,
    ).toEqual([{ name: 'allocate_partner_credit(uuid,text,text,integer,integer)', open: false }]);
  });

  it('leave privileges and everything else as they are when one of their files is run again alone', async () => {
    await layExistingSystem(database.sql());
    await applyMigrations(database.sql());
    const before = await snapshot(database.sql());
    // What a project of an earlier state lacks, or has otherwise, is made and closed by its own file.
    const lacking: Readonly<Record<string, string>> = {
      '20260105091000': `drop function partner_private.link_corrections(uuid[]), partner_private.link_allocations(uuid[], integer)`,
      '20260105093000': 'drop type partner_private.planned_row cascade',
      '20260108090000': 'drop type partner_private.sent_command cascade',
    };
    for (const { version, sql } of readMigrations(process.env['PARTNER_CONSOLE_MIGRATIONS'])) {
      await database.sql().unsafe(lacking[version] ?? '');
      await database.sql().begin((transaction) => transaction.unsafe(sql));
      expect({ version, state: await snapshot(database.sql()) }).toEqual({ version, state: before });
    }
  });

  it('leave alone what allows all that the functions write', async () => {
    await layExistingSystem(database.sql());
    await database.sql().unsafe(`
      alter table public.partner_credits add primary key (id);
      alter table public.partner_credits add constraint old_name check (length(employee_name) < 500);
      create unique index old_email_once on public.partner_members (partner_id, lower(email))`);
    await applyMigrations(database.sql());
    await applyMigrations(database.sql());
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('leave columns that only the existing system knows to whoever wrote them', async () => {
    await layExistingSystem(database.sql());
    await database.sql().unsafe(`
      alter table public.partner_credits add column "used At" timestamptz;
      alter table public.partner_members add column phone text`);
    await applyMigrations(database.sql());
    await actAs(database.sql(), serviceRole, async (transaction) => {
      await transaction`update public.partner_credits set status = 'used', "used At" = now() where status = 'available'`;
      await transaction`insert into public.partner_members (partner_id, email, phone) values (${firstPartner}, 'p@corp.example', '1')`;
      await transaction`update public.partner_members set phone = '2'`;
    });
    const rights = await database.sql()`
      select has_column_privilege('service_role', 'public.partner_credits', 'used At', 'insert') as insert,
        has_column_privilege('authenticated', 'public.partner_members', 'phone', 'update') as update`;
    expect(rights).toEqual([{ insert: false, update: false }]);
  });

  it('keep their types while others use them', async () => {
    const types = () => database.sql()`
      select oid::integer, typname from pg_catalog.pg_type
      where typnamespace = 'partner_private'::regnamespace and typtype = 'c' order by typname`;
    await applyMigrations(database.sql());
    const before = await types();
    expect(before.map((row) => row['typname'])).toEqual(['planned_row', 'sent_command']);
    await applyMigrations(database.sql());
    expect(await types()).toEqual(before);
    // One of another version goes, with what needs it.
    await database.sql().unsafe(`
      alter type partner_private.planned_row drop attribute member_name cascade;
      alter type partner_private.sent_command alter attribute note type varchar cascade`);
    await applyMigrations(database.sql());
    expect(
      await database.sql()`
      select format_type(atttypid, null) as type from pg_catalog.pg_attribute
      where attname in ('member_name', 'note') and attrelid in ('partner_private.planned_row'::regclass, 'partner_private.sent_command'::regclass)`,
    ).toEqual([{ type: 'text' }, { type: 'text' }]);
  });

  it('bring members over that the guide has made one', async () => {
    await layExistingSystem(database.sql());
    const lea = 'b0000000-0000-4000-8000-000000000001';
    await database.sql().unsafe(`
      update public.partner_members set first_name = ' ', status = 'inactive' where id = '${lea}';
      insert into public.partner_members (id, partner_id, user_id, first_name, email, status) values
        ('b0000000-0000-4000-8000-000000000008', '${firstPartner}', null, 'Lea', ' LEA@corp.example', 'active'),
        ('b0000000-0000-4000-8000-000000000009', '${firstPartner}', null, null, 'TOM@corp.example', 'active')`);
    expect(recipe).not.toBe('');
    await mergeMembers();
    await applyMigrations(database.sql());
    const members = await database.sql()`
      select id, email, first_name, status, credits_assigned from public.partner_members where partner_id = ${firstPartner} order by id`;
    expect(members).toEqual([
      // With an account; then the active one.
      { id: lea, email: 'lea@corp.example', first_name: 'Lea', status: 'inactive', credits_assigned: 4 },
      {
        id: 'b0000000-0000-4000-8000-000000000009',
        email: 'tom@corp.example',
        first_name: '',
        status: 'active',
        credits_assigned: 0,
      },
    ]);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('leave two accounts with one e-mail to whoever upgrades', async () => {
    await layExistingSystem(database.sql());
    await database.sql().unsafe(`
      insert into public.partner_members (id, partner_id, user_id, email, status)
      values ('b0000000-0000-4000-8000-000000000009', '${firstPartner}', '${secondPartner}', 'LEA@corp.example', 'active')`);
    await mergeMembers();
    expect((await refusalOf(applyMigrations(database.sql()))).detail).toContain('b0000000-0000-4000-8000-000000000009');
  });

  it("leave the existing system's own key to the accounts in force, which takes nobody along that the ledger names", async () => {
    await layExistingSystem(database.sql());
    await database.sql().unsafe(`
      alter table public.users add primary key (id);
      alter table public.users add foreign key (id) references auth.users (id) on delete cascade;
      update public.partner_members set user_id = null; delete from public.sessions`);
    await applyMigrations(database.sql());
    await database.sql()`delete from auth.users where id = ${sharedUser}`;
    expect(await countRows(database.sql(), 'public.users', `id = '${sharedUser}'`)).toBe(0);
    const refusal = await refusalOf(Promise.resolve(database.sql()`delete from auth.users where id = ${firstPartner}`));
    expect(refusal.code).toBe('23503');
  });

  it.each<[string, string, string[]]>([
    [
      'members of one partner with the same e-mail',
      `insert into public.partner_members (id, partner_id, email, status)
       values ('b0000000-0000-4000-8000-000000000009', '${firstPartner}', 'LEA@corp.example', 'active')`,
      ['b0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000009'],
    ],
    [
      'a negative balance',
      `update public.users set credits = -3 where id = '${firstPartner}'`,
      [firstPartner, 'credits=-3'],
    ],
    [
      'an unknown member status',
      `update public.partner_members set status = 'retired' where email = 'tom@corp.example'`,
      ['b0000000-0000-4000-8000-000000000002', 'status=retired'],
    ],
    [
      'an unknown credit status',
      `update public.partner_credits set id = 'c0000000-0000-4000-8000-000000000001', status = 'lost'
       where id = (select id from public.partner_credits limit 1)`,
      ['c0000000-0000-4000-8000-000000000001', 'status=lost'],
    ],
    [
      'negative credits of a member',
      `update public.partner_members set credits_assigned = -1 where email = 'tom@corp.example'`,
      ['b0000000-0000-4000-8000-000000000002'],
    ],
    [
      'a member of nobody',
      `update public.partner_members set partner_id = '${sharedUser.replace('3', '7')}' where email = 'tom@corp.example'`,
      ['b0000000-0000-4000-8000-000000000002'],
    ],
    [
      'a member without an e-mail',
      `update public.partner_members set email = ' ' where email = 'tom@corp.example'`,
      ['b0000000-0000-4000-8000-000000000002'],
    ],
    [
      'a credit without an expiry',
      `insert into public.partner_credits (id, partner_id, employee_email)
       values ('c0000000-0000-4000-8000-000000000002', '${firstPartner}', 'lea@corp.example')`,
      ['c0000000-0000-4000-8000-000000000002'],
    ],
    ['a user without an account', `delete from auth.users where id = '${secondPartner}'`, [secondPartner]],
    [
      'two rows with one id',
      `insert into public.partner_members (id, partner_id, email, status)
       values ('b0000000-0000-4000-8000-000000000002', '${secondPartner}', 'x@corp.example', 'active')`,
      ['b0000000-0000-4000-8000-000000000002'],
    ],
    [
      'a session of nobody',
      `insert into public.sessions (id, user_id) values ('e0000000-0000-4000-8000-000000000001', gen_random_uuid())`,
      ['e0000000-0000-4000-8000-000000000001'],
    ],
    [
      'a view of a timestamp without a zone',
      'create view public.joined as select id, created_at from public.partner_members',
      ['view joined reads partner_members.created_at'],
    ],
    [
      'a view that needs a function that is replaced',
      `create function public.allocate_partner_credit(integer) returns boolean language sql as 'select true';
       create view public.allocated as select public.allocate_partner_credit(1) as done`,
      ['view allocated needs allocate_partner_credit(integer)'],
    ],
    [
      'a credit that never expires',
      `insert into public.partner_credits (id, partner_id, employee_email, expires_at)
       values ('c0000000-0000-4000-8000-000000000003', '${firstPartner}', 'lea@corp.example', 'infinity')`,
      ['partner_credits id=c0000000-0000-4000-8000-000000000003 expires_at=infinity: has an infinite expires_at'],
    ],
    [
      'a credit from before all time',
      `insert into public.partner_credits (id, partner_id, employee_email, expires_at, created_at)
       values ('c0000000-0000-4000-8000-000000000004', '${firstPartner}', 'lea@corp.example', now(), '-infinity')`,
      ['partner_credits id=c0000000-0000-4000-8000-000000000004 created_at=-infinity'],
    ],
    [
      'a member from before all time',
      `update public.partner_members set created_at = '-infinity' where email = 'tom@corp.example'`,
      ['partner_members id=b0000000-0000-4000-8000-000000000002 created_at=-infinity'],
    ],
    [
      'a session at the end of time',
      `update public.sessions set scheduled_at = 'infinity'`,
      ['scheduled_at=infinity: has an infinite scheduled_at'],
    ],
    [
      'a constraint on the status of credits',
      `update public.partner_credits set status = 'available';
       alter table public.partner_credits add constraint old_status check (status in ('available', 'used', 'expired'))`,
      ['constraint old_status on partner_credits: CHECK', 'drop it'],
    ],
    [
      'a constraint on the status of members',
      `alter table public.partner_members add constraint old_status check (status <> 'invited' or email like '%@%')`,
      ['constraint old_status on partner_members: CHECK'],
    ],
    [
      "an e-mail that is unique among all partners' members",
      `delete from public.partner_members where partner_id = '${secondPartner}';
       alter table public.partner_members add constraint old_email_once unique (email)`,
      ['unique CREATE UNIQUE INDEX old_email_once ON public.partner_members'],
    ],
    [
      "an e-mail that is unique among all partners' members by an expression",
      `delete from public.partner_members where partner_id = '${secondPartner}';
       create unique index old_email_once on public.partner_members (lower(email))`,
      ['unique CREATE UNIQUE INDEX old_email_once ON public.partner_members'],
    ],
    [
      'credits that must differ',
      `delete from public.partner_credits where employee_email <> 'nobody@corp.example';
       delete from public.partner_credits where ctid <> (select min(ctid) from public.partner_credits);
       create unique index old_credit_once on public.partner_credits (partner_id, employee_email, expires_at)`,
      ['unique CREATE UNIQUE INDEX old_credit_once ON public.partner_credits'],
    ],
  ])('stop on %s, name the rows, and change nothing', async (_case, damage, named) => {
    await layExistingSystem(database.sql());
    await database.sql().unsafe(damage);
    const before = await snapshot(database.sql());
    const refusal = await refusalOf(applyMigrations(database.sql()));
    expect(refusal.code).toBe('23514');
    expect(refusal.message).toMatch(/^partner console: \d+ rows cannot be brought over; nothing was changed$/);
    for (const name of named) expect(refusal.detail).toContain(name);
    expect(await snapshot(database.sql())).toBe(before);
  });
});
