import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callFunction, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { aMemberWith, anActiveMember, brokenInvariants, countRows, setBalance, sumOf } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const assign = (memberIds: readonly (string | null)[] | null, changes: Readonly<Record<string, Argument>> = {}) =>
  callFunction(database.sql(), partner(demoPartner), 'assign_credits_to_members', {
    p_request_id: randomUUID(),
    // A Postgres array as text: the driver would take a JavaScript array for JSON.
    p_member_ids: memberIds === null ? null : `{${memberIds.map((id) => id ?? 'null').join(',')}}`,
    p_credits: 3,
    ...changes,
  });

async function threeMembers(): Promise<string[]> {
  const ids = [];
  for (const name of ['c', 'a', 'b']) ids.push(await aMemberWith(database.sql(), demoPartner, `${name}@many.example`));
  return ids;
}

describe('assign_credits_to_members', () => {
  it('gives each the credits, and answers the allocations in the order given', async () => {
    const ids = await threeMembers();
    const answer = await assign(ids, { p_validity_days: 30, p_note: ' Welcome ' });
    const given = await database.sql()`
      select a.member_id, a.id as allocation_id, 3 as credits_assigned from public.credit_allocations a
      where a.member_id = any (${ids}) order by array_position(${ids}::uuid[], a.member_id)`;
    expect(answer).toEqual({
      outcome: 'assigned',
      members: 3,
      credits: 9,
      expires_at: expect.any(String),
      allocations: [...given],
      before: { balance: 1000 },
      after: { balance: 991 },
      balance: 991,
      replayed: false,
    });
    expect(given.map((row) => String(row['member_id']))).toEqual(ids);
    const entries = await database.sql()`
      select a.source, a.reason, a.actor, a.balance_before, a.balance_after, a.expires_at = a.created_at + interval '30 days' as days,
        (select count(*)::int from public.partner_credits c
         where c.allocation_id = a.id and c.status = 'available' and c.expires_at = a.expires_at and c.employee_email = a.employee_email
           and c.employee_name = 'Someone') as rows
      from public.credit_allocations a where a.member_id = any (${ids}) order by a.balance_before desc`;
    const common = { source: 'console', reason: 'Welcome', actor: 'demo@partner-console.example', days: true, rows: 3 };
    expect([...entries]).toEqual([
      { ...common, balance_before: 1000, balance_after: 997 },
      { ...common, balance_before: 997, balance_after: 994 },
      { ...common, balance_before: 994, balance_after: 991 },
    ]);
    for (const id of ids) expect(await sumOf(database.sql(), id)).toBe(3);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('is all or nothing when the balance does not pay the last one', async () => {
    const ids = await threeMembers();
    await setBalance(database.sql(), demoPartner, 8);
    expect(await assign(ids)).toEqual({ outcome: 'insufficient_credits', shortfall: 1, balance: 8, replayed: false });
    expect(await countRows(database.sql(), 'public.partner_credits', `employee_email like '%@many.example'`)).toBe(0);
    await setBalance(database.sql(), demoPartner, 9);
    expect(await assign(ids)).toMatchObject({ outcome: 'assigned', balance: 0 });
  });

  it('names each member that stands in the way, a foreign one like an absent one', async () => {
    const [first = '', second = '', third = ''] = await threeMembers();
    const foreign = await anActiveMember(database.sql(), otherPartner);
    const absent = randomUUID();
    await database.sql()`update public.partner_members set status = 'inactive' where id = ${second}`;
    await database.sql()`update public.partner_members set status = 'invited' where id = ${third}`;
    expect(await assign([foreign, first, second, absent, third])).toEqual({
      outcome: 'members_refused',
      members: [
        { member_id: foreign, reason: 'member_not_found' },
        { member_id: second, reason: 'member_inactive' },
        { member_id: absent, reason: 'member_not_found' },
      ],
      balance: 1000,
      replayed: false,
    });
    expect(await sumOf(database.sql(), first)).toBe(0);
    expect(await assign([first, third])).toMatchObject({ outcome: 'assigned' });
  });

  it.each([0, -1, null, 100_001, 2_147_483_647, -2_147_483_648])('refuses %s credits each', async (credits) => {
    expect(await assign(await threeMembers(), { p_credits: credits })).toMatchObject({ outcome: 'invalid_credits' });
  });

  it.each([0, -1, null, 3_651])('refuses a validity of %s days', async (days) => {
    expect(await assign(await threeMembers(), { p_validity_days: days })).toMatchObject({
      outcome: 'invalid_validity',
    });
  });

  it('refuses a list that is none', async () => {
    const [id = ''] = await threeMembers();
    for (const list of [null, [], [id, null]]) {
      expect(await refusalOf(assign(list))).toMatchObject({ code: 'PT400', message: 'invalid_members' });
    }
    const nested = refusalOf(assign([], { p_member_ids: `{{${id}}}` }));
    expect(await nested).toMatchObject({ code: 'PT400', message: 'invalid_members' });
    expect(await refusalOf(assign([id, id]))).toMatchObject({ code: 'PT400', message: 'duplicate_members' });
  });

  it('refuses more than it takes, with the limit', async () => {
    const many = Array.from({ length: 5_001 }, () => randomUUID());
    const members = await refusalOf(assign(many));
    expect(members).toMatchObject({ code: 'PT413', message: 'too_many_members' });
    expect(JSON.parse(members.detail)).toEqual({ limit: 5_000, requested: 5_001 });
    const credits = await refusalOf(assign(many.slice(0, 3), { p_credits: 33_334 }));
    expect(credits).toMatchObject({ code: 'PT413', message: 'too_many_credits' });
    expect(JSON.parse(credits.detail)).toEqual({ limit: 100_000, requested: 100_002 });
    const note = refusalOf(assign(many.slice(0, 1), { p_note: 'x'.repeat(1_001) }));
    expect(await note).toMatchObject({ code: 'PT413', message: 'note_too_long' });
  });

  it('takes 5,000 members with 20 credits each in one call', async () => {
    await setBalance(database.sql(), demoPartner, 100_001);
    const members = await database.sql()<{ id: string }[]>`
      insert into public.partner_members (partner_id, email)
      select ${demoPartner}, 'm' || n || '@many.example' from generate_series(1, 5000) n returning id`;
    const answer = await assign(
      members.map(({ id }) => id),
      { p_credits: 20 },
    );
    expect(answer).toMatchObject({ outcome: 'assigned', members: 5_000, credits: 100_000, balance: 1 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});
