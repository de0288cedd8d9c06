import type { Sql } from 'postgres';
import * as z from 'zod';
import { callDirectly } from './call.ts';
import type { Random } from './random.ts';

const page = z.object({
  partner: z.object({ balance: z.number() }),
  members: z.array(
    z.looseObject({
      id: z.string(),
      email: z.string(),
      first_name: z.string(),
      status: z.string(),
      credits_assigned: z.number(),
      credits: z.array(
        z.object({ available: z.number(), used: z.number(), expired: z.number(), revoked: z.number() }).loose(),
      ),
      sessions: z.array(z.unknown()),
    }),
  ),
  allocations: z.array(z.looseObject({ id: z.string(), member_id: z.string().nullable(), credits: z.number() })),
  removed_members: z.array(z.string()),
  cursor: z.string(),
  has_more: z.boolean(),
});

/** A console's copy of one partner's data, kept up to date by nothing but the feed. */
export interface FeedReader {
  /** Takes one page in; true when there is more. */
  readPage(sql: Sql): Promise<boolean>;
  /** Reads to the end and compares the copy with the tables; only when nobody writes any more. */
  compare(sql: Sql): Promise<void>;
}

const table = (rows: readonly unknown[][]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();

/** A reader that begins with nothing; pages are of random length. `fault` is told in words what the copy lacks. */
export function feedReader(partnerId: string, random: Random, fault: (text: string) => void): FeedReader {
  let cursor: string | null = null;
  let balance = Number.NaN;
  const members = new Map<string, unknown[]>();
  const allocations = new Map<string, unknown[]>();

  async function readPage(sql: Sql): Promise<boolean> {
    const args = { p_cursor: cursor, p_limit: random.pick([3, 20, 100, 1000]) };
    const outcome = await callDirectly(sql, { partnerId, name: 'partner_changes', args });
    if (!outcome.ok) {
      fault(`partner_changes failed with ${outcome.code} ${outcome.message}`);
      return false;
    }
    const read = page.parse(outcome.answer);
    for (const member of read.members) {
      const sum = (key: 'available' | 'used' | 'expired' | 'revoked'): number =>
        member.credits.reduce((total, credits) => total + credits[key], 0);
      members.set(member.id, [
        member.id,
        member.email,
        member.first_name,
        member.status,
        member.credits_assigned,
        sum('available'),
        sum('used'),
        sum('expired'),
        sum('revoked'),
        member.sessions.length,
      ]);
    }
    for (const row of read.allocations) allocations.set(row.id, [row.id, row.member_id, row.credits]);
    for (const id of read.removed_members) members.delete(id);
    cursor = read.cursor;
    balance = read.partner.balance;
    return read.has_more;
  }

  return {
    readPage,
    async compare(sql) {
      while (await readPage(sql));
      const memberRows = await sql`
        select m.id, m.email, m.first_name, m.status, m.credits_assigned,
          (count(c.id) filter (where c.status = 'available'))::int, (count(c.id) filter (where c.status = 'used'))::int as used,
          (count(c.id) filter (where c.status = 'expired'))::int as expired, (count(c.id) filter (where c.status = 'revoked'))::int as revoked,
          (select least(20, count(*))::int from public.sessions s where s.user_id = m.user_id) as sessions
        from public.partner_members m
        left join public.credit_allocations a on a.member_id = m.id
        left join public.partner_credits c on c.allocation_id = a.id
        where m.partner_id = ${partnerId} group by m.id`;
      const allocationRows = await sql`
        select id, member_id, case kind when 'allocation' then credits when 'revocation' then -credits else credits end
        from public.credit_allocations
        where partner_id = ${partnerId} and kind in ('allocation', 'revocation', 'extension')`;
      const [owner] = await sql`select credits from public.users where id = ${partnerId}`;
      const differences = (what: string, copy: readonly unknown[][], rows: readonly object[]): void => {
        const [mine, theirs] = [new Set(table(copy)), new Set(table(rows.map((row): unknown[] => Object.values(row))))];
        for (const row of theirs) if (!mine.has(row)) fault(`the feed's copy lacks ${what} ${row}`);
        for (const row of mine) if (!theirs.has(row)) fault(`the feed's copy has ${what} ${row}, the table has not`);
      };
      differences('member', [...members.values()], memberRows);
      differences('allocation', [...allocations.values()], allocationRows);
      if (balance !== owner?.['credits'])
        fault(`the feed's balance is ${String(balance)}, the table's ${String(owner?.['credits'])}`);
    },
  };
}
