import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MemberDetail } from '../../shared/contract/members.ts';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import { activeMembers, assign, hasWire, itemIn, serverState, signIn } from './sync-harness.ts';

const everybody = { search: '', status: null, credits: null };

describe.skipIf(!hasWire)('commands on members', () => {
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
    return async () => {
      hybrid.gateway.setFate(null);
      await partnerConsole.close();
    };
  });

  const read = (memberId: string) => partnerConsole.value('members.read', { memberId });
  const left = async () => (await partnerConsole.value('dashboard.read', {})).balance.left;
  /** What the receipts tell by themselves: until the next `openFeed` the feed brings nothing. */
  const closeFeed = () =>
    hybrid.gateway.setFate(({ path }) => (path.includes('partner_changes') ? 'drop_request' : 'pass'));
  async function openFeed(): Promise<void> {
    hybrid.gateway.setFate(null);
    await partnerConsole.value('sync.now', {});
  }
  /** Without what only the feed knows: who acted, by which clock, and in which order of one moment. */
  const figures = ({ member, creditsByExpiry, allocations }: MemberDetail) => ({
    member,
    creditsByExpiry,
    allocations: allocations
      .map(({ id, kind, credits, expiresAt, source, note }) => ({ id, kind, credits, expiresAt, source, note }))
      .toSorted((a, b) => a.id.localeCompare(b.id)),
  });

  it('land what their receipts tell, exactly as the feed tells it afterwards', async () => {
    const [memberId = ''] = await activeMembers(partnerConsole);
    await itemIn(partnerConsole, await assign(partnerConsole, memberId, 9), 'confirmed');
    await openFeed();
    const before = await read(memberId);
    closeFeed();
    const revoked = await partnerConsole.value('allocation.revoke', { memberId, credits: 4, reason: 'moved' });
    await itemIn(partnerConsole, revoked.itemId, 'confirmed');
    const afterRevoke = figures(await read(memberId));
    expect(afterRevoke.member.available).toBe(before.member.available - 4);
    expect(await left()).toBe(1_000 - 9 + 4);
    const extended = await partnerConsole.value('allocation.extend', { memberId, days: 11 });
    await itemIn(partnerConsole, extended.itemId, 'confirmed');
    const status = await partnerConsole.value('members.setStatus', { memberId, status: 'inactive' });
    const item = await itemIn(partnerConsole, status.itemId, 'confirmed');
    const landed = figures(await read(memberId));
    expect(landed.member).toMatchObject({ status: 'inactive', available: before.member.available - 4 });
    expect(item.seen).toMatchObject({ status: 'active', available: before.member.available - 4, balance: 995 });
    expect(item.now).toMatchObject({ status: 'inactive' });
    await openFeed();
    expect(figures(await read(memberId))).toEqual(landed);
    expect(await serverState(hybrid)).toMatchObject({ balance: 995, violations: [] });
  });

  it('wait offline, shown with the member, and go in their order once the server is back', async () => {
    const [memberId = ''] = await activeMembers(partnerConsole);
    hybrid.gateway.setFate(() => 'drop_request');
    const { available } = (await read(memberId)).member;
    const ids = [
      await assign(partnerConsole, memberId, 3),
      (await partnerConsole.value('allocation.revoke', { memberId, credits: available + 3, reason: null })).itemId,
      (await partnerConsole.value('allocation.extend', { memberId, days: 5 })).itemId,
      (await partnerConsole.value('members.setStatus', { memberId, status: 'inactive' })).itemId,
    ];
    expect((await read(memberId)).planned).toMatchObject([
      { origin: 'assign', credits: 3 },
      { origin: 'revoke', credits: available + 3 },
      { origin: 'extend', credits: 0, days: 5 },
      { origin: 'status', credits: 0, status: 'inactive' },
    ]);
    expect(await left()).toBe(997);
    hybrid.gateway.setFate(null);
    const [given, taken, longer, status] = [
      await itemIn(partnerConsole, ids[0] ?? '', 'confirmed'),
      await itemIn(partnerConsole, ids[1] ?? '', 'confirmed'),
      await itemIn(partnerConsole, ids[2] ?? '', 'refused'),
      await itemIn(partnerConsole, ids[3] ?? '', 'confirmed'),
    ];
    // Only in this order is there that much to take back, and then nothing left to extend.
    expect([given.receipt?.balance, taken.receipt?.balance]).toEqual([997, 1_000 + available]);
    expect(longer.refusal).toEqual({ reason: 'no_unspent_credits', shortfall: null });
    expect(status.command).toMatchObject({ kind: 'set_member_status', status: 'inactive' });
    expect(await serverState(hybrid)).toMatchObject({ balance: 1_000 + available, violations: [] });
  });

  it('refuse for good what the server decides against, and can be sent anew', async () => {
    const [memberId = ''] = await activeMembers(partnerConsole);
    const { member } = await read(memberId);
    const { itemId } = await partnerConsole.value('allocation.revoke', {
      memberId,
      credits: member.available + 2,
      reason: null,
    });
    const refused = await itemIn(partnerConsole, itemId, 'refused');
    expect(refused.refusal).toEqual({ reason: 'insufficient_unspent', shortfall: 2 });
    await itemIn(partnerConsole, await assign(partnerConsole, memberId, 2), 'confirmed');
    const again = await partnerConsole.value('sync.retry', { itemId });
    expect(again.itemId).not.toBe(itemId);
    await itemIn(partnerConsole, again.itemId, 'confirmed');
    expect((await read(memberId)).member.available).toBe(0);
  });

  it('give to many in one call: every active member whom the filter leaves, each with a receipt of its own', async () => {
    const { total } = await partnerConsole.value('members.page', {
      filter: { ...everybody, status: 'inactive' },
      sort: { by: 'name', direction: 'ascending' },
      offset: 0,
      limit: 1,
    });
    const before = await serverState(hybrid);
    let calls = 0;
    hybrid.gateway.setFate(({ path }) => {
      if (/assign_member_credits|send_assignments/.test(path)) calls += 1;
      return 'pass';
    });
    const queued = await partnerConsole.value('allocation.assignMany', {
      members: { by: 'filter', filter: everybody },
      credits: 2,
      validityDays: 30,
      note: 'Spring',
    });
    expect(queued).toMatchObject({ queued: before.members - total, inactive: total, unknown: 0 });
    expect(queued.balance).toMatchObject({ confirmed: 1_000, planned: 2 * queued.queued });
    await partnerConsole.until('sync.status', {}, (status) => status.waiting + status.checking === 0);
    expect(calls).toBe(1);
    expect(await serverState(hybrid)).toMatchObject({
      balance: 1_000 - 2 * queued.queued,
      allocations: before.allocations + queued.queued,
      violations: [],
    });
    expect(await left()).toBe(1_000 - 2 * queued.queued);
    const { items } = await partnerConsole.value('sync.items', { show: 'confirmed', offset: 0, limit: 200 });
    const receipts = new Set(items.map((item) => item.receipt?.allocationId));
    expect(receipts.size).toBe(queued.queued);
  });

  it('have one effect each when the answer to many is cut off: they are asked for, and none is sent again', async () => {
    const members = await activeMembers(partnerConsole);
    const before = await serverState(hybrid);
    const paths: string[] = [];
    hybrid.gateway.setFate(({ path }) => {
      const name = path.split('/').at(-1) ?? '';
      if (name !== 'partner_changes') paths.push(name);
      return name === 'send_assignments' ? 'drop_answer' : 'pass';
    });
    const { queued } = await partnerConsole.value('allocation.assignMany', {
      members: { by: 'ids', memberIds: members.slice(0, 20) },
      credits: 3,
      validityDays: 30,
      note: null,
    });
    expect(queued).toBe(20);
    await partnerConsole.until('sync.status', {}, (status) => status.waiting + status.checking === 0);
    expect(paths.filter((name) => name === 'send_assignments')).toHaveLength(1);
    expect(paths.filter((name) => name === 'command_outcomes')).toHaveLength(1);
    expect(await serverState(hybrid)).toEqual({
      ...before,
      balance: before.balance - 60,
      allocations: before.allocations + 20,
    });
  });
});
