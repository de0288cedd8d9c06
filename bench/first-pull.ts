import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readComparison } from '../main/cache/compare-members.ts';
import { applyChangePage } from '../main/cache/pull-state.ts';
import type { PartnerFunctions } from '../main/remote/partner-functions.ts';
import type { ChangesAnswer } from '../main/remote/wire.ts';
import { PAGE_SIZE, toChangePage } from '../main/sync/pull-page.ts';
import type { Hybrid } from '../test/backend/start-hybrid.ts';
import { baseline, seconds, timing, type BenchReport } from './measure.ts';
import {
  CHANGED,
  changeSome,
  engineOf,
  expectChanged,
  functionsOf,
  pullNow,
  withDatabase,
  withMembers,
} from './pull-place.ts';

/**
 * Members through real PostgREST into a real cache by the console's own engine: all of them for the first time, then a hundred that
 * changed, and then everything compared where a hundred differ. Beside it, in the same run, reading all pages without writing, and writing the same pages without the search.
 */
export function benchFirstPull(members: number, rounds: number): Promise<BenchReport> {
  return withMembers(members, async (hybrid) => {
    const runs: Run[] = [];
    for (let round = 0; round < rounds; round += 1) runs.push(await measure(hybrid, round));
    return report(members, runs);
  });
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
  readonly compared: number;
  readonly compareCalls: number;
  /** Bytes of the answers. */
  readonly compareBytes: number;
  readonly pullBytes: number;
  readonly pullCalls: number;
  readonly compareLoop: number;
}

async function measure(hybrid: Hybrid, round: number): Promise<Run> {
  let calls = 0;
  let bytes = 0;
  const functions = functionsOf(hybrid, (length) => {
    calls += 1;
    bytes += length;
  });
  let start = performance.now();
  const pages = await readAll(functions);
  const read = performance.now() - start;
  const written = await withDatabase(({ database }) => {
    start = performance.now();
    for (const page of pages) applyChangePage(database, toChangePage(page), Date.now());
    return Promise.resolve(performance.now() - start);
  });
  // Nothing was read from the sockets for seconds: one that the server has closed meanwhile is found out here.
  await functions.changes(null, 1);
  return withDatabase(async ({ database, longest }) => {
    const engine = engineOf(database, functions);
    [calls, bytes] = [0, 0];
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    engine.signedIn();
    const whole = await pullNow(engine);
    delays.disable();
    const transaction = longest();
    const [pullCalls, pullBytes] = [calls, bytes];
    await changeSome(hybrid, round);
    calls = 0;
    const increment = await pullNow(engine);
    expectChanged(database, round);
    const incrementCalls = calls;
    const loop = delays.max / 1e6;
    const damaged = database.run(
      `update members set first_name = 'Damaged', name_key = 'damaged' where rowid % ? = 0`,
      Math.ceil((pages.length * PAGE_SIZE) / CHANGED),
    );
    [calls, bytes] = [0, 0];
    delays.reset();
    delays.enable();
    start = performance.now();
    await engine.compareNow();
    const compared = performance.now() - start;
    delays.disable();
    const { mended } = readComparison(database);
    if (mended !== damaged) throw new Error(`${String(mended)} of ${String(damaged)} members were mended`);
    await engine.close();
    return {
      read,
      written,
      whole,
      transaction,
      loop,
      increment,
      calls: incrementCalls,
      compared,
      compareCalls: calls,
      compareBytes: bytes,
      pullBytes,
      pullCalls,
      compareLoop: delays.max / 1e6,
    };
  });
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

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

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
      baseline('everything compared where a hundred differ, until the search is filled', seconds(of('compared'))),
      baseline('longest the loop stood meanwhile', `${of('compareLoop').highest.toFixed(0)} ms`),
      baseline(
        'requests for it, and for the first pull',
        `${of('compareCalls').highest} and ${of('pullCalls').highest}`,
      ),
      baseline('answers to them', `${megabytes(of('compareBytes').median)} and ${megabytes(of('pullBytes').median)}`),
    ],
    data: { members, runs },
  };
}
