import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import {
  activeMembers,
  assign,
  csvOfPeople,
  demo,
  hasWire,
  itemIn,
  serverState,
  signIn,
  submitUpload,
} from './sync-harness.ts';

const everything = { show: 'all', offset: 0, limit: 200 } as const;

describe.skipIf(!hasWire)('one balance', () => {
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

  it('is never overdrawn by two consoles that race for it', async () => {
    const rival = await openConsole();
    try {
      await signIn(rival, hybrid);
      const members = await activeMembers(partnerConsole);
      const before = await serverState(hybrid);
      await hybrid.gateway.goOffline();
      for (const memberId of members.slice(0, 30)) {
        await assign(partnerConsole, memberId, 20);
        await assign(rival, memberId, 20);
      }
      await hybrid.gateway.goOnline();
      const settled = (status: { waiting: number; checking: number }): boolean =>
        status.waiting + status.checking === 0;
      await partnerConsole.until('sync.status', {}, settled);
      await rival.until('sync.status', {}, settled);

      const lists = await Promise.all([partnerConsole, rival].map((each) => each.value('sync.items', everything)));
      const items = lists.flatMap((list) => list.items);
      expect(items.filter((item) => item.state === 'confirmed')).toHaveLength(50);
      const refused = items.filter((item) => item.state === 'refused');
      expect(refused).toHaveLength(10);
      expect(refused.every((item) => item.refusal?.reason === 'insufficient_credits')).toBe(true);
      expect(await serverState(hybrid)).toMatchObject({
        balance: 0,
        allocations: before.allocations + 50,
        violations: [],
      });
    } finally {
      await rival.close();
    }
  });

  it('refuses what it cannot pay with the shortfall, and lets everything behind it pass', async () => {
    const [first = '', second = ''] = await activeMembers(partnerConsole);
    const tooMuch = await assign(partnerConsole, first, 1_007);
    const behind = await assign(partnerConsole, first, 3);
    const elsewhere = await assign(partnerConsole, second, 2);
    const refused = await itemIn(partnerConsole, tooMuch, 'refused');
    expect(refused.refusal).toEqual({ reason: 'insufficient_credits', shortfall: 7 });
    await itemIn(partnerConsole, behind, 'confirmed');
    await itemIn(partnerConsole, elsewhere, 'confirmed');
    expect(await partnerConsole.value('sync.status', {})).toMatchObject({ attention: 1, waiting: 0 });
    expect((await partnerConsole.value('dashboard.read', {})).balance).toMatchObject({ confirmed: 995, planned: 0 });

    const corrected = await partnerConsole.value('sync.edit', {
      itemId: tooMuch,
      credits: 5,
      validityDays: 30,
      note: null,
    });
    expect(corrected.itemId).not.toBe(tooMuch);
    await itemIn(partnerConsole, corrected.itemId, 'confirmed');
    expect(await partnerConsole.value('sync.status', {})).toMatchObject({ attention: 0 });
    expect((await serverState(hybrid)).balance).toBe(990);
  });

  it('holds an upload at the row it cannot pay, and goes on with the rest once it can', async () => {
    const draftId = await submitUpload(partnerConsole, csvOfPeople(15, 100));
    const [item] = (await partnerConsole.until('sync.items', everything, (list) => list.items[0]?.state === 'held'))
      .items;
    expect(item).toMatchObject({ heldReason: 'insufficient_credits' });
    const paused = await partnerConsole.value('uploads.read', { draftId });
    expect(paused).toMatchObject({ stage: 'paused', confirmed: 10, refused: 1, waiting: 4 });
    const { rows } = await partnerConsole.value('uploads.rows', { draftId, show: 'refused', offset: 0, limit: 10 });
    expect(rows).toMatchObject([{ row: 11, outcome: { reason: 'insufficient_credits', shortfall: 100 } }]);
    expect((await partnerConsole.value('dashboard.read', {})).balance).toMatchObject({
      confirmed: 0,
      planned: 400,
      left: -400,
    });
    expect((await partnerConsole.value('sync.status', {})).attention).toBe(1);

    await hybrid.sql`select set_config('session_replication_role', 'replica', false)`;
    await hybrid.sql`update public.users set credits = 1000 where email = ${demo.email}`;
    await hybrid.sql`select set_config('session_replication_role', 'origin', false)`;
    await partnerConsole.value('uploads.resume', { draftId });
    const done = await partnerConsole.until('uploads.read', { draftId }, (value) => value.stage === 'done');
    expect(done).toMatchObject({ confirmed: 14, refused: 1, waiting: 0 });
    expect((await serverState(hybrid)).balance).toBe(600);
  });

  it('sends nothing of a paused upload, and gives a stopped one back in two parts', async () => {
    let uploads = 0;
    let pause: (() => Promise<unknown>) | null = null;
    hybrid.gateway.setFate(async ({ path }): Promise<'pass'> => {
      if (!path.includes('upload_members')) return 'pass';
      uploads += 1;
      await pause?.();
      pause = null;
      return 'pass';
    });
    await partnerConsole.value('sync.pause', {});
    const draftId = await submitUpload(partnerConsole, csvOfPeople(500, 1));
    // Paused while its first chunk is on the way: that chunk is answered, no other is sent.
    pause = () => partnerConsole.value('uploads.pause', { draftId });
    await partnerConsole.value('sync.resume', {});
    const paused = await partnerConsole.until('uploads.read', { draftId }, (value) => value.confirmed === 200);
    expect(paused).toMatchObject({ stage: 'paused', waiting: 300 });
    await partnerConsole.value('sync.now', {});
    expect(uploads).toBe(1);

    await partnerConsole.value('uploads.stop', { draftId });
    expect(await partnerConsole.value('uploads.read', { draftId })).toMatchObject({ stage: 'stopped', confirmed: 200 });
    expect((await partnerConsole.value('dashboard.read', {})).balance).toMatchObject({ confirmed: 800, planned: 0 });
    expect((await serverState(hybrid)).balance).toBe(800);
  });

  it('shows a removed member no longer, and what another console changed', async () => {
    const rival = await openConsole();
    try {
      await signIn(rival, hybrid);
      const [memberId = ''] = await activeMembers(partnerConsole);
      await itemIn(rival, await assign(rival, memberId, 11), 'confirmed');
      await partnerConsole.value('sync.now', {});
      const { member, allocations } = await partnerConsole.value('members.read', { memberId });
      expect(allocations[0]).toMatchObject({ credits: 11, actor: demo.email });
      expect((await rival.value('members.read', { memberId })).member).toEqual(member);

      const draftId = await submitUpload(rival, csvOfPeople(1, 0, 'leaver'));
      await rival.until('uploads.read', { draftId }, (value) => value.stage === 'done');
      const search = {
        filter: { search: 'leaver1@', status: null, credits: null },
        sort: { by: 'name', direction: 'ascending' },
        offset: 0,
        limit: 10,
      } as const;
      await partnerConsole.value('sync.now', {});
      expect((await partnerConsole.value('members.page', search)).total).toBe(1);
      await hybrid.sql`delete from public.partner_members where email = 'leaver1@upload.example'`;
      await partnerConsole.value('sync.now', {});
      expect((await partnerConsole.value('members.page', search)).total).toBe(0);
    } finally {
      await rival.close();
    }
  });
});
