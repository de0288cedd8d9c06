import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import { callFunction, demoPartner, partner } from '../database/act-as.ts';
import { activeMembers, assign, hasWire, itemIn, signIn } from './sync-harness.ts';

describe.skipIf(!hasWire)('corrections made elsewhere', () => {
  let hybrid: Hybrid;
  let partnerConsole: TestConsole;

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    partnerConsole = await openConsole();
    await signIn(partnerConsole, hybrid);
    return () => partnerConsole.close();
  });

  it('come in as what they are, and count as no allocation', async () => {
    const [memberId = ''] = await activeMembers(partnerConsole);
    const read = () => partnerConsole.value('members.read', { memberId });
    const allocated = async () => (await partnerConsole.value('dashboard.read', {})).credits;
    const before = await read();
    const creditsBefore = await allocated();
    const itemId = await assign(partnerConsole, memberId, 5);
    await itemIn(partnerConsole, itemId, 'confirmed');

    const elsewhere = (name: string, args: Record<string, string | number>) =>
      callFunction(hybrid.sql, partner(demoPartner), name, {
        p_request_id: randomUUID(),
        p_member_id: memberId,
        ...args,
      });
    await elsewhere('revoke_member_credits', { p_credits: 2, p_reason: 'moved' });
    await elsewhere('extend_member_credits', { p_days: 7 });
    const older = before.allocations.length;
    await partnerConsole.value('sync.now', {});
    const after = await partnerConsole.until(
      'members.read',
      { memberId },
      ({ allocations }) => allocations.length > older + 2,
    );

    const added = after.allocations.slice(0, after.allocations.length - older);
    expect(added.filter(({ kind }) => kind === 'allocation').map(({ credits }) => credits)).toEqual([5]);
    expect(added.filter(({ kind }) => kind === 'revocation').map(({ credits, note }) => [credits, note])).toEqual([
      [-2, 'moved'],
    ]);
    const extended = added.filter(({ kind }) => kind === 'extension').reduce((sum, { credits }) => sum + credits, 0);
    expect(extended).toBe(after.member.available);
    expect(after.member.available).toBe(before.member.available + 3);
    const creditsAfter = await allocated();
    expect(creditsAfter.allocated).toBe(creditsBefore.allocated + 5);
    expect(creditsAfter.revoked).toBe(creditsBefore.revoked + 2);
  });
});
