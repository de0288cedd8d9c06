import type { CheckResult } from '../../shared/contract/diagnostics.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import { ok } from '../../shared/result.ts';
import type { OpenAccount } from '../account-handlers.ts';
import type { Handlers } from '../application.ts';
import { listRounds } from '../cache/sync-history.ts';
import type { Platform } from '../platform/platform.ts';
import type { ApplicationFile } from '../settings/application-file.ts';
import { diagnose } from './diagnose.ts';
import { bundleText } from './bundle.ts';
import { reportText } from './report-text.ts';

export interface DiagnosticsDependencies {
  readonly platform: Platform;
  readonly file: ApplicationFile;
  readonly account: () => OpenAccount | null;
  readonly emit: (event: BridgeEvent) => void;
}

interface Latest {
  readonly startedAt: string;
  readonly server: string | null;
  readonly results: readonly CheckResult[];
}

type DiagnosticsOperationName = 'diagnostics.run' | 'diagnostics.cancel' | 'diagnostics.bundle';

/** The diagnostics, with or without somebody signed in. */
export function diagnosticsOperations(dependencies: DiagnosticsDependencies): Pick<Handlers, DiagnosticsOperationName> {
  const { platform, emit } = dependencies;
  let running: AbortController | null = null;
  let latest: Latest | null = null;
  return {
    'diagnostics.run': async () => {
      running?.abort();
      const mine = new AbortController();
      running = mine;
      const server = serverToLookAt(dependencies);
      const startedAt = new Date(platform.clock.now()).toISOString();
      const results = await diagnose({
        platform,
        server,
        synchronous: () => synchronousOf(dependencies.account()),
        onResult: (result) => {
          // Of a run that a newer one took the place of, nothing is shown any more.
          if (running === mine) emit({ event: 'diagnostic', result });
        },
        signal: mine.signal,
      });
      latest = { startedAt, server: server?.url ?? null, results };
      if (running === mine) running = null;
      for (const { check, verdict, milliseconds } of results) {
        if (verdict !== 'pass') platform.log('warn', 'diagnostic', { check, verdict, milliseconds });
      }
      return ok({ startedAt, results, text: reportText(results, startedAt, latest.server) });
    },
    'diagnostics.cancel': () => {
      running?.abort();
      return ok({});
    },
    'diagnostics.bundle': async () => {
      const account = dependencies.account();
      const createdAt = new Date(platform.clock.now()).toISOString();
      const text = await bundleText({
        createdAt,
        computer: platform,
        server: latest?.server ?? serverToLookAt(dependencies)?.url ?? null,
        results: latest?.results ?? [],
        rounds: account === null ? [] : listRounds(account.database, { offset: 0, limit: 100 }).rounds,
      });
      return ok({ fileName: `partner-console-diagnostics-${createdAt.slice(0, 10)}.json`, text });
    },
  };
}

/** The open account's project, else the preset one, else the last that somebody signed in to. */
function serverToLookAt({ platform, file, account }: DiagnosticsDependencies): Platform['presetServer'] {
  const open = account();
  const { accounts, lastServer } = file.read();
  const known = accounts.find(({ accountId }) => accountId === open?.accountId);
  if (known !== undefined) return { url: known.serverUrl, publishableKey: known.publishableKey };
  return platform.presetServer ?? lastServer;
}

function synchronousOf(account: OpenAccount | null): number | null {
  if (account === null || !account.database.isOpen) return null;
  return account.database.get<{ synchronous: number }>('pragma synchronous')?.synchronous ?? null;
}
