import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog } from '../../../main/platform/log-file.ts';
import { redact } from '../../../main/platform/log-line.ts';

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
      { at: expect.any(String), level: 'warn', event: '[redacted]' },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('lets no address, name, token or sentence in, by whichever way', () => {
    const hostile = [
      'no row for Anna.Schmidt+x@firm.example.',
      'jürgen@müller.example',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1',
      'Authorization: Bearer abc.def',
      'sb_secret_12abzz',
      'v1.MToyNDUxOTk3NzQz',
      'Anna Schmidt',
      'Anna',
      'Jürgen Müller',
      'duplicate key (email)=(zoe)',
      '/home/anna.schmidt/Partner Console/console.db',
      'q8w7e6r5t4z3',
      '5f4dcc3b5aa765d61d8327deb882cf99',
      '+49 170 1234567',
    ];
    const { log, close } = openLog(folder);
    for (const text of hostile) {
      log('error', 'odd', { error: text, fault: text, item: text, note: text, frames: text });
      log('error', 'odd', { [text]: 1 });
      log('error', text, {});
      const failure = Object.assign(new Error(text), { name: text });
      log('error', 'odd', { error: failure.name, frames: String(failure.stack) });
    }
    close();
    const text = readFileSync(path.join(folder, 'console.log'), 'utf8');
    for (const leak of hostile) expect(text).not.toContain(leak);
    for (const leak of ['chmidt', 'nna', 'eyJ', 'abc', '12ab', 'rgen', 'zoe', 'MToy', '170', 'dcc3']) {
      expect(text).not.toContain(leak);
    }
    expect(text.trimEnd().split('\n').length).toBe(hostile.length * 4);
  });

  it('keeps what somebody needs who follows one command', () => {
    const { log, close } = openLog(folder);
    const data = {
      item: '5f2b7c1e-0000-4000-8000-000000000001',
      call: 'assign',
      outcome: 'insufficient_credits',
      fault: 'ERR_CERT_AUTHORITY_INVALID',
      code: '57014',
      error: 'SqliteError',
      operation: 'allocation.assignMany',
      reason: 'http_503',
      version: '1.20.3',
      milliseconds: 12,
    };
    log('warn', 'server_call', data);
    log('error', 'operation_failed', {
      frames:
        'at async assign (file:///home/anna/app/dist/main/main.js:12:7) | at C:\\Users\\anna\\main.js:1:2 | items.0.heldReason invalid_value',
    });
    close();
    const lines = readFileSync(path.join(folder, 'console.log'), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject(data);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      frames: 'at async assign (main.js:12:7) | at main.js:1:2 | items.0.heldReason invalid_value',
    });
  });

  it('redacts a text that leaves this computer', () => {
    expect(redact('mail to jürgen@müller.example with sb_secret_1')).toBe('mail to [redacted] with [redacted]');
    expect(redact('412 rows at 14:02')).toBe('412 rows at 14:02');
  });

  it('stays below its size while it is written, too', () => {
    const { log, close } = openLog(folder, 2_000);
    for (let number = 0; number < 200; number += 1) log('info', 'sync_round', { sent: number });
    close();
    const [now, before] = ['console.log', 'console.previous.log'].map((name) => path.join(folder, name));
    expect(statSync(now ?? '').size).toBeLessThan(2_200);
    expect(statSync(before ?? '').size).toBeLessThan(2_200);
    const last =
      readFileSync(now ?? '', 'utf8')
        .trimEnd()
        .split('\n')
        .at(-1) ?? readFileSync(before ?? '', 'utf8');
    expect(last).toContain('199');
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
