import { describe, expect, it } from 'vitest';
import { readMigrations } from '../../scripts/database/migration-files.ts';
import { applyMigrations } from '../backend/start-postgres.ts';
import { callFunction, partner, refusalOf } from './act-as.ts';
import { firstPartner, layExistingSystem, secondPartner, sharedUser, snapshot } from './existing-system.ts';
import { balanceOf, brokenInvariants, countRows } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase('bare');

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
    for (const { version, sql } of readMigrations(process.env['PARTNER_CONSOLE_MIGRATIONS'])) {
      await database.sql().begin((transaction) => transaction.unsafe(sql));
      expect({ version, state: await snapshot(database.sql()) }).toEqual({ version, state: before });
    }
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
