import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Log, SecretStore } from './platform.ts';

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
