import { monitorEventLoopDelay } from 'node:perf_hooks';
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
 * Members through real PostgREST into a real cache by the console's own engine: all of them for the first time, and then a hundred that
 * changed. Beside it, in the same run, reading all pages without writing, and writing the same pages without the search.
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
}

async function measure(hybrid: Hybrid, round: number): Promise<Run> {
  let calls = 0;
  const functions = functionsOf(hybrid, () => {
    calls += 1;
  });
  let start = performance.now();
  const pages = await readAll(functions);
  const read = performance.now() - start;
  const written = await withDatabase(({ database }) => {
    start = performance.now();
    for (const page of pages) applyChangePage(database, toChangePage(page), Date.now());
    return Promise.resolve(performance.now() - start);
  });
  return withDatabase(async ({ database, longest }) => {
    const engine = engineOf(database, functions);
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    engine.signedIn();
    const whole = await pullNow(engine);
    delays.disable();
    const transaction = longest();
    await changeSome(hybrid, round);
    calls = 0;
    const increment = await pullNow(engine);
    expectChanged(database, round);
    await engine.close();
    return { read, written, whole, transaction, loop: delays.max / 1e6, increment, calls };
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
