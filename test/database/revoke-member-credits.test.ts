import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callFunction, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { aMemberWith, anActiveMember, balanceOf, brokenInvariants, lotsOf, sumOf } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const revoke = (memberId: string | null, credits: number | null, changes: Readonly<Record<string, Argument>> = {}) =>
  callFunction(database.sql(), partner(demoPartner), 'revoke_member_credits', {
    p_request_id: randomUUID(),
    p_member_id: memberId,
    p_credits: credits,
    ...changes,
  });

const lots = [
  { credits: 2, days: 10 },
  { credits: 3, days: 30 },
  { credits: 2, days: 20 },
];
const aMember = (): Promise<string> => aMemberWith(database.sql(), demoPartner, 'one@revoke.example', lots);

describe('revoke_member_credits', () => {
  it('takes what expires last first, and enters a row for each allocation it touches', async () => {
    const id = await aMember();
    const answer = await revoke(id, 4, { p_reason: ' Left ' });
    expect(await lotsOf(database.sql(), id)).toEqual([
      'available 10: 2',
      'available 20: 1',
      'revoked 20: 1',
      'revoked 30: 3',
    ]);
    const entries = await database.sql()`
      select r.id as allocation_id, r.corrects, r.credits, to_jsonb(r.expires_at) as expires_at
      from public.credit_allocations r where r.member_id = ${id} and r.kind = 'revocation' order by r.balance_after`;
    expect(answer).toEqual({
      outcome: 'revoked',
      member_id: id,
      credits: 4,
      revocations: [...entries],
      credits_assigned: 3,
      before: { balance: 993, credits_assigned: 7, unspent: 7 },
      after: { balance: 997, credits_assigned: 3, unspent: 3 },
      balance: 997,
      replayed: false,
    });
    expect(entries.map((entry) => Number(entry['credits']))).toEqual([3, 1]);
    const ledger = await database.sql()`
      select r.balance_before, r.balance_after, r.reason, r.source, r.actor, r.employee_email,
        a.kind as of_kind, a.expires_at = r.expires_at as same_expiry
      from public.credit_allocations r join public.credit_allocations a on a.id = r.corrects
      where r.member_id = ${id} and r.kind = 'revocation' order by r.balance_after`;
    const common = {
      reason: 'Left',
      source: 'console',
      actor: 'demo@partner-console.example',
      employee_email: 'one@revoke.example',
      of_kind: 'allocation',
      same_expiry: true,
    };
    expect([...ledger]).toEqual([
      { balance_before: 993, balance_after: 996, ...common },
      { balance_before: 996, balance_after: 997, ...common },
    ]);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(997);
    expect(await sumOf(database.sql(), id)).toBe(3);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('takes neither spent nor expired nor revoked credits, and says how many there are', async () => {
    const id = await aMember();
    await database.sql()`
      update public.partner_credits set status = 'used' where id in (
        select id from public.partner_credits where employee_email = 'one@revoke.example' order by expires_at desc limit 2)`;
    await database.sql()`
      update public.partner_credits set expires_at = now() - interval '1 second' where id in (
        select id from public.partner_credits where employee_email = 'one@revoke.example' order by expires_at limit 2)`;
    expect(await revoke(id, 4)).toEqual({
      outcome: 'insufficient_unspent',
      unspent: 3,
      shortfall: 1,
      balance: 993,
      replayed: false,
    });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(993);
    expect(await revoke(id, 3)).toMatchObject({ outcome: 'revoked', after: { unspent: 0, credits_assigned: 4 } });
    expect(await revoke(id, 1)).toMatchObject({ outcome: 'insufficient_unspent', unspent: 0, shortfall: 1 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('works for someone who has left', async () => {
    const id = await aMember();
    await database.sql()`update public.partner_members set status = 'inactive' where id = ${id}`;
    expect(await revoke(id, 7)).toMatchObject({ outcome: 'revoked', credits_assigned: 0, balance: 1000 });
  });

  it('does not wait for a credit that is being spent: it counts as spent', async () => {
    const id = await aMemberWith(database.sql(), demoPartner, 'busy@revoke.example', [{ credits: 2, days: 10 }]);
    const spender = await database.sql().reserve();
    await spender`begin`;
    await spender`
      select id from public.partner_credits where employee_email = 'busy@revoke.example' order by id limit 1 for update`;
    expect(await revoke(id, 2)).toMatchObject({ outcome: 'insufficient_unspent', unspent: 1, shortfall: 1 });
    expect(await revoke(id, 1)).toMatchObject({ outcome: 'revoked' });
    await spender`rollback`;
    spender.release();
    expect(await lotsOf(database.sql(), id)).toEqual(['available 10: 1', 'revoked 10: 1']);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it("touches no other member's credits", async () => {
    const id = await aMember();
    const other = await aMemberWith(database.sql(), demoPartner, 'two@revoke.example', [{ credits: 5, days: 90 }]);
    await revoke(id, 7);
    expect(await lotsOf(database.sql(), other)).toEqual(['available 90: 5']);
  });

  it('tells a foreign member and an absent one apart by nothing', async () => {
    const foreign = await revoke(await anActiveMember(database.sql(), otherPartner), 1);
    expect(foreign).toEqual({ outcome: 'member_not_found', balance: 1000, replayed: false });
    expect(await revoke(randomUUID(), 1)).toEqual(foreign);
    expect(await revoke(null, 1)).toEqual(foreign);
  });

  it('refuses to take back more than a balance can hold, and does as soon as it can', async () => {
    const id = await aMember();
    const most = 2_147_483_647;
    await database.sql()`update public.users set credits = ${most - 6} where id = ${demoPartner}`;
    expect(await revoke(id, 7)).toEqual({ outcome: 'balance_too_large', balance: most - 6, replayed: false });
    expect(await revoke(id, 6)).toMatchObject({ outcome: 'revoked', balance: most });
    expect(await revoke(id, 1)).toMatchObject({ outcome: 'balance_too_large', balance: most });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it.each([0, -1, null, 100_001, -2_147_483_648])('refuses to take back %s credits', async (credits) => {
    expect(await revoke(await aMember(), credits)).toMatchObject({ outcome: 'invalid_credits' });
  });

  it('refuses a reason that is too long', async () => {
    const refusal = refusalOf(revoke(await aMember(), 1, { p_reason: 'x'.repeat(1_001) }));
    expect(await refusal).toMatchObject({ code: 'PT413', message: 'reason_too_long' });
  });
});
