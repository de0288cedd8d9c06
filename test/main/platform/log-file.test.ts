import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog, redact } from '../../../main/platform/log-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'log-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('log', () => {
  it('writes one JSON line an event, into a file of this user alone', () => {
    const { log, close } = openLog(folder);
    log('info', 'console_started', { host: 'test', rows: 3 });
    log('warn', 'odd\nevent');
    close();
    log('error', 'after the end');
    const file = path.join(folder, 'console.log');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { at: expect.stringMatching(/Z$/), level: 'info', event: 'console_started', host: 'test', rows: 3 },
      { at: expect.any(String), level: 'warn', event: 'odd\nevent' },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('redacts addresses, tokens and keys that slip into a value', () => {
    const { log, close } = openLog(folder);
    log('error', 'odd', {
      a: 'no row for Anna.Schmidt+x@firm.example.',
      b: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1',
      c: 'Authorization: Bearer abc.def',
      d: 'key sb_secret_12ab and sb_publishable_99',
      e: 'jürgen@müller.example',
    });
    close();
    const text = readFileSync(path.join(folder, 'console.log'), 'utf8');
    for (const leak of ['Schmidt', 'eyJ', 'abc.def', '12ab', '_99', 'jürgen', 'müller'])
      expect(text).not.toContain(leak);
    expect(redact('412 rows at 14:02')).toBe('412 rows at 14:02');
  });

  it('begins a new file when the old one has grown, and keeps one old one', () => {
    openLog(folder).close();
    truncateSync(path.join(folder, 'console.log'), 6 * 1024 * 1024);
    const { log, close } = openLog(folder);
    log('info', 'new');
    close();
    expect(statSync(path.join(folder, 'console.log')).size).toBeLessThan(200);
    expect(statSync(path.join(folder, 'console.previous.log')).size).toBe(6 * 1024 * 1024);
  });
});
