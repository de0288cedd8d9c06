import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { demoPartner } from './act-as.ts';
import { anActiveMember, balanceOf, brokenInvariants } from './facts.ts';
import { useDatabase } from './use-database.ts';

const guide = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'database.md'), 'utf8');
const database = useDatabase('seeded');

interface Block {
  readonly section: string;
  readonly statement: string;
}

/** The SQL of the guide in its order, each with the section that it stands in. */
function blocks(): Block[] {
  return guide.split(/^## /m).flatMap((section) =>
    Array.from(section.matchAll(/^```sql\n(.*?)^```/gms), ([, statement = '']) => ({
      section: section.slice(0, section.indexOf('\n')),
      statement,
    })),
  );
}

/** Words in code type in one column of the table under a heading. */
function column(heading: string, place: number): string[] {
  const start = guide.indexOf(`\n${heading}`);
  if (start < 0) throw new Error(`no heading ${heading}`);
  const rows = guide.slice(guide.indexOf('\n', start + 1)).split(/^##/m)[0] ?? '';
  return rows
    .split('\n')
    .filter((line) => /^\| (?!---)/.test(line))
    .slice(1)
    .map((line) => /`([^`]+)`/.exec(line.split(' | ')[place] ?? '')?.[1] ?? '')
    .filter((name) => name !== '')
    .toSorted();
}

async function names(query: string): Promise<string[]> {
  const rows = await database.sql().unsafe<{ name: string }[]>(query);
  return rows.map(({ name }) => name).toSorted();
}

async function run(statement: string): Promise<void> {
  const session = await database.sql().reserve();
  try {
    await session.unsafe(statement).simple();
  } finally {
    session.release();
  }
}

/** Changes something as nothing but a hand with the triggers off can. */
async function tamper(change: (sql: Sql) => Promise<unknown>): Promise<void> {
  const session = await database.sql().reserve();
  await session`set session_replication_role = replica`;
  await change(session);
  await session`reset session_replication_role`;
  session.release();
}

describe('the guide for operators', () => {
  it.each(blocks())('has SQL that runs: $section', async ({ statement }) => {
    await run(statement);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('names every table, function of the API and trigger, and no other', async () => {
    expect(column('### Tables', 0)).toEqual(
      await names(
        `select relname as name from pg_catalog.pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
      ),
    );
    expect(column('### Functions of the API', 0)).toEqual(
      await names(`select proname as name from pg_catalog.pg_proc where pronamespace = 'public'::regnamespace`),
    );
    const triggers = `from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
      where not t.tgisinternal and c.relnamespace = 'public'::regnamespace`;
    expect(column('### Triggers', 0)).toEqual(await names(`select tgname as name ${triggers}`));
    expect(column('### Triggers', 1)).toEqual(await names(`select relname as name ${triggers}`));
  });

  it('explains every error that a function raises, and no other', async () => {
    const sources = await names(
      "select prosrc as name from pg_catalog.pg_proc where pronamespace in ('partner_private'::regnamespace, 'public'::regnamespace)",
    );
    const raised = sources.flatMap((source) => [
      ...Array.from(
        source.matchAll(/errcode = '(\w+)', message = '(\w+)'/g),
        ([, code, message]) => `${code} ${message}`,
      ),
      ...Array.from(source.matchAll(/check_text\(\w+, '(\w+)'\)/g), ([, message]) => `PT413 ${message}`),
    ]);
    // Every raise is of one of these two forms: none escapes the comparison.
    const raises = sources.join('\n').match(/raise exception/g)?.length ?? 0;
    const read = sources
      .join('\n')
      .match(/raise exception using errcode = 'PT\d{3}', message = ('\w+'|p_refusal)/g)?.length;
    expect(read).toBe(raises);
    const explained = Array.from(
      guide.matchAll(/^\| (PT(\d{3})) \| (\d{3}) \| `(\w+)` \|/gm),
      ([, code, , status, message]) => {
        expect(code).toBe(`PT${status}`);
        return `${code} ${message}`;
      },
    );
    expect(explained.toSorted()).toEqual([...new Set(raised)].toSorted());
  });

  it('says for every invariant what to do', async () => {
    const [body] = await names(`select prosrc as name from pg_catalog.pg_proc
      where pronamespace = 'partner_private'::regnamespace and proname = 'partner_invariants'`);
    const checked = Array.from(String(body).matchAll(/select '(\w+)'(?: as invariant)?, /g), ([, name]) => name);
    expect(checked.length).toBeGreaterThan(3);
    expect(column('## Repair', 0)).toEqual(checked.filter((name) => name !== undefined).toSorted());
  });

  it('states the limits that are in force', async () => {
    const limits = await names(`select proname as name from pg_catalog.pg_proc
      where pronamespace = 'partner_private'::regnamespace and proname like 'most\\_%'`);
    for (const limit of limits) {
      const [row] = await database.sql().unsafe<{ value: number }[]>(`select partner_private.${limit}() as value`);
      expect(guide.slice(guide.indexOf('## Limits'))).toContain(`${Number(row?.value).toLocaleString('en')} `);
      expect(guide).toContain(`partner_private.${limit}()`);
    }
  });

  const repairs = blocks().filter(({ section }) => section === 'Repair');

  it.each([
    {
      name: 'a balance that is not the ledger',
      repair: 1,
      break: (sql: Sql) => sql`update public.users set credits = credits + 7 where id = ${demoPartner}`,
      balance: 1_000,
    },
    {
      name: 'a ledger that lacks what the balance has',
      repair: 2,
      break: (sql: Sql) => sql`update public.users set credits = credits - 7 where id = ${demoPartner}`,
      balance: 993,
    },
    {
      name: "a member's sum",
      repair: 3,
      break: async (sql: Sql) =>
        sql`update public.partner_members set credits_assigned = 77 where id = ${await anActiveMember(sql, demoPartner)}`,
      balance: 1_000,
    },
  ])('repairs $name', async ({ repair, break: disturb, balance }) => {
    await tamper(disturb);
    expect(await brokenInvariants(database.sql())).toHaveLength(1);
    await run(repairs[repair]?.statement ?? '');
    expect(await brokenInvariants(database.sql())).toEqual([]);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(balance);
  });
});
