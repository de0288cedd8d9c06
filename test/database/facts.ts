import type { Sql } from 'postgres';
import * as z from 'zod';
import type { UploadRowRequest } from '../../main/remote/wire.ts';

const invariants = z.object({ holds: z.boolean(), violations: z.array(z.unknown()) });

/** The violations of the database's invariants, for every partner; empty when all is well. */
export async function brokenInvariants(sql: Sql): Promise<unknown[]> {
  const [row] = await sql`select partner_private.partner_invariants(null) as answer`;
  return invariants.parse(row?.['answer']).violations;
}

export async function balanceOf(sql: Sql, partnerId: string): Promise<number> {
  const [row] = await sql<{ credits: number }[]>`select credits from public.users where id = ${partnerId}`;
  if (row === undefined) throw new Error('no such partner');
  return row.credits;
}

/** Sets the balance as a purchase or correction does. */
export async function setBalance(sql: Sql, partnerId: string, credits: number): Promise<void> {
  await sql`update public.users set credits = ${credits} where id = ${partnerId}`;
}

export async function countRows(sql: Sql, table: string, where = 'true'): Promise<number> {
  const [row] = await sql.unsafe<{ count: number }[]>(`select count(*)::int as count from ${table} where ${where}`);
  return row?.count ?? 0;
}

/** The id of an active member of the partner. */
export async function anActiveMember(sql: Sql, partnerId: string): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    select id from public.partner_members where partner_id = ${partnerId} and status = 'active' order by email limit 1`;
  if (row === undefined) throw new Error('no active member');
  return row.id;
}

/** A row of an upload with every key, as the wire wants it. */
export function uploadRow(
  row: number,
  email: string,
  fields: Partial<UploadRowRequest> = {},
): Record<string, string | number | boolean | null> {
  return { row, email, first_name: null, credits: null, validity_days: null, expires_on: null, ...fields };
}

export interface Lot {
  readonly credits: number;
  /** Days from now until they expire. */
  readonly days: number;
}

/** A new active member that was given each of the lots. */
export async function aMemberWith(
  sql: Sql,
  partnerId: string,
  email: string,
  lots: readonly Lot[] = [],
): Promise<string> {
  const [member] = await sql<{ id: string }[]>`
    insert into public.partner_members (partner_id, email, first_name) values (${partnerId}, ${email}, 'Someone') returning id`;
  if (member === undefined) throw new Error('not inserted');
  for (const { credits, days } of lots) {
    await sql`select public.allocate_partner_credit(${partnerId}, ${email}, 'Someone', ${credits}, ${days})`;
  }
  return member.id;
}

/** The member's credits by status and days left, as `available 30: 5`, in the order of their expiry. */
export async function lotsOf(sql: Sql, memberId: string): Promise<string[]> {
  const rows = await sql<{ lot: string }[]>`
    select c.status || ' ' || round(extract(epoch from c.expires_at - now()) / 86400) || ': ' || count(*) as lot
    from public.partner_credits c join public.credit_allocations a on a.id = c.allocation_id
    where a.member_id = ${memberId} group by c.status, c.expires_at order by c.expires_at, c.status`;
  return rows.map((row) => row.lot);
}

export async function sumOf(sql: Sql, memberId: string): Promise<number> {
  const [row] = await sql<{ sum: number }[]>`
    select credits_assigned as sum from public.partner_members where id = ${memberId}`;
  if (row === undefined) throw new Error('no such member');
  return row.sum;
}

/** Until a session of this database waits for a lock. Throws when none does for long. */
export function untilSomebodyWaits(sql: Sql): Promise<void> {
  return untilActivity(sql, `wait_event_type = 'Lock'`);
}

/** Until somebody waits for a lock that this session holds. */
export function untilSomebodyWaitsFor(sql: Sql, pid: number): Promise<void> {
  return untilActivity(sql, `${String(pid)} = any (pg_catalog.pg_blocking_pids(pid))`);
}

/** Until a function pauses between two attempts. */
export function untilSomebodyPauses(sql: Sql): Promise<void> {
  return untilActivity(sql, `wait_event = 'PgSleep'`);
}

async function untilActivity(sql: Sql, condition: string): Promise<void> {
  const until = Date.now() + 20_000;
  while (Date.now() < until) {
    const found = await sql.unsafe(
      `select from pg_catalog.pg_stat_activity where datname = current_database() and ${condition}`,
    );
    if (found.length > 0) return;
  }
  throw new Error(`no session of which ${condition}`);
}
