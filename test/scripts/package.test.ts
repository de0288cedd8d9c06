import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DebugLogger } from 'builder-util';
import { getConfig, validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { encodeIco } from '../../scripts/package/icon-file.ts';
import { judgeFiles, judgeText } from '../../scripts/package/inspect-package.ts';

const root = path.resolve(import.meta.dirname, '../..');

const whole = [
  'package.json',
  'dist/main/main.js',
  'dist/main/import-worker.js',
  'dist/main/inspect-worker.js',
  'dist/main/desktop-1t3Lpfer.js',
  'dist/preload/preload.cjs',
  'dist/renderer/index.html',
  'dist/renderer/assets/index-1.css',
  'node_modules/better-sqlite3/package.json',
  'node_modules/better-sqlite3/lib/methods/backup.js',
  'node_modules/better-sqlite3/prebuilds/linux-x64.node',
];

describe('electron-builder.yml', () => {
  it('is valid, builds every promised target, and sets every fuse', async () => {
    const config = await getConfig(root, 'electron-builder.yml', null);
    await expect(validateConfiguration(config, new DebugLogger(false))).resolves.toBeUndefined();
    expect(config.linux?.target).toEqual(['deb', 'rpm', 'AppImage']);
    expect(config.win?.target).toEqual(['nsis', 'msi']);
    expect(config.mac?.target).toEqual(['dmg']);
    expect(config.nsis?.perMachine).toBe(true);
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  it('is refused with a planted mistake', async () => {
    const config = await getConfig(root, 'electron-builder.yml', null);
    const mistaken = { ...config, linux: { ...config.linux, categorie: 'Office' } };
    await expect(validateConfiguration(mistaken, new DebugLogger(false))).rejects.toThrow(
      /configuration\.linux should be one of/,
    );
  });
});

describe('package check', () => {
  it('finds nothing in a rightful list', () => {
    expect(judgeFiles(whole, ['better-sqlite3'])).toEqual([]);
  });

  it.each([
    ['dist/main/main.js.map', 'source map'],
    ['dist/renderer/application.tsx', 'source'],
    ['main/compose.ts', 'source'],
    ['node_modules/better-sqlite3/test/a.js', 'test'],
    ['.env', 'key or environment file'],
    ['dist/main/signing.p12', 'key or environment file'],
    ['node_modules/electron/index.js', 'development dependency'],
    ['node_modules/@supabase/lite/package.json', 'development dependency'],
    ['supabase/seed.sql', 'belongs to no known place'],
    ['node_modules/better-sqlite3/deps/sqlite3.c', 'belongs to no known place'],
    ['dist/sources.txt', 'belongs to no known place'],
  ])('finds %s', (file, reason) => {
    expect(judgeFiles([...whole, file], ['better-sqlite3'])).toEqual([{ file, reason }]);
  });

  it('finds what is missing', () => {
    const problems = judgeFiles(
      whole.filter((file) => !file.includes('preload.cjs')),
      ['better-sqlite3'],
    );
    expect(problems).toEqual([{ file: 'dist/preload/preload.cjs', reason: 'missing' }]);
  });

  it.each([
    ['-----BEGIN RSA PRIVATE KEY-----', 'private key'],
    [`const key = "sb_secret_${'a1'.repeat(8)}"`, 'secret key of a Supabase project'],
    [`eyJ${'a'.repeat(30)}.${'b'.repeat(30)}.${'c'.repeat(20)}`, 'token'],
    ['postgresql://admin:hunter2@db.example/postgres', 'database address with a password'],
    ['//# sourceMappingURL=data:application/json;base64,AAAA', 'embedded source map'],
  ])('finds in the text: %s', (text, reason) => {
    expect(judgeText('a.js', `before ${text} after`)).toEqual([{ file: 'a.js', reason }]);
  });
});

describe('icons', () => {
  it('are a whole Windows icon with every size', () => {
    const file = readFileSync(path.join(root, 'build/icon.ico'));
    const edges = Array.from(
      { length: file.readUInt16LE(4) },
      (_value, index) => file.readUInt8(6 + 16 * index) || 256,
    );
    expect(edges).toEqual([16, 24, 32, 48, 64, 128, 256]);
    edges.forEach((_edge, index) => {
      const offset = file.readUInt32LE(6 + 16 * index + 12);
      expect(file.subarray(offset + 1, offset + 4).toString()).toBe('PNG');
    });
  });

  it('puts each picture where its entry says', () => {
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
    const file = Buffer.from(
      encodeIco([
        { edge: 16, png },
        { edge: 256, png },
      ]),
    );
    expect(file.readUInt32LE(6 + 16 + 12)).toBe(6 + 32 + 4);
    expect(file.readUInt8(6 + 16)).toBe(0);
    expect(file.length).toBe(6 + 32 + 8);
  });
});
