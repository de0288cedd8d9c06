import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectDatabase } from '../../../main/cache/inspect-database.ts';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { openDatabase } from '../../../main/cache/open.ts';
import type { Check, Finding } from '../../../main/diagnostics/check.ts';
import { type Computer, computerChecks } from '../../../main/diagnostics/computer-checks.ts';
import { judgeDatabases, judgeOutbox } from '../../../main/diagnostics/database-checks.ts';
import { databaseFiles, inspectDatabases } from '../../../main/diagnostics/inspect-databases.ts';
import { runChecks } from '../../../main/diagnostics/run-checks.ts';
import { memorySecrets } from '../../builders/console.ts';
import { idOf } from '../../builders/database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'diagnostics-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function look(name: string, change: Partial<Computer> = {}): Promise<Finding> {
  const computer: Computer = {
    kind: 'electron',
    version: '1.2.3',
    dataFolder: folder,
    secrets: memorySecrets(),
    ...change,
  };
  const check = computerChecks(computer).find((candidate) => candidate.name === name);
  if (check === undefined) throw new Error(name);
  return check.run(AbortSignal.timeout(10_000));
}

describe('this computer', () => {
  it('says which versions run', async () => {
    expect((await look('versions')).found).toMatch(/^Partner Console 1\.2\.3 .*Node \d+.*SQLite 3\.\d+.*schema \d+/);
  });

  it('passes a folder of this user alone, warns when others may look in, and leaves nothing there', async () => {
    expect(await look('folder')).toMatchObject({ verdict: 'pass' });
    chmodSync(folder, 0o755);
    expect(await look('folder')).toMatchObject({ verdict: 'warn', found: expect.stringContaining('755') });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('fails a folder that cannot be written to, and skips one that is not there yet', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    expect(await look('folder', { dataFolder: file })).toMatchObject({
      verdict: 'fail',
      found: expect.stringContaining('ENOTDIR'),
    });
    expect(await look('folder', { dataFolder: path.join(folder, 'none') })).toMatchObject({ verdict: 'skipped' });
    expect(await look('disk', { dataFolder: path.join(folder, 'none') })).toMatchObject({
      found: expect.stringMatching(/\d (MB|GB) free/),
    });
  });

  it('warns without a keyring in the app alone', async () => {
    const secrets = memorySecrets({ available: false });
    expect(await look('keyring')).toMatchObject({ verdict: 'pass' });
    expect(await look('keyring', { secrets })).toMatchObject({ verdict: 'warn' });
    expect(await look('keyring', { secrets, kind: 'browser' })).toMatchObject({ verdict: 'pass' });
  });
});

describe('the databases', () => {
  const account = (name: string): string => path.join(folder, 'accounts', name, 'console.db');
  const worker = new URL('../../../main/diagnostics/inspect-worker.ts', import.meta.url);
  const payload = { memberName: 'Anna', memberEmail: 'anna@a.example', credits: 2, validityDays: 30, note: null };

  function create(name: string, queued: number): string {
    const opened = openDatabase(account(name));
    if (!opened.ok) throw new Error(opened.error.code);
    for (let number = 1; number <= queued; number += 1) {
      queueAssignment(opened.value, { ...payload, memberId: idOf(number) }, Date.now());
    }
    opened.value.close();
    return account(name);
  }

  it('are read on a thread, without a name or an address', async () => {
    create('a', 3);
    create('b', 0);
    const facts = await inspectDatabases(worker, databaseFiles(folder), AbortSignal.timeout(20_000));
    expect(facts.map(({ fault, outbox, unreadable }) => ({ fault, outbox, unreadable }))).toEqual([
      { fault: null, outbox: { queued: 3 }, unreadable: 0 },
      { fault: null, outbox: {}, unreadable: 0 },
    ]);
    expect(JSON.stringify(facts)).not.toMatch(/anna/i);
    expect(judgeDatabases(facts, 2)).toMatchObject({
      verdict: 'pass',
      found: expect.stringContaining('synchronous = 2'),
    });
    expect(judgeOutbox(facts)).toEqual({ verdict: 'pass', found: '0 items confirmed, 3 queued.', next: null });
  });

  it('end with the person’s signal', async () => {
    create('a', 0);
    const stop = new AbortController();
    const inspected = inspectDatabases(worker, databaseFiles(folder), stop.signal);
    stop.abort();
    await expect(inspected).rejects.toThrow('the inspection ended');
  });

  it('fail when damaged, newer, or not waiting for the disk', () => {
    const facts = inspectDatabase(create('a', 1));
    expect(judgeDatabases([facts], 1)).toMatchObject({ verdict: 'fail', found: expect.stringContaining('= 1') });
    expect(judgeDatabases([{ ...facts, schema: 999 }], 2)).toMatchObject({
      verdict: 'fail',
      next: expect.stringContaining('Nothing is lost'),
    });
    expect(judgeDatabases([{ ...facts, isWal: false }], 2)).toMatchObject({ verdict: 'warn' });
    expect(judgeDatabases([], null)).toMatchObject({ verdict: 'skipped' });
    truncateSync(account('a'), 20_000);
    expect(judgeDatabases([facts, inspectDatabase(account('a'))], 2)).toMatchObject({
      verdict: 'fail',
      found: expect.stringMatching(/damaged/),
    });
    writeFileSync(account('a'), 'no database at all, but long enough to have a header of a hundred bytes'.repeat(3));
    expect(inspectDatabase(account('a')).fault).toBe('SQLITE_NOTADB');
    mkdirSync(account('c'), { recursive: true });
    expect(inspectDatabase(account('c')).fault).toMatch(/^SQLITE_/);
  });

  it('warn of a damaged one that was set aside before', () => {
    const file = create('a', 1);
    writeFileSync(`${file}.corrupt-20260501`, '');
    writeFileSync(`${file}.corrupt-20260501-wal`, '');
    expect(judgeDatabases([inspectDatabase(file)], 2)).toMatchObject({
      verdict: 'warn',
      found: expect.stringContaining('a damaged one was set aside'),
    });
  });

  it('say when the outbox holds what nobody queued, and when refused items wait', () => {
    const file = create('a', 2);
    const opened = openDatabase(file);
    if (!opened.ok) throw new Error(opened.error.code);
    // Still JSON, and still an assignment: of ninety credits more.
    opened.value.run(`update outbox set payload = replace(payload, '"credits":2', '"credits":92') where sequence = 1`);
    opened.value.run(`update outbox set state = 'refused' where sequence = 2`);
    opened.value.close();
    const facts = inspectDatabase(file);
    expect(judgeOutbox([facts])).toMatchObject({ verdict: 'fail', found: expect.stringMatching(/^1 items/) });
    expect(judgeOutbox([{ ...facts, unreadable: 0 }])).toMatchObject({
      verdict: 'warn',
      found: expect.stringContaining('1 refused'),
    });
  });
});

describe('running checks', () => {
  const check = (name: Check['name'], run: Check['run'], limit = 5_000): Check => ({
    name,
    limit,
    ifLate: 'Wait.',
    run,
  });
  const passing = (): Finding => ({ verdict: 'pass', found: 'Fine.', next: null });

  it('tells each result at once, and lets none hold up another lane', async () => {
    const told: string[] = [];
    let release = (_finding: Finding): void => undefined;
    const held = new Promise<Finding>((resolve) => (release = resolve));
    const running = runChecks(
      [
        [check('proxy', () => held), check('name', passing)],
        [
          check('disk', passing),
          check('folder', () => Promise.reject(Object.assign(new Error('anna@a.example'), { code: 'EIO' }))),
        ],
      ],
      (result) => {
        told.push(`${result.check} ${result.verdict}`);
        if (told.length === 2) release(passing());
      },
      new AbortController().signal,
    );
    const results = await running;
    expect(told).toEqual(['disk pass', 'folder fail', 'proxy pass', 'name pass']);
    expect(results.map((result) => result.check)).toEqual(['proxy', 'name', 'disk', 'folder']);
    expect(JSON.stringify(results)).toContain('EIO');
    expect(JSON.stringify(results)).not.toContain('anna');
  });

  it('fails what does not answer in time, ends it, and goes on', async () => {
    let ended = false;
    const endless: Check['run'] = (signal) => {
      signal.addEventListener('abort', () => (ended = true));
      return new Promise(() => undefined);
    };
    const results = await runChecks(
      [[check('proxy', endless, 10), check('name', passing)]],
      () => undefined,
      new AbortController().signal,
    );
    expect(results).toMatchObject([{ verdict: 'fail', next: 'Wait.' }, { verdict: 'pass' }]);
    expect(ended).toBe(true);
  });

  it('skips the rest when the person ends it', async () => {
    const stop = new AbortController();
    const endless: Check['run'] = () => {
      queueMicrotask(() => stop.abort());
      return new Promise(() => undefined);
    };
    const results = await runChecks([[check('proxy', endless), check('name', passing)]], () => undefined, stop.signal);
    expect(results.map(({ verdict }) => verdict)).toEqual(['skipped', 'skipped']);
  });
});
