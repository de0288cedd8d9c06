import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { app, net, safeStorage } from 'electron';
import { createDataFolder } from './data-folder.ts';
import { demoOf, operatingSystemOf, presetServerOf } from './environment.ts';
import { openLog } from './log-file.ts';
import type { Log, Platform, SecretStore } from './platform.ts';
import { systemClock } from './system-clock.ts';

/** What this module needs of Electron's safeStorage. */
export interface Encryption {
  isEncryptionAvailable(): boolean;
  encryptString(plainText: string): Buffer;
  decryptString(encrypted: Buffer): string;
  /** Linux only. */
  getSelectedStorageBackend?(): string;
}

/**
 * Secrets in files of the data folder, encrypted by the operating system's keyring. On Linux without a keyring Electron
 * falls back to a fixed password (`basic_text`), which protects nothing: that counts as no store at all.
 */
export function createSecretStore(encryption: Encryption, folder: string, log: Log): SecretStore {
  const fileOf = (name: string): string => path.join(folder, `${name.replaceAll(/[^\w-]/g, '_')}.secret`);
  const available = (): boolean => {
    if (!encryption.isEncryptionAvailable()) return false;
    const backend = encryption.getSelectedStorageBackend?.();
    return backend !== 'basic_text' && backend !== 'unknown';
  };
  return {
    available,
    save: (name, secret) => {
      if (!available()) return;
      const partial = `${fileOf(name)}.new`;
      writeFileSync(partial, encryption.encryptString(secret), { mode: 0o600, flush: true });
      renameSync(partial, fileOf(name));
    },
    load: (name) => {
      if (!available()) return null;
      let encrypted: Buffer;
      try {
        encrypted = readFileSync(fileOf(name));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      }
      try {
        return encryption.decryptString(encrypted);
      } catch {
        // The keyring was changed or replaced: the secret is lost, the person signs in again.
        log('warn', 'secret_unreadable');
        return null;
      }
    },
    remove: (name) => rmSync(fileOf(name), { force: true }),
  };
}

/**
 * The data folder of this start; Electron's own files go there too, so that one variable moves everything. To be called
 * before anything else of Electron is used.
 */
export function chooseDataFolder(environment: NodeJS.ProcessEnv): string {
  const chosen = environment['PARTNER_CONSOLE_DATA'];
  const folder = createDataFolder(chosen ?? app.getPath('userData'));
  app.setPath('userData', folder);
  app.setPath('sessionData', path.join(folder, 'chromium'));
  return folder;
}

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
    presetServer: presetServerOf(environment),
    demo: demoOf(environment),
    importWorker: new URL('./import-worker.js', import.meta.url),
    closeLog: close,
  };
}
