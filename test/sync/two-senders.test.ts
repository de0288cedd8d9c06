import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import { activeMembers, assign, csvOfPeople, hasWire, serverState, signIn, submitUpload } from './sync-harness.ts';

const ROWS = 300;

/** Nobody claims the folder here: the lock is taken away, and only the request ids are left between two senders and two effects. */
describe.skipIf(!hasWire)('two consoles that send out of one folder', () => {
  let hybrid: Hybrid;
  let dataFolder: string;
  let consoles: TestConsole[];

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    dataFolder = mkdtempSync(path.join(tmpdir(), 'partner-console-two-'));
    consoles = [];
    return async () => {
      hybrid.gateway.setFate(null);
      for (const partnerConsole of consoles) await partnerConsole.application.close();
      rmSync(dataFolder, { recursive: true, force: true });
    };
  });

  /** Each with a session of its own, on the same database. */
  async function openTwo(): Promise<[TestConsole, TestConsole]> {
    const first = await openConsole({ dataFolder });
    consoles.push(first);
    await signIn(first, hybrid);
    await first.value('sync.pause', {});
    const second = await openConsole({ dataFolder });
    consoles.push(second);
    await signIn(second, hybrid);
    return [first, second];
  }
  /** Holds each first sending of a function back until the other console has sent the same: neither knows of the other's. */
  function meetAt(functionName: string): () => number {
    let sent = 0;
    hybrid.gateway.setFate(async ({ path: requested }): Promise<'pass'> => {
      if (!requested.includes(functionName)) return 'pass';
      sent += 1;
      for (let waited = 0; sent < 2 && waited < 5_000; waited += 20) await setTimeout(20);
      return 'pass';
    });
    return () => sent;
  }
  const resume = (both: readonly TestConsole[]): Promise<unknown> =>
    Promise.all(both.map((one) => one.value('sync.resume', {})));

  it('gives each of many assignments once', async () => {
    const [first, second] = await openTwo();
    const before = await serverState(hybrid);
    const members = (await activeMembers(first)).slice(0, 20);
    for (const memberId of members) await assign(first, memberId, 3);
    const sent = meetAt('send_assignments');
    await resume([first, second]);
    for (const one of [first, second]) {
      const all = { show: 'confirmed', offset: 0, limit: 99 } as const;
      await one.until('sync.items', all, ({ total }) => total === members.length);
    }
    expect(sent()).toBeGreaterThan(1);
    expect(await serverState(hybrid)).toEqual({
      ...before,
      balance: before.balance - 3 * members.length,
      allocations: before.allocations + members.length,
    });
    await first.value('sync.now', {});
    expect((await first.value('dashboard.read', {})).balance).toMatchObject({
      confirmed: before.balance - 3 * members.length,
      planned: 0,
    });
  });

  it.each(['valid_only', 'all_or_nothing'] as const)('does each row of an upload once (%s)', async (mode) => {
    const [first, second] = await openTwo();
    const before = await serverState(hybrid);
    const draftId = await submitUpload(first, csvOfPeople(ROWS, 1), mode);
    const sent = meetAt(mode === 'valid_only' ? 'upload_members' : 'commit_member_upload');
    await resume([first, second]);
    for (const one of [first, second]) {
      const done = await one.until('uploads.read', { draftId }, ({ stage }) => stage === 'done');
      expect(done).toMatchObject({ confirmed: ROWS, refused: 0, waiting: 0 });
    }
    expect(sent()).toBeGreaterThan(1);
    expect(await serverState(hybrid)).toEqual({
      balance: before.balance - ROWS,
      allocations: before.allocations + ROWS,
      members: before.members + ROWS,
      violations: [],
    });
    const { items } = await first.value('sync.items', { show: 'confirmed', offset: 0, limit: 9 });
    expect(items.map(({ command }) => command)).toMatchObject([{ rows: ROWS, confirmed: ROWS, refused: 0 }]);
  });
});
