import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AppError } from '../../shared/app-error.ts';
import type { OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';
import type { Result } from '../../shared/result.ts';
import type { Application } from '../../main/application.ts';
import { composeApplication } from '../../main/compose.ts';
import { createDispatch } from '../../main/ipc/dispatch.ts';
import type { Clock, Log, Platform, SecretStore } from '../../main/platform/platform.ts';
import { systemClock } from '../../main/platform/system-clock.ts';

export interface ConsoleOptions {
  readonly dataFolder?: string;
  readonly clock?: Clock;
  readonly secrets?: SecretStore;
  readonly fetch?: typeof globalThis.fetch;
  readonly log?: Log;
  readonly onConnectionHint?: Platform['onConnectionHint'];
}

/** The whole console as its hosts run it, called through the dispatch: inputs and outputs are parsed as in the product. */
export interface TestConsole {
  readonly application: Application;
  readonly dataFolder: string;
  readonly secrets: SecretStore;
  readonly events: BridgeEvent[];
  call<N extends OperationName>(name: N, input: OperationInput<N>): Promise<Result<OperationOutput<N>, AppError>>;
  /** As `call`, for an operation that has to succeed. */
  value<N extends OperationName>(name: N, input: OperationInput<N>): Promise<OperationOutput<N>>;
  /** Waits until the answer of an operation fulfils the condition; looks again after every event, and gives up after 20 s. */
  until<N extends OperationName>(
    name: N,
    input: OperationInput<N>,
    isSo: (value: OperationOutput<N>) => boolean,
  ): Promise<OperationOutput<N>>;
  close(): Promise<void>;
}

/** Composes and starts a console. Without a folder it gets one of its own, which is removed when it closes. */
export async function openConsole(options: ConsoleOptions = {}): Promise<TestConsole> {
  const ownFolder = options.dataFolder === undefined;
  const dataFolder = options.dataFolder ?? mkdtempSync(path.join(tmpdir(), 'partner-console-test-'));
  const secrets = options.secrets ?? memorySecrets();
  const log = options.log ?? (() => undefined);
  const application = await composeApplication({
    kind: 'test',
    operatingSystem: 'linux',
    version: '0.0.0',
    dataFolder,
    secrets,
    clock: options.clock ?? systemClock,
    log,
    fetch: options.fetch ?? globalThis.fetch,
    proxyFor: () => Promise.resolve({ used: 'DIRECT', unused: null }),
    onConnectionHint: options.onConnectionHint ?? (() => () => undefined),
    presetServer: null,
    demo: null,
    importWorker: new URL('../../main/uploads/import-worker.ts', import.meta.url),
    inspectWorker: new URL('../../main/diagnostics/inspect-worker.ts', import.meta.url),
  });
  const events: BridgeEvent[] = [];
  application.onEvent((event) => events.push(event));
  const dispatch = createDispatch(application.handlers, { log, newIncident: () => 'incident' });
  await application.start();

  const call: TestConsole['call'] = async <N extends OperationName>(name: N, input: OperationInput<N>) =>
    (await dispatch(name, input)) as Result<OperationOutput<N>, AppError>;
  const value: TestConsole['value'] = async (name, input) => {
    const result = await call(name, input);
    if (!result.ok) throw new Error(`${name} failed: ${JSON.stringify(result.error)}`);
    return result.value;
  };
  return {
    application,
    dataFolder,
    secrets,
    events,
    call,
    value,
    async until(name, input, isSo) {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const latest = await value(name, input);
        if (isSo(latest)) return latest;
        if (Date.now() > deadline) throw new Error(`${name} never became so: ${JSON.stringify(latest)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async close() {
      await application.close();
      if (ownFolder) rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** A secret store that outlives the console it was given to, as the operating system's does. */
export function memorySecrets(options: { readonly available?: boolean } = {}): SecretStore {
  const stored = new Map<string, string>();
  return {
    available: () => options.available ?? true,
    save: (name, secret) => void stored.set(name, secret),
    load: (name) => stored.get(name) ?? null,
    remove: (name) => void stored.delete(name),
  };
}
