import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import { activeMembers, assign, hasWire, signIn } from './sync-harness.ts';

describe.skipIf(!hasWire)('the Sync centre and the diagnostics over the real wire', () => {
  let hybrid: Hybrid;
  let partnerConsole: TestConsole;

  beforeAll(async () => {
    hybrid = await startHybrid();
    partnerConsole = await openConsole();
    await signIn(partnerConsole, hybrid);
  });
  afterAll(async () => {
    await partnerConsole.close();
    await hybrid.close();
  });

  const rounds = async () => (await partnerConsole.value('sync.history', { offset: 0, limit: 50 })).rounds;

  it('keep what each sync sent, read and met', async () => {
    expect((await rounds()).at(-1)).toMatchObject({ startedBy: 'sign_in', pulledMembers: 60, sent: 0, fault: null });

    const [memberId = ''] = await activeMembers(partnerConsole);
    const itemId = await assign(partnerConsole, memberId, 2);
    await partnerConsole.until('sync.history', { offset: 0, limit: 50 }, (history) =>
      history.rounds.some((round) => round.startedBy === 'queued' && round.confirmed === 1 && round.sent === 1),
    );

    await hybrid.gateway.goOffline();
    await partnerConsole.call('sync.now', {});
    expect((await rounds())[0]).toMatchObject({ startedBy: 'person', fault: 'refused', pulledMembers: 0 });
    await hybrid.gateway.goOnline();

    const found = await partnerConsole.value('sync.items', { show: 'confirmed', search: itemId, offset: 0, limit: 10 });
    expect(found.items.map((item) => item.itemId)).toEqual([itemId]);
  });

  it('retry all refused items of one reason, each as a new command', async () => {
    const members = await activeMembers(partnerConsole);
    for (const memberId of members.slice(0, 3)) await assign(partnerConsole, memberId, 100_000);
    const open = { show: 'refused', offset: 0, limit: 50 } as const;
    const refused = await partnerConsole.until('sync.items', open, ({ total }) => total === 3);
    expect(await partnerConsole.value('sync.reasons', {})).toEqual({
      reasons: [{ reason: 'insufficient_credits', items: 3 }],
    });
    await partnerConsole.value('sync.pause', {});
    expect(await partnerConsole.value('sync.retryAll', { reason: 'member_inactive' })).toEqual({ retried: 0 });
    expect(await partnerConsole.value('sync.retryAll', { reason: 'insufficient_credits' })).toEqual({ retried: 3 });
    const waiting = await partnerConsole.value('sync.items', { ...open, show: 'waiting' });
    const ids = new Set(refused.items.map((item) => item.itemId));
    expect(waiting.items.map((item) => ids.has(item.itemId))).toEqual([false, false, false]);
    expect((await partnerConsole.value('sync.items', open)).total).toBe(0);
  });

  it('look at the project, and name a function that it lacks', async () => {
    const look = async () => {
      const { results } = await partnerConsole.value('diagnostics.run', {});
      return Object.fromEntries(results.map(({ check, verdict, found }) => [check, `${verdict}: ${found}`]));
    };
    expect(await look()).toMatchObject({
      connection: expect.stringMatching(/^pass/),
      sign_in_server: expect.stringMatching(/^pass/),
      data_server: expect.stringMatching(/^pass/),
      clock: expect.stringMatching(/^pass/),
      database: expect.stringMatching(/^pass.*synchronous = 2/),
    });
    const rename = (from: string, to: string) =>
      hybrid.sql.unsafe(`alter function public.${from}(uuid, uuid, text) rename to ${to}`);
    await rename('undo_member_upload', 'undo_later');
    await hybrid.reloadSchema();
    expect((await look())['data_server']).toBe(
      'fail: The database lacks undo_member_upload of this version of the console.',
    );
    await rename('undo_later', 'undo_member_upload');
  });
});
