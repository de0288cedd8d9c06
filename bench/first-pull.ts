import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { OpenDatabase } from '../main/cache/database.ts';
import { openDatabase } from '../main/cache/open.ts';
import { applyChangePage } from '../main/cache/pull-state.ts';
import { systemClock } from '../main/platform/system-clock.ts';
import { createPartnerFunctions, type PartnerFunctions } from '../main/remote/partner-functions.ts';
import type { ChangesAnswer } from '../main/remote/wire.ts';
import { createSyncEngine } from '../main/sync/engine.ts';
import { PAGE_SIZE, toChangePage } from '../main/sync/pull-page.ts';
import { signToken } from '../test/backend/local-keys.ts';
import { type Hybrid, startHybrid } from '../test/backend/start-hybrid.ts';
import { baseline, seconds, timing, type BenchReport } from './measure.ts';

const DEMO_PARTNER = 'd0000000-0000-4000-8000-000000000001';
const CHANGED = 100;

/**
 * Members through real PostgREST into a real cache by the console's own engine: all of them for the first time, and then a hundred that
 * changed. Beside it, in the same run, reading all pages without writing, and writing the same pages without the search.
 */
export async function benchFirstPull(members: number, rounds: number): Promise<BenchReport> {
  const hybrid = await startHybrid();
  try {
    await fill(hybrid, members);
    const runs: Run[] = [];
    for (let round = 0; round < rounds; round += 1) runs.push(await measure(hybrid, round));
    return report(members, runs);
  } finally {
    await hybrid.close();
  }
}

/** Milliseconds. */
interface Run {
  readonly read: number;
  readonly written: number;
  readonly whole: number;
  readonly transaction: number;
  readonly loop: number;
  readonly increment: number;
  readonly calls: number;
}

async function measure(hybrid: Hybrid, round: number): Promise<Run> {
  let calls = 0;
  const functions = functionsOf(hybrid, () => {
    calls += 1;
  });
  let start = performance.now();
  const pages = await readAll(functions);
  const read = performance.now() - start;
  const written = await withDatabase(async ({ database }) => {
    start = performance.now();
    for (const page of pages) applyChangePage(database, toChangePage(page), Date.now());
    return performance.now() - start;
  });
  return withDatabase(async ({ database, longest }) => {
    const engine = createSyncEngine({
      database,
      partnerId: DEMO_PARTNER,
      functions,
      clock: systemClock,
      log: () => undefined,
      announce: () => undefined,
      onPullProgress: () => undefined,
      random: Math.random,
    });
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    start = performance.now();
    engine.signedIn();
    const failure = await engine.syncNow();
    if (failure !== null) throw new Error(`the pull failed: ${failure.kind}`);
    const whole = performance.now() - start;
    delays.disable();
    const transaction = longest();
    await hybrid.sql`
      update public.partner_members set first_name = ${`Changed ${round}`}
      where email in (select 'member' || n || '@pull.example' from generate_series(1, ${CHANGED}::int) n)`;
    calls = 0;
    start = performance.now();
    await engine.syncNow();
    const increment = performance.now() - start;
    const changed = database.get<{ members: number }>(
      'select count(*) as members from members where first_name = ?',
      `Changed ${round}`,
    );
    if (changed?.members !== CHANGED) throw new Error(`${String(changed?.members)} changes came`);
    await engine.close();
    return { read, written, whole, transaction, loop: delays.max / 1e6, increment, calls };
  });
}

function functionsOf(hybrid: Hybrid, onCall: () => void): PartnerFunctions {
  const token = signToken(DEMO_PARTNER);
  const counting: typeof fetch = (input, init) => {
    onCall();
    return fetch(input, init);
  };
  return createPartnerFunctions(
    { url: hybrid.url, publishableKey: hybrid.publishableKey },
    counting,
    { token: () => Promise.resolve({ ok: true, value: token }), rejected: () => undefined },
    Date.now,
  );
}

async function readAll(functions: PartnerFunctions): Promise<ChangesAnswer[]> {
  const pages: ChangesAnswer[] = [];
  for (;;) {
    const answer = await functions.changes(pages.at(-1)?.cursor ?? null, PAGE_SIZE);
    if (!answer.ok) throw new Error(`a page failed: ${answer.failure.kind}`);
    pages.push(answer.value);
    if (!answer.value.has_more) return pages;
  }
}

/** A database of its own, which notes its longest transaction in milliseconds. */
async function withDatabase<T>(
  work: (opened: { database: OpenDatabase; longest: () => number }) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-bench-'));
  const opened = openDatabase(path.join(folder, 'console.db'));
  if (!opened.ok) throw new Error(`the cache cannot be opened: ${opened.error.code}`);
  const database = opened.value;
  let longest = 0;
  const timed: OpenDatabase = {
    ...database,
    get isOpen() {
      return database.isOpen;
    },
    transaction: (inner) => {
      const start = performance.now();
      const result = database.transaction(inner);
      longest = Math.max(longest, performance.now() - start);
      return result;
    },
  };
  try {
    return await work({ database: timed, longest: () => longest });
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(hybrid: Hybrid, members: number): Promise<void> {
  await hybrid.sql`
    insert into public.partner_members (partner_id, email, first_name)
    select ${DEMO_PARTNER}, 'member' || n || '@pull.example', 'Member ' || n from generate_series(1, ${members}::int) n`;
  await hybrid.sql`analyze public.partner_members`;
}

function report(members: number, runs: readonly Run[]): BenchReport {
  const of = (what: keyof Run) => timing(runs.map((run) => run[what]));
  const [read, written, whole, increment] = [of('read'), of('written'), of('whole'), of('increment')];
  const ratio = whole.median / (read.median + written.median);
  const calls = of('calls').highest;
  const longest = of('transaction').highest;
  return {
    name: 'first-pull',
    figures: [
      baseline('members', members.toLocaleString('en')),
      baseline('network and JSON alone', seconds(read)),
      baseline('writing the same pages, without the search', seconds(written)),
      baseline('the first pull, until the search is filled', seconds(whole)),
      { what: 'pull ÷ (network and JSON + writing)', value: ratio.toFixed(2), goal: '≤ 2', isMet: ratio <= 2 },
      { what: 'longest transaction', value: `${longest.toFixed(0)} ms`, goal: '≤ 50 ms', isMet: longest <= 50 },
      baseline('longest the loop stood, with the gateway in it', `${of('loop').highest.toFixed(0)} ms`),
      {
        what: `${CHANGED} changes among them`,
        value: seconds(increment),
        goal: '≤ 0.3 s',
        isMet: increment.median <= 300,
      },
      { what: 'requests for them', value: String(calls), goal: '≤ 3', isMet: calls <= 3 },
    ],
    data: { members, runs },
  };
}
