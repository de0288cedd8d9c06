import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole } from '../builders/console.ts';
import { fillBalance } from '../chaos/run-chaos.ts';
import { seededRandom } from '../soak/random.ts';
import { fileSecrets } from './core-process.ts';
import {
  activeMembers,
  assign,
  csvOfPeople,
  hasWire,
  itemIn,
  serverState,
  signIn,
  submitUpload,
} from './sync-harness.ts';

/** `KILLS=100 npx vitest run --project sync test/sync/killed.test.ts` for a long run; `KILL_SEED=n` for the same moments again. */
const kills = Number(process.env['KILLS'] ?? 4);
const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 1_000_000));
/** More than a core sends in a quarter of a second. */
const ROWS_A_LIFE = 1_000;

const coreProcess = fileURLToPath(new URL('./core-process.ts', import.meta.url));

describe.skipIf(!hasWire)('a core that is killed while it sends', () => {
  let hybrid: Hybrid;
  let dataFolder: string;
  let child: ChildProcess | null = null;

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    dataFolder = mkdtempSync(path.join(tmpdir(), 'partner-console-killed-'));
    return () => {
      hybrid.gateway.setFate(null);
      child?.kill('SIGKILL');
      rmSync(dataFolder, { recursive: true, force: true });
    };
  });

  /**
   * Runs the core in a process of its own and kills it over the n-th request to `functionName`: before the server has seen it,
   * or once the server has committed it and no answer gets back.
   */
  async function runAndKill(functionName: string, nth: number, committed: boolean): Promise<void> {
    let requests = 0;
    const { balance } = await serverState(hybrid);
    hybrid.gateway.setFate(({ path: requested }) => {
      if (!requested.includes(functionName)) return 'pass';
      requests += 1;
      if (requests < nth) return 'pass';
      if (committed) return 'drop_answer';
      child?.kill('SIGKILL');
      return 'drop_request';
    });
    child = spawn(process.execPath, [coreProcess, dataFolder], { stdio: ['ignore', 'ignore', 'inherit'] });
    const exited = once(child, 'exit');
    if (committed) {
      while ((await serverState(hybrid)).balance === balance) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
    }
    const [, signal] = (await exited) as [number | null, NodeJS.Signals | null];
    expect(signal).toBe('SIGKILL');
    hybrid.gateway.setFate(null);
  }

  it('goes on after three kills in one upload, with nothing sent twice and nothing lost', async () => {
    const secrets = fileSecrets(dataFolder);
    const first = await openConsole({ dataFolder, secrets });
    await signIn(first, hybrid);
    const before = await serverState(hybrid);
    await first.value('sync.pause', {});
    const draftId = await submitUpload(first, csvOfPeople(900, 1));
    await first.value('sync.resume', {});
    await hybrid.gateway.goOffline();
    await first.application.close();
    await hybrid.gateway.goOnline();

    await runAndKill('upload_members', 1, true);
    await runAndKill('upload_members', 2, false);
    await runAndKill('upload_members', 1, true);

    const last = await openConsole({ dataFolder, secrets });
    try {
      const draft = await last.until('uploads.read', { draftId }, (value) => value.stage === 'done');
      expect(draft).toMatchObject({ confirmed: 900, refused: 0, waiting: 0 });
      expect(await serverState(hybrid)).toEqual({
        balance: before.balance - 900,
        allocations: before.allocations + 900,
        members: before.members + 900,
        violations: [],
      });
    } finally {
      await last.close();
    }
  });

  it(
    `ends with every row once after ${kills} kills at random moments of one upload (seed ${seed})`,
    { timeout: 60_000 + kills * 6_000 },
    async () => {
      const random = seededRandom(seed);
      const secrets = fileSecrets(dataFolder);
      await fillBalance(hybrid);
      const first = await openConsole({ dataFolder, secrets });
      await signIn(first, hybrid);
      const before = await serverState(hybrid);
      await first.value('sync.pause', {});
      const rows = kills * ROWS_A_LIFE;
      const draftId = await submitUpload(first, csvOfPeople(rows, 1));
      await first.value('sync.resume', {});
      await hybrid.gateway.goOffline();
      await first.application.close();
      await hybrid.gateway.goOnline();

      for (let life = 0; life < kills; life += 1) {
        const begins = new Promise<void>((resolve) => {
          hybrid.gateway.setFate(({ path: requested }) => {
            if (requested.includes('/rpc/upload_')) resolve();
            return 'pass';
          });
        });
        const core = spawn(process.execPath, [coreProcess, dataFolder], { stdio: ['ignore', 'ignore', 'inherit'] });
        child = core;
        const exited = once(core, 'exit');
        await begins;
        await wait(random.integer(0, 250));
        core.kill('SIGKILL');
        await exited;
      }
      hybrid.gateway.setFate(null);
      // Otherwise the last lives had nothing to send, and their kills would prove nothing.
      expect((await serverState(hybrid)).members - before.members).toBeLessThan(rows);

      const last = await openConsole({ dataFolder, secrets });
      try {
        await expect
          .poll(() => last.value('uploads.read', { draftId }), { interval: 200, timeout: 30_000 + kills * 3_000 })
          .toMatchObject({ stage: 'done', confirmed: rows, refused: 0, waiting: 0 });
        expect(await serverState(hybrid)).toEqual({
          balance: before.balance - rows,
          allocations: before.allocations + rows,
          members: before.members + rows,
          violations: [],
        });
      } finally {
        await last.close();
      }
    },
  );

  it('asks for an assignment in doubt under its own id on the next start', async () => {
    const secrets = fileSecrets(dataFolder);
    const first = await openConsole({ dataFolder, secrets });
    await signIn(first, hybrid);
    const [memberId = ''] = await activeMembers(first);
    await hybrid.gateway.goOffline();
    const itemId = await assign(first, memberId, 9);
    await first.application.close();
    await hybrid.gateway.goOnline();

    await runAndKill('assign_member_credits', 1, true);
    expect((await serverState(hybrid)).balance).toBe(991);

    await hybrid.gateway.goOffline();
    const last = await openConsole({ dataFolder, secrets });
    try {
      await itemIn(last, itemId, 'checking');
      await hybrid.gateway.goOnline();
      const confirmed = await itemIn(last, itemId, 'confirmed');
      expect(confirmed.receipt?.replayed).toBe(true);
      expect((await serverState(hybrid)).balance).toBe(991);
    } finally {
      await last.close();
    }
  });
});
