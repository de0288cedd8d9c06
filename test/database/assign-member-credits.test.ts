import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assignAnswer } from '../../main/remote/wire.ts';
import { callFunction, demoPartner, nobody, otherPartner, partner, refusalOf, serviceRole } from './act-as.ts';
import type { Argument, Caller } from './act-as.ts';
import { anActiveMember, balanceOf, brokenInvariants, countRows, setBalance } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

async function assign(changes: Readonly<Record<string, Argument>> = {}, caller: Caller = partner(demoPartner)) {
  const answer = await callFunction(database.sql(), caller, 'assign_member_credits', {
    p_request_id: randomUUID(),
    p_member_id: await anActiveMember(database.sql(), demoPartner),
    p_credits: 5,
    p_validity_days: 30,
    p_note: 'Welcome',
    ...changes,
  });
  return assignAnswer.parse(answer);
}

describe('S2: assign_member_credits', () => {
  it('gives the member credits with their expiry, and answers what stands now', async () => {
    const memberId = await anActiveMember(database.sql(), demoPartner);
    const [before] = await database.sql()`select credits_assigned from public.partner_members where id = ${memberId}`;
    const answer = await assign({ p_member_id: memberId });
    expect(answer).toMatchObject({
      outcome: 'assigned',
      member_id: memberId,
      credits: 5,
      credits_assigned: Number(before?.['credits_assigned']) + 5,
      balance: 995,
      replayed: false,
    });
    if (answer.outcome !== 'assigned') return;
    const credits = await database.sql()`
      select distinct expires_at - created_at as validity, count(*) over () as count
      from public.partner_credits where allocation_id = ${answer.allocation_id} group by 1, id`;
    expect(credits).toEqual([expect.objectContaining({ validity: '30 days', count: '5' })]);
    const [entry] = await database.sql()`
      select source, reason, member_id from public.credit_allocations where id = ${answer.allocation_id}`;
    expect(entry).toEqual({ source: 'console', reason: 'Welcome', member_id: memberId });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('refuses what the balance cannot pay, with the shortfall, and changes nothing', async () => {
    const credits = await countRows(database.sql(), 'public.partner_credits');
    expect(await assign({ p_credits: 1012 })).toEqual({
      outcome: 'insufficient_credits',
      shortfall: 12,
      balance: 1000,
      replayed: false,
    });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(1000);
    expect(await countRows(database.sql(), 'public.partner_credits')).toBe(credits);
  });

  it('tells a foreign member and an absent one apart by nothing', async () => {
    const foreign = await assign({ p_member_id: await anActiveMember(database.sql(), otherPartner) });
    const absent = await assign({ p_member_id: randomUUID() });
    const none = await assign({ p_member_id: null });
    expect(foreign).toEqual({ outcome: 'member_not_found', balance: 1000, replayed: false });
    expect(absent).toEqual(foreign);
    expect(none).toEqual(foreign);
  });

  it('refuses an inactive member, but not an invited one', async () => {
    const memberId = await anActiveMember(database.sql(), demoPartner);
    await database.sql()`update public.partner_members set status = 'inactive' where id = ${memberId}`;
    expect(await assign({ p_member_id: memberId })).toMatchObject({ outcome: 'member_inactive' });
    await database.sql()`update public.partner_members set status = 'invited' where id = ${memberId}`;
    expect(await assign({ p_member_id: memberId })).toMatchObject({ outcome: 'assigned' });
  });

  it.each([0, -1, null, 100_001, 2_147_483_647, -2_147_483_648])('refuses %s credits', async (credits) => {
    await setBalance(database.sql(), demoPartner, 2_000_000);
    expect(await assign({ p_credits: credits })).toMatchObject({ outcome: 'invalid_credits' });
  });

  it.each([0, -1, null, 3_651, 2_147_483_647])('refuses a validity of %s days', async (days) => {
    expect(await assign({ p_validity_days: days })).toMatchObject({ outcome: 'invalid_validity' });
  });

  it('refuses a note that is too long, rather than cutting it', async () => {
    expect(await refusalOf(assign({ p_note: 'x'.repeat(1001) }))).toMatchObject({
      code: 'PT413',
      message: 'note_too_long',
    });
    expect(await assign({ p_note: null })).toMatchObject({ outcome: 'assigned' });
  });

  it('is for partners only', async () => {
    const [member] = await database.sql()`select id from public.users where role = 'member' limit 1`;
    expect(await refusalOf(assign({}, partner(String(member?.['id']))))).toMatchObject({
      code: 'PT403',
      message: 'not_a_partner',
    });
    expect(await refusalOf(assign({}, { role: 'authenticated', userId: null }))).toMatchObject({
      code: 'PT401',
      message: 'not_signed_in',
    });
    expect((await refusalOf(assign({}, nobody))).code).toBe('42501');
    expect((await refusalOf(assign({}, serviceRole))).code).toBe('42501');
  });
});
