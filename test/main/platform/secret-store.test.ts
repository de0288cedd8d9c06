import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecretStore, type Encryption } from '../../../main/platform/secret-store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'secret-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A keyring whose key can be changed; it refuses what another key sealed, as the real ones do. */
function keyring(key: string, backend?: string, available = true): Encryption {
  return {
    isEncryptionAvailable: () => available,
    encryptString: (text) => Buffer.from(`${key}:${Buffer.from(text).toString('base64')}`),
    decryptString: (sealed) => {
      const [sealedBy, text = ''] = sealed.toString().split(':');
      if (sealedBy !== key) throw new Error('Error while decrypting the ciphertext');
      return Buffer.from(text, 'base64').toString();
    },
    ...(backend === undefined ? {} : { getSelectedStorageBackend: () => backend }),
  };
}

const store = (encryption: Encryption, events: string[] = []) =>
  createSecretStore(encryption, folder, (_level, event) => void events.push(event));

describe('secret store', () => {
  it('keeps a secret between starts, sealed and readable by this user alone', () => {
    store(keyring('k')).save('session/1', 'refresh-token');
    expect(store(keyring('k')).load('session/1')).toBe('refresh-token');
    const [file = ''] = readdirSync(folder);
    expect(readFileSync(path.join(folder, file), 'utf8')).not.toContain('refresh-token');
    expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
    store(keyring('k')).remove('session/1');
    expect(readdirSync(folder)).toEqual([]);
    expect(store(keyring('k')).load('session/1')).toBeNull();
  });

  it.each([
    ['there is no keyring', keyring('k', undefined, false)],
    ['Linux falls back to its fixed password', keyring('k', 'basic_text')],
    ['Linux does not know its keyring', keyring('k', 'unknown')],
  ])('writes nothing at all where %s', (_what, encryption) => {
    const weak = store(encryption);
    expect(weak.available()).toBe(false);
    weak.save('session', 'refresh-token');
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(path.join(folder, 'session.secret'), encryption.encryptString('old'));
    expect(weak.load('session')).toBeNull();
  });

  it('answers null and says so in the log when the keyring was replaced', () => {
    const events: string[] = [];
    store(keyring('old', 'gnome_libsecret')).save('session', 'refresh-token');
    expect(store(keyring('new', 'gnome_libsecret'), events).load('session')).toBeNull();
    expect(events).toEqual(['secret_unreadable']);
  });
});
