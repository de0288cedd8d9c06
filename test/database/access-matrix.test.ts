import type { TransactionSql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { expectedRelations, rightsOnColumn } from './access-expectations.ts';
import type { DatabaseRole } from './access-expectations.ts';
import { readAccessMatrix } from './access-matrix.ts';
import { becomeCaller } from './act-as.ts';
import type { Caller } from './act-as.ts';
import { fillBoth, findCallers, partnerA, partnerB } from './two-partners.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

/** What became of a statement: `done`, `no privilege`, or the SQLSTATE of another error. It leaves no trace. */
async function attempt(transaction: TransactionSql, statement: string): Promise<string> {
  try {
    await transaction.savepoint(async (savepoint) => {
      await savepoint.unsafe(statement);
      throw new Error('undo');
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.message === 'undo') return 'done';
    // A policy refuses with the same SQLSTATE: here the privilege itself must be missing.
    if (/^(permission denied|must be owner)/.test(error.message)) return 'no privilege';
    return 'code' in error ? String(error.code) : error.message;
  }
  throw new Error('unreachable');
}

/** The values of one column that the caller is shown, as text in order; the SQLSTATE where it is refused. */
async function shown(transaction: TransactionSql, query: string, parameters: string[] = []): Promise<unknown> {
  return transaction
    .savepoint((savepoint) => savepoint.unsafe<{ values: string[] | null }[]>(query, parameters))
    .then(
      (rows) => rows[0]?.values ?? [],
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
}

describe('the access matrix', () => {
  it('has no cell otherwise than expected: role × relation × verb × column, role × function, schemas, types, sequences', async () => {
    const matrix = await readAccessMatrix(database.sql());
    expect(matrix.deviations).toEqual([]);
    expect(matrix.cells).toBeGreaterThan(1_000);
  });

  it.each<[string, string, string]>([
    ['table', 'create table public.tomorrow (id integer primary key)', 'relation public.tomorrow'],
    ['private table', 'create table partner_private.tomorrow (id integer)', 'relation partner_private.tomorrow'],
    ['view', 'create view public.tomorrow as select 1 as one', 'relation public.tomorrow'],
    ['materialized view', 'create materialized view public.tomorrow as select 1 as one', 'relation public.tomorrow'],
    ['column', 'alter table public.users add column tomorrow text', 'column public.users.tomorrow'],
    [
      'function',
      'create function public.tomorrow() returns int language sql as $$ select 1 $$',
      'function public.tomorrow()',
    ],
    [
      'private function',
      'create function partner_private.tomorrow() returns int language sql as $$ select 1 $$',
      'function partner_private.tomorrow()',
    ],
    ['procedure', 'create procedure public.tomorrow() language sql as $$ select 1 $$', 'function public.tomorrow()'],
    [
      'overload of a function',
      'create function public.partner_dashboard(integer) returns int language sql as $$ select 1 $$',
      'function public.partner_dashboard(integer)',
    ],
    ['sequence', 'create sequence public.tomorrow', 'sequence tomorrow'],
    ['enum', `create type public.tomorrow as enum ('a')`, 'type public.tomorrow'],
    ['composite type', 'create type partner_private.tomorrow as (a int)', 'type partner_private.tomorrow'],
    ['domain', 'create domain public.tomorrow as text', 'type public.tomorrow'],
    [
      'policy',
      'create policy tomorrow on public.users for update to authenticated using (id = auth.uid())',
      'policy public.users: update to authenticated',
    ],
    ['schema', 'create schema tomorrow', 'schema tomorrow'],
  ])('notices a new %s', async (_kind, statement, named) => {
    await database.sql().unsafe(statement);
    const { deviations } = await readAccessMatrix(database.sql());
    expect(deviations).toContain(`${named}: nothing is expected of it`);
  });

  it.each<[string, string]>([
    [
      'grant insert on public.command_receipts to authenticated',
      'relation public.command_receipts: authenticated has "ra", expected "r"',
    ],
    ['grant select (email) on public.users to anon', 'column public.users.email: anon has "r", expected ""'],
    [
      'grant update (credits) on public.users to authenticated',
      'column public.users.credits: authenticated has "rw", expected "r"',
    ],
    ['revoke select on public.sessions from service_role', 'relation public.sessions: service_role has "awd'],
    ['grant select on public.users to public', 'users SELECT: is granted to PUBLIC'],
    [
      'grant execute on function partner_private.most_credits() to service_role',
      'function partner_private.most_credits(): service_role has "X", expected ""',
    ],
    ['grant usage on schema partner_private to anon', 'schema partner_private: anon has "U", expected ""'],
    ['grant create on schema public to authenticated', 'schema public: authenticated has "UC", expected "U"'],
    ['alter table public.users disable row level security', 'relation public.users: has no row level security'],
    ['drop table public.removed_members cascade', 'relation public.removed_members: is not there'],
    ['drop function public.partner_dashboard()', 'function public.partner_dashboard(): is not there'],
  ])('notices: %s', async (statement, line) => {
    await database.sql().unsafe(statement);
    expect((await readAccessMatrix(database.sql())).deviations.join('\n')).toContain(line);
  });

  it('is what keeps a function of tomorrow from lying open: Postgres lets everyone execute it', async () => {
    await database.sql()`create function partner_private.tomorrow() returns int language sql as 'select 1'`;
    const [granted] = await database.sql()`
      select has_function_privilege('authenticated', 'partner_private.tomorrow()', 'execute') as open`;
    expect(granted).toEqual({ open: true });
    const { deviations } = await readAccessMatrix(database.sql());
    expect(deviations).toContain('function partner_private.tomorrow(): nothing is expected of it');
    expect(deviations).toContain('partner_private.tomorrow() EXECUTE: is granted to PUBLIC');
  });

  it('is what keeps a table of tomorrow from lying open: a Supabase project grants everything on it to everyone', async () => {
    await database.sql()`create table public.tomorrow (id integer primary key)`;
    const [granted] = await database.sql()`
      select has_table_privilege('anon', 'public.tomorrow', 'select, insert, update, delete') as open`;
    expect(granted).toEqual({ open: true });
    const { deviations } = await readAccessMatrix(database.sql());
    expect(deviations).toContain('relation public.tomorrow: has no row level security');
    expect(deviations).toContain('relation public.tomorrow: nothing is expected of it');
  });
});

describe.each(Object.entries(expectedRelations))('%s, in real statements', (table, expected) => {
  const { rights, own } = expected;
  const columnNames = expected.columns.split(' ');
  const allows = (caller: Caller, letter: string, column?: string): boolean =>
    (column === undefined ? rights : rightsOnColumn(expected, column))[caller.role as DatabaseRole].includes(letter);

  it('shows each column of their own rows to a partner, of all rows to the service role, and none to others', async () => {
    const sql = database.sql();
    await fillBoth(sql);
    const callers = await findCallers(sql);
    for (const column of columnNames) {
      const query = `select array_agg(t.${column}::text order by t.${column}::text collate "C") as values from ${table} t`;
      const values = async (where: string, parameters: string[] = []): Promise<string[]> =>
        (await sql.unsafe<{ values: string[] | null }[]>(`${query} ${where}`, parameters))[0]?.values ?? [];
      const all = await values('');
      const ofA = await values(`where ${own}`, [partnerA]);
      const ofB = await values(`where ${own}`, [partnerB]);
      // Both have rows, or the comparison would prove nothing.
      expect(Math.min(ofA.length, ofB.length)).toBeGreaterThan(0);
      const seen = await sql.begin(async (transaction) => {
        const answers: Record<string, unknown> = {};
        for (const [name, caller] of Object.entries(callers) as [string, Caller][]) {
          await becomeCaller(transaction, caller);
          answers[name] = await shown(transaction, query);
          await transaction`reset role`;
        }
        return answers;
      });
      expect({ column, ...seen }).toEqual({
        column,
        nobody: '42501',
        'nobody signed in': [],
        member: [],
        'partner A': ofA,
        'partner B': ofB,
        'service role': all,
      });
    }
  });

  it('takes a write of any column, and any other change, from those alone to whom it is granted', async () => {
    const sql = database.sql();
    await fillBoth(sql);
    const callers = await findCallers(sql);
    await sql.begin(async (transaction) => {
      for (const [name, caller] of Object.entries(callers) as [string, Caller][]) {
        await becomeCaller(transaction, caller);
        const outcomes: Record<string, string> = {};
        const wanted: Record<string, string> = {};
        const note = async (what: string, letter: string, statement: string, column?: string): Promise<void> => {
          const outcome = await attempt(transaction, statement);
          outcomes[what] = outcome === 'no privilege' ? outcome : 'allowed';
          wanted[what] = allows(caller, letter, column) ? 'allowed' : 'no privilege';
        };
        for (const column of columnNames) {
          await note(`insert ${column}`, 'a', `insert into ${table} (${column}) values (null)`, column);
          await note(`update ${column}`, 'w', `update ${table} set ${column} = ${column}`, column);
        }
        await note('delete', 'd', `delete from ${table} where false`);
        // Without cascade: a table that others refer to is then not emptied, but the privilege is checked first.
        await note('truncate', 'D', `truncate ${table}`);
        await note(
          'trigger',
          't',
          `create trigger t before insert on ${table} for each row execute function suppress_redundant_updates_trigger()`,
        );
        await note('alter', '-', `alter table ${table} disable row level security`);
        await note('policy', '-', `create policy tomorrow on ${table} using (true)`);
        await note('drop', '-', `drop table ${table}`);
        expect({ caller: name, ...outcomes }).toEqual({ caller: name, ...wanted });
        await transaction`reset role`;
      }
    });
  });
});
