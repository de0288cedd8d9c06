import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { seededRandom } from '../soak/random.ts';
import { hasWire } from '../sync/sync-harness.ts';
import { startChaosProxy } from './chaos-proxy.ts';
import { judge } from './judge-chaos.ts';
import { KillableCore } from './killable-core.ts';
import { type ChaosPlan, type ChaosWorld, fillBalance, runChaos, signInThrough } from './run-chaos.ts';

/** `CHAOS_COMMANDS=100000 npx vitest run --project sync test/chaos` for a long run; `CHAOS_SEED=n` for the same choices again. */
const commands = Number(process.env['CHAOS_COMMANDS'] ?? 3_000);
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const plan: ChaosPlan = { commands, kills: 30, cuts: 60, crashes: 2 };

describe.skipIf(!hasWire)('a console, a way and a server that fail', () => {
  let hybrid: Hybrid;
  let folder: string;
  let world: ChaosWorld;
  beforeAll(async () => {
    // A crash of Postgres must not lose what it has committed.
    hybrid = await startHybrid({ durable: true });
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    await fillBalance(hybrid);
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-chaos-'));
    const random = seededRandom(seed);
    const proxy = await startChaosProxy(hybrid.url, random);
    const core = new KillableCore(folder);
    world = { hybrid, proxy, core, random };
    await core.start();
    await signInThrough(world);
  });
  afterEach(async () => {
    await world.core.kill();
    await world.proxy.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    `end with ${plan.commands} commands exactly as wanted (seed ${seed})`,
    { timeout: 120_000 + commands * 60 },
    async () => {
      const { wanted, commands: acknowledged, crashes, signIns } = await runChaos(world, plan);
      const { core, proxy } = world;
      const happened = [...proxy.happened].map(([fault, times]) => `${times} ${fault}`).join(', ');
      process.stdout.write(
        `${acknowledged} commands, ${core.kills} kills, ${proxy.cuts()} connections cut, ${crashes} crashes of Postgres, signed in again ${signIns} times; ${happened}\n`,
      );
      expect(await judge(hybrid, core, wanted)).toEqual([]);
      expect(acknowledged).toBeGreaterThanOrEqual(plan.commands);
    },
  );

  it(`would give credits twice if an attempt had a new id each time (seed ${seed})`, { timeout: 120_000 }, async () => {
    const { core, proxy } = world;
    proxy.freshIds = true;
    const { rows } = await core.value('members.page', {
      filter: { search: '', status: 'active', credits: null },
      sort: { by: 'email', direction: 'ascending' },
      offset: 0,
      limit: 30,
    });
    proxy.disturb({ oneIn: 2, faults: ['cut_answer'] });
    for (const [index, { memberId }] of rows.entries()) {
      await core.value('allocation.assign', { memberId, credits: 1, validityDays: 30, note: `chaos control ${index}` });
      await core.call('sync.now', {});
    }
    proxy.disturb(null);
    await expect
      .poll(
        async () => {
          const status = await core.value('sync.now', {});
          return status.waiting + status.checking;
        },
        { timeout: 60_000 },
      )
      .toBe(0);
    const [given] = await hybrid.sql<{ entries: number; notes: number }[]>`
      select count(*)::int as entries, count(distinct reason)::int as notes
      from public.credit_allocations where reason like 'chaos control %'`;
    expect(given?.notes).toBe(rows.length);
    expect(given?.entries).toBeGreaterThan(rows.length);
  });
});
