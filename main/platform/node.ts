import { homedir } from 'node:os';
import { createDataFolder, defaultDataFolder } from './data-folder.ts';
import { demoOf, environmentProxyFor, operatingSystemOf, presetServerOf } from './environment.ts';
import { openLog } from './log-file.ts';
import type { Platform, SecretStore } from './platform.ts';
import { systemClock } from './system-clock.ts';
import { watchNetwork } from './watch-network.ts';

/** A host without the operating system's secret store keeps no secret: the person signs in again at each start. */
export const noSecretStore: SecretStore = {
  available: () => false,
  save: () => undefined,
  load: () => null,
  remove: () => undefined,
};

export interface NodePlatformOptions {
  readonly kind: 'browser' | 'terminal';
  readonly version: string;
  readonly importWorker: URL;
  readonly inspectWorker: URL;
  /** Wins over PARTNER_CONSOLE_DATA and the system's own place. */
  readonly dataFolder?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** The platform of the browser host and the terminal command. Creates the data folder and opens the log in it. */
export function createNodePlatform(options: NodePlatformOptions): Platform & { closeLog(): void } {
  const environment = options.environment ?? process.env;
  const dataFolder = createDataFolder(
    options.dataFolder ??
      environment['PARTNER_CONSOLE_DATA'] ??
      defaultDataFolder(environment, process.platform, homedir()),
  );
  const { log, close } = openLog(dataFolder);
  return {
    kind: options.kind,
    operatingSystem: operatingSystemOf(process.platform),
    version: options.version,
    dataFolder,
    secrets: noSecretStore,
    clock: systemClock,
    log,
    fetch: globalThis.fetch,
    proxyFor: (url) => Promise.resolve(environmentProxyFor(environment, url)),
    onConnectionHint: (noticed) => watchNetwork(() => noticed('network')),
    presetServer: presetServerOf(environment),
    demo: demoOf(environment),
    importWorker: options.importWorker,
    inspectWorker: options.inspectWorker,
    closeLog: close,
  };
}
