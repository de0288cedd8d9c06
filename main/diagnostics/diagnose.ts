import { type CheckResult, checkNames, type CheckName } from '../../shared/contract/diagnostics.ts';
import type { Platform } from '../platform/platform.ts';
import { type Check, skip } from './check.ts';
import { computerChecks } from './computer-checks.ts';
import { connectionCheck } from './connection-check.ts';
import { databaseChecks } from './database-checks.ts';
import { databaseFiles, inspectDatabases } from './inspect-databases.ts';
import { nameCheck } from './name-check.ts';
import type { NetworkFacts } from './network-facts.ts';
import { proxyCheck } from './proxy-check.ts';
import { runChecks } from './run-checks.ts';
import { serverChecks } from './server-checks.ts';

const networkNames: readonly CheckName[] = ['proxy', 'name', 'connection', 'sign_in_server', 'data_server', 'clock'];

export interface Diagnosis {
  readonly platform: Pick<
    Platform,
    'kind' | 'version' | 'dataFolder' | 'secrets' | 'clock' | 'fetch' | 'proxyFor' | 'inspectWorker'
  >;
  /** The project to look at; null when none is known yet. */
  readonly server: { readonly url: string; readonly publishableKey: string } | null;
  /** SQLite's `synchronous` of the database that is open; null where none is. */
  readonly synchronous: () => number | null;
  readonly onResult: (result: CheckResult) => void;
  readonly signal: AbortSignal;
}

/** Looks at the way to the server and at this computer, beside each other. Answers in the order in which people read it. */
export async function diagnose({ platform, server, synchronous, onResult, signal }: Diagnosis): Promise<CheckResult[]> {
  const inspect = (stop: AbortSignal): ReturnType<typeof inspectDatabases> =>
    inspectDatabases(platform.inspectWorker, databaseFiles(platform.dataFolder), stop);
  const computer = [...computerChecks(platform), ...databaseChecks({ inspect, synchronous })];
  const results = await runChecks([networkChecks(platform, server), computer], onResult, signal);
  return results.toSorted((a, b) => checkNames.indexOf(a.check) - checkNames.indexOf(b.check));
}

function networkChecks(platform: Diagnosis['platform'], server: Diagnosis['server']): Check[] {
  if (server === null || !URL.canParse(server.url)) {
    const found = skip('Not looked at: no organisation address is known yet. Type one on the sign-in screen.');
    return networkNames.map((name) => ({ name, limit: 1_000, ifLate: '', run: () => found }));
  }
  const facts: NetworkFacts = {
    url: new URL(server.url),
    publishableKey: server.publishableKey,
    fetch: platform.fetch,
    now: () => platform.clock.now(),
    isChromium: platform.kind === 'electron',
    proxyFor: platform.proxyFor,
    proxy: null,
    proxyAsksSignIn: false,
    isUnreachable: false,
    skew: null,
  };
  return [proxyCheck(facts), nameCheck(facts), connectionCheck(facts), ...serverChecks(facts)];
}
