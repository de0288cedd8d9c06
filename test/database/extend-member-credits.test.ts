import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { becomeCaller, callFunction, callWithin, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import { aMemberWith, anActiveMember, balanceOf, brokenInvariants, lotsOf } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const extend = (memberId: string | null, days: number | null) =>
  callFunction(database.sql(), partner(demoPartner), 'extend_member_credits', {
    p_request_id: randomUUID(),
    p_member_id: memberId,
    p_days: days,
  });

const aMember = (days: readonly number[] = [10, 30]): Promise<string> =>
  aMemberWith(
    database.sql(),
    demoPartner,
    'one@extend.example',
    days.map((it, index) => ({ credits: index + 2, days: it })),
  );

describe('extend_member_credits', () => {
  it('moves the expiry of every unspent credit, and enters a row for each allocation and old expiry', async () => {
    const id = await aMember();
    await database.sql()`
      update public.partner_credits set status = 'used' where id = (
        select id from public.partner_credits where employee_email = 'one@extend.example' order by expires_at limit 1)`;
    const answer = await extend(id, 20);
    expect(await lotsOf(database.sql(), id)).toEqual(['used 10: 1', 'available 30: 1', 'available 50: 3']);
    const entries = await database.sql()`
      select e.id as allocation_id, e.corrects, e.credits, to_jsonb(e.expires_at - interval '20 days') as expires_before,
        to_jsonb(e.expires_at) as expires_at
      from public.credit_allocations e where e.member_id = ${id} and e.kind = 'extension' order by e.expires_at`;
    expect(entries.map((entry) => Number(entry['credits']))).toEqual([1, 3]);
    expect(answer).toEqual({
      outcome: 'extended',
      member_id: id,
      credits: 4,
      extensions: [...entries],
      before: { unspent: 4, last_expires_at: entries[1]?.['expires_before'] },
      after: { unspent: 4, last_expires_at: entries[1]?.['expires_at'] },
      balance: 995,
      replayed: false,
    });
    const ledger = await database.sql()`
      select e.balance_before, e.balance_after, e.actor, a.expires_at + interval '20 days' = e.expires_at as moved, a.kind
      from public.credit_allocations e join public.credit_allocations a on a.id = e.corrects
      where e.member_id = ${id} and e.kind = 'extension'`;
    const entry = { balance_before: 995, balance_after: 995, actor: 'demo@partner-console.example' };
    expect([...ledger]).toEqual([0, 1].map(() => ({ ...entry, moved: true, kind: 'allocation' })));
    expect(await balanceOf(database.sql(), demoPartner)).toBe(995);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('keeps apart what of one allocation expires at two times', async () => {
    const id = await aMember([10]);
    const waiting = await database.sql().reserve();
    await waiting`begin`;
    await waiting`select id from public.partner_credits where employee_email = 'one@extend.example' limit 1 for update`;
    expect(await extend(id, 5)).toMatchObject({ credits: 1 });
    await waiting`rollback`;
    waiting.release();
    expect(await lotsOf(database.sql(), id)).toEqual(['available 10: 1', 'available 15: 1']);
    expect(await extend(id, 5)).toMatchObject({ credits: 2, extensions: [{ credits: 1 }, { credits: 1 }] });
    expect(await lotsOf(database.sql(), id)).toEqual(['available 15: 1', 'available 20: 1']);
  });

  it('goes to the limit and not one day further, and says how far', async () => {
    const id = await aMember([10, 3_600]);
    expect(await extend(id, 51)).toMatchObject({ outcome: 'invalid_validity', latest: 50 });
    expect(await lotsOf(database.sql(), id)).toEqual(['available 10: 2', 'available 3600: 3']);
    expect(await extend(id, 50)).toMatchObject({ outcome: 'extended' });
    expect(await extend(id, 1)).toMatchObject({ outcome: 'invalid_validity', latest: 0 });
  });

  it.each([0, -1, null, 3_651, 2_147_483_647])('refuses %s days', async (days) => {
    const answer = await extend(await aMember(), days);
    expect(answer).toEqual({ outcome: 'invalid_validity', balance: 995, replayed: false });
  });

  it('brings nothing back that is spent, expired or revoked', async () => {
    const id = await aMember([10]);
    await database.sql()`
      update public.partner_credits set expires_at = now() - interval '1 minute' where employee_email = 'one@extend.example'`;
    expect(await extend(id, 10)).toEqual({ outcome: 'no_unspent_credits', balance: 998, replayed: false });
    expect(await lotsOf(database.sql(), id)).toEqual(['available 0: 2']);
    for (const status of ['used', 'expired', 'revoked']) {
      await database.sql()`
        update public.partner_credits set status = ${status}, expires_at = now() + interval '9 days 12 hours'
        where employee_email = 'one@extend.example'`;
      const before = await lotsOf(database.sql(), id);
      expect(await extend(id, 10)).toMatchObject({ outcome: 'no_unspent_credits' });
      expect(await lotsOf(database.sql(), id)).toEqual(before);
    }
  });

  it('counts days as the server does, wherever the session is: an hour more or less in summer changes nothing', async () => {
    // A hundred days apart: the clocks are put forward or back within the extension of one of them at least.
    const id = await aMember([200, 300]);
    await database.sql()`create table expiry_before as
      select id, expires_at from public.partner_credits where employee_email = 'one@extend.example'`;
    const answer = await database.sql().begin(async (transaction) => {
      await transaction`set local timezone = 'Europe/Berlin'`;
      await becomeCaller(transaction, partner(demoPartner));
      const args = { p_request_id: randomUUID(), p_member_id: id, p_days: 180 };
      return callWithin(transaction, 'extend_member_credits', args);
    });
    const moved = await database.sql()`
      select extract(epoch from c.expires_at - b.expires_at)::int / 3600 as hours
      from public.partner_credits c join expiry_before b using (id) group by 1`;
    expect([...moved]).toEqual([{ hours: 180 * 24 }]);
    const [before] = await database.sql()`
      select jsonb_agg(distinct to_jsonb(expires_at at time zone 'UTC') #>> '{}' || '+00:00') as all from expiry_before`;
    const extensions = z
      .object({ extensions: z.array(z.object({ expires_before: z.string() })) })
      .parse(answer).extensions;
    expect(extensions.map((it) => it.expires_before).toSorted()).toEqual(before?.['all']);
  });

  it('refuses to move more credits than a call may', async () => {
    const id = await aMemberWith(database.sql(), demoPartner, 'many@extend.example', [{ credits: 3, days: 10 }]);
    await database.sql()`create or replace function partner_private.most_credits() returns integer
      language sql immutable parallel safe set search_path = pg_catalog, pg_temp as 'select 2'`;
    const refusal = await refusalOf(extend(id, 10));
    expect(refusal).toMatchObject({ code: 'PT413', message: 'too_many_credits' });
    expect(JSON.parse(refusal.detail)).toEqual({ limit: 2, requested: 3 });
    expect(await lotsOf(database.sql(), id)).toEqual(['available 10: 3']);
  });

  it('is not for an inactive member', async () => {
    const id = await aMember();
    await database.sql()`update public.partner_members set status = 'inactive' where id = ${id}`;
    expect(await extend(id, 10)).toMatchObject({ outcome: 'member_inactive' });
  });

  it('tells a foreign member and an absent one apart by nothing', async () => {
    const foreign = await extend(await anActiveMember(database.sql(), otherPartner), 1);
    expect(foreign).toEqual({ outcome: 'member_not_found', balance: 1000, replayed: false });
    expect(await extend(randomUUID(), 1)).toEqual(foreign);
    expect(await extend(null, 1)).toEqual(foreign);
  });
});
