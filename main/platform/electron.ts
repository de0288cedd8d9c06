import { app, net, powerMonitor, safeStorage, session } from 'electron';
import { demoOf, operatingSystemOf, presetServerOf } from './environment.ts';
import { openLog } from './log-file.ts';
import type { Platform } from './platform.ts';
import { createSecretStore, type Encryption } from './secret-store.ts';
import { systemClock } from './system-clock.ts';
import { watchNetwork } from './watch-network.ts';

/** The platform of the desktop app; call once Electron is ready (the keyring answers only then). */
export function createElectronPlatform(
  dataFolder: string,
  environment: NodeJS.ProcessEnv,
): Platform & { closeLog(): void } {
  const { log, close } = openLog(dataFolder);
  const encryption: Encryption = {
    isEncryptionAvailable: () => safeStorage.isEncryptionAvailable(),
    encryptString: (text) => safeStorage.encryptString(text),
    decryptString: (encrypted) => safeStorage.decryptString(encrypted),
    ...(process.platform === 'linux'
      ? { getSelectedStorageBackend: () => safeStorage.getSelectedStorageBackend() }
      : {}),
  };
  return {
    kind: 'electron',
    operatingSystem: operatingSystemOf(process.platform),
    version: app.getVersion(),
    dataFolder,
    secrets: createSecretStore(encryption, dataFolder, log),
    clock: systemClock,
    log,
    // Chromium's network stack: the system's proxy settings, its certificates, and its cache of connections.
    fetch: ((input: string | Request, init?: RequestInit) =>
      net.fetch(input, { ...init, bypassCustomProtocolHandlers: true })) as typeof globalThis.fetch,
    proxyFor: async (url) => ({ used: await session.defaultSession.resolveProxy(url), unused: null }),
    onConnectionHint: (noticed) => {
      const woke = (): void => noticed('wake');
      powerMonitor.on('resume', woke);
      const endWatch = watchNetwork(() => noticed('network'));
      return () => {
        powerMonitor.off('resume', woke);
        endWatch();
      };
    },
    presetServer: presetServerOf(environment),
    demo: demoOf(environment),
    importWorker: new URL('./import-worker.js', import.meta.url),
    inspectWorker: new URL('./inspect-worker.js', import.meta.url),
    closeLog: close,
  };
}
