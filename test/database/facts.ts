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
): Record<string, string | number | null> {
  return { row, email, first_name: null, credits: null, validity_days: null, expires_on: null, ...fields };
}
