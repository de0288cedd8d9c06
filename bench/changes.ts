import postgres from 'postgres';
import type { Sql } from 'postgres';
import * as z from 'zod';
import { callFunction, demoPartner, partner } from '../test/database/act-as.ts';
import { connect, startPostgres } from '../test/backend/start-postgres.ts';
import { baseline, timing, type BenchReport } from './measure.ts';

const CHANGED = 100;
const CALLS = 200;
/** What the function answers at most when nothing is said. */
const PAGE = 1_000;
/** Rows that a step may read beyond those, to see that there are more. */
const LOOK_AHEAD = 2;
/** The tables that hold more than a page: none of them may be read whole. */
const bigTables = ['partner_members', 'partner_credits', 'credit_allocations', 'removed_members', 'sessions'];

const answer = z.object({ members: z.array(z.unknown()), cursor: z.string(), has_more: z.boolean() });

/**
 * Asks for the changes of a partner with very many members, a hundred of which changed since the cursor. Also the first
 * page, and the plans of the function's own statements, as Postgres logs them.
 */
export async function benchChanges(members: number): Promise<BenchReport> {
  const server = await startPostgres();
  try {
    const { sql, dbUrl } = await server.createDatabase();
    const builtIn = await build(sql, members);
    const cursor = await cursorOfNow(sql);
    await sql`
      update public.partner_members set first_name = 'Changed'
      where id in (
        select id from public.partner_members where partner_id = ${demoPartner} and email like 'bench%' order by md5(id::text) limit ${CHANGED})`;
    const connection = connect(dbUrl);
    const ask = async (from: string | null): Promise<z.infer<typeof answer>> =>
      answer.parse(await callFunction(connection, partner(demoPartner), 'partner_changes', { p_cursor: from }));
    const first: number[] = [];
    const since: number[] = [];
    for (let call = 0; call < CALLS; call += 1) {
      const start = performance.now();
      const page = await ask(cursor);
      since.push(performance.now() - start);
      if (page.members.length !== CHANGED || page.has_more)
        throw new Error(`${page.members.length} members in the page`);
    }
    for (let call = 0; call < 10; call += 1) {
      const start = performance.now();
      await ask(null);
      first.push(performance.now() - start);
    }
    await connection.end();
    const plans = await plansOf(dbUrl, cursor);
    return report(members, builtIn, since, first, plans);
  } finally {
    await server.close();
  }
}

/** Members without their triggers: a million of them in seconds. One in ten has had a credit. Answers the seconds it took. */
async function build(sql: Sql, members: number): Promise<number> {
  const start = performance.now();
  await sql.begin(async (transaction) => {
    await transaction`set local session_replication_role = replica`;
    await transaction`
      insert into public.partner_members (partner_id, email, first_name, credits_assigned)
      select ${demoPartner}, 'bench' || n || '@bench.example', 'Bench ' || n, (n % 10 = 0)::integer
      from generate_series(1, ${members}::int) as n`;
    await transaction`
      insert into public.credit_allocations
        (partner_id, kind, member_id, employee_email, credits, expires_at, source, balance_before, balance_after)
      select m.partner_id, 'allocation', m.id, m.email, 1, now() + interval '90 days', 'upload', 1, 0
      from public.partner_members m where m.email like 'bench%' and m.credits_assigned = 1`;
    await transaction`
      insert into public.partner_credits (partner_id, employee_email, employee_name, expires_at, allocation_id)
      select a.partner_id, a.employee_email, '', a.expires_at, a.id from public.credit_allocations a where a.employee_email like 'bench%'`;
  });
  await sql`vacuum analyze public.partner_members, public.credit_allocations, public.partner_credits`;
  return (performance.now() - start) / 1_000;
}

/** Where a console stands that has read everything: behind the last row of each list. */
async function cursorOfNow(sql: Sql): Promise<string> {
  const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  const [row] = await sql<{ txid: string }[]>`select max(change_txid)::text as txid from public.partner_members`;
  const place = `${String(row?.txid)}.${last}`;
  return `1.${place}.${place}.${place}`;
}

/** The plans of the statements within the function, from auto_explain. */
async function plansOf(dbUrl: string, cursor: string): Promise<string[]> {
  const plans: string[] = [];
  const connection = postgres(dbUrl, {
    max: 1,
    onnotice: ({ message }) => {
      // The text of the statement stands before its plan.
      const plan = /^.*\(cost=[\s\S]*$/m.exec(message ?? '')?.[0];
      if (plan !== undefined) plans.push(plan);
    },
  });
  await connection.unsafe(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
    set auto_explain.log_timing = off; set auto_explain.log_nested_statements = on; set client_min_messages = log`);
  await callFunction(connection, partner(demoPartner), 'partner_changes', { p_cursor: cursor });
  await connection.end();
  return plans.filter((plan) => bigTables.some((table) => plan.includes(table)));
}

function report(
  members: number,
  builtIn: number,
  since: readonly number[],
  first: readonly number[],
  plans: readonly string[],
): BenchReport {
  const { median, lowest, highest } = timing(since);
  const p99 = since.toSorted((a, b) => a - b)[Math.floor(since.length * 0.99) - 1] ?? Number.NaN;
  const page = timing(first);
  const sequential = plans.flatMap((plan) => plan.match(/Seq Scan on \w+/g) ?? []);
  const readWhole = sequential.filter((scan) => bigTables.some((table) => scan.endsWith(` ${table}`)));
  // An index helps nothing where all that it finds is read.
  const mostRows = Math.max(
    ...plans.flatMap((plan) => [...plan.matchAll(/actual rows=(\d+)/g)].map((it) => Number(it[1]))),
  );
  const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;
  return {
    name: 'changes',
    figures: [
      baseline(
        'members',
        `${members.toLocaleString('en')} (built in ${builtIn.toFixed(0)} s), ${String(CHANGED)} changed`,
      ),
      {
        what: `the changes, median of ${String(CALLS)} calls`,
        value: `${milliseconds(median)} (${milliseconds(lowest)}–${milliseconds(highest)})`,
        goal: '< 20 ms',
        isMet: median < 20,
      },
      { what: 'the changes, 99th percentile', value: milliseconds(p99), goal: '< 20 ms', isMet: p99 < 20 },
      {
        what: 'tables read whole',
        value: `${readWhole.length === 0 ? 'none' : readWhole.join(', ')} in ${String(plans.length)} plans`,
        goal: 'none',
        isMet: readWhole.length === 0 && plans.length >= 3,
      },
      {
        what: 'most rows that any step of a plan read',
        value: mostRows.toLocaleString('en'),
        goal: `≤ ${String(PAGE + LOOK_AHEAD)}`,
        isMet: mostRows <= PAGE + LOOK_AHEAD,
      },
      baseline('the first page, 1,000 members', milliseconds(page.median)),
    ],
    data: { members, changed: CHANGED, median, p99, mostRows, since, first, plans },
    notes: plans.map((plan, place) => `Plan ${String(place + 1)} of partner_changes\n${plan}\n`),
  };
}
