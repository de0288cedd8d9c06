import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../main/cache/open.ts';
import { clearCache, readPullState } from '../../main/cache/pull-state.ts';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole } from '../builders/console.ts';
import { fileSecrets } from './core-process.ts';
import { demo, hasWire, signIn } from './sync-harness.ts';

const coreProcess = fileURLToPath(new URL('./core-process.ts', import.meta.url));
/** Half of them in a first pull. KILLS=100 asks for more. */
const KILLS = Number(process.env['KILLS'] ?? 8);
/** Eight pages of the feed. */
const MEMBERS = 4_000;
const CHANGED = 1_500;

describe.skipIf(!hasWire)('a core that is killed while it reads the feed', () => {
  let hybrid: Hybrid;
  let dataFolder: string;
  let child: ChildProcess | null = null;

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    dataFolder = mkdtempSync(path.join(tmpdir(), 'partner-console-killed-pulling-'));
    return () => {
      hybrid.gateway.setFate(null);
      child?.kill('SIGKILL');
      rmSync(dataFolder, { recursive: true, force: true });
    };
  });

  const accountFolder = (): string => {
    const accounts = path.join(dataFolder, 'accounts');
    return path.join(accounts, readdirSync(accounts)[0] ?? '');
  };
  const openCache = () => {
    const opened = openDatabase(path.join(accountFolder(), 'console.db'));
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    return opened.value;
  };

  /** Kills the core so many milliseconds after the n-th page was asked for: while it comes, is written down or is indexed. */
  async function pullAndKill(page: number, afterMs: number): Promise<void> {
    let asked = 0;
    let running: ChildProcess | null = null;
    hybrid.gateway.setFate(({ path: requested }) => {
      if (!requested.includes('partner_changes')) return 'pass';
      asked += 1;
      // Where fewer pages are left, it is killed at rest.
      if (asked === page || asked === 1)
        void setTimeout(asked === page ? afterMs : 4_000).then(() => running?.kill('SIGKILL'));
      return 'pass';
    });
    child = spawn(process.execPath, [coreProcess, dataFolder], { stdio: ['ignore', 'ignore', 'inherit'] });
    running = child;
    const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    expect(signal).toBe('SIGKILL');
    hybrid.gateway.setFate(null);
  }

  async function pullToTheEnd(): Promise<void> {
    const whole = await openConsole({ dataFolder, secrets: fileSecrets(dataFolder) });
    await whole.until('sync.status', {}, (status) => status.lastPullAt !== null && !status.pulling);
    await whole.application.close();
  }

  const changeSome = (round: number) => hybrid.sql`
    update public.partner_members set first_name = ${`Round ${round}`}
    where id in (select m.id from public.partner_members m join public.users u on u.id = m.partner_id
      where u.email = ${demo.email} order by md5(m.id::text || ${round}) limit ${CHANGED})`;

  it(
    `has a whole cache after each of ${KILLS} kills, and the server’s at the end`,
    { timeout: 60_000 + KILLS * 10_000 },
    async () => {
      const secrets = fileSecrets(dataFolder);
      const first = await openConsole({ dataFolder, secrets });
      await signIn(first, hybrid);
      await first.application.close();
      await hybrid.sql`
      insert into public.partner_members (partner_id, email, first_name)
      select u.id, 'pulled' || n || '@company.example', 'Pulled ' || n
      from public.users u, generate_series(1, ${MEMBERS}) as n where u.email = ${demo.email}`;
      let seed = Number(process.env['SEED'] ?? 1);
      const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
      const reached = { first: 0, incremental: 0 };
      for (let kill = 0; kill < KILLS; kill += 1) {
        const isFirst = kill < KILLS / 2;
        // A first pull goes on where it was killed; one that has ended begins anew.
        const before = openCache();
        if (isFirst && (kill === 0 || readPullState(before).completedAt !== null)) clearCache(before);
        before.close();
        if (kill === Math.ceil(KILLS / 2)) await pullToTheEnd();
        if (!isFirst) await changeSome(kill);
        await pullAndKill(1 + Math.floor(random() * 4), Math.floor(random() * 160));
        const killed = openCache();
        expect(killed.get('pragma integrity_check')).toEqual({ integrity_check: 'ok' });
        reached[readPullState(killed).completedAt === null ? 'first' : 'incremental'] += 1;
        killed.close();
      }
      console.info(JSON.stringify({ kills: KILLS, foundIn: reached }));

      const last = await openConsole({ dataFolder, secrets });
      try {
        await last.until('sync.status', {}, (status) => status.lastPullAt !== null && !status.pulling);
        await last.value('sync.now', {});
        const wanted = await hybrid.sql<{ email: string; name: string }[]>`
        select m.email, m.first_name as name from public.partner_members m join public.users u on u.id = m.partner_id
        where u.email = ${demo.email}`;
        const cache = openCache();
        const kept = cache.all<{ email: string; name: string }>('select email, first_name as name from members');
        // The search finds as many as there are: its index is whole too.
        const found = await last.value('members.page', {
          filter: { search: 'company', status: null, credits: null },
          sort: { by: 'email', direction: 'ascending' },
          offset: 0,
          limit: 1,
        });
        cache.close();
        const linesOf = (rows: readonly { email: string; name: string }[]): string[] =>
          rows.map(({ email, name }) => `${email} ${name}`).toSorted();
        expect(linesOf(kept)).toEqual(linesOf(wanted));
        expect(found.total).toBe(
          kept.filter((row) => `${row.name} ${row.email}`.toLowerCase().includes('company')).length,
        );
        expect(await last.value('sync.compare', {})).toEqual({
          members: wanted.length,
          mended: 0,
          removed: 0,
          stopped: false,
        });
      } finally {
        await last.close();
      }
    },
  );
});
