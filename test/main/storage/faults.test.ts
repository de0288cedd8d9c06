import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, schemaVersion } from '../../../main/cache/migrate.ts';
import { migrations } from '../../../main/cache/migrations/index.ts';
import { connect } from '../../../main/cache/open.ts';
import { openOrRecover } from '../../../main/cache/recover.ts';

const NOW = Date.parse('2026-05-04T09:00:00Z');
const child = path.join(import.meta.dirname, 'queueing-process.ts');
/** More with PARTNER_CONSOLE_KILLS: a third of a second each. */
const KILLS = Number(process.env['PARTNER_CONSOLE_KILLS'] ?? 25);

/** Whether a small disk can be made: by root, where nothing forbids it. */
const mayMount = ((): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const tried = mkdtempSync(path.join(tmpdir(), 'partner-console-mount-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', tried]).status === 0;
  if (isMounted) spawnSync('umount', [tried]);
  rmSync(tried, { recursive: true, force: true });
  return isMounted;
})();

describe('acknowledged commands', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-faults-'));
    file = path.join(folder, 'console.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = () => {
    const opened = openOrRecover(file, NOW);
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    return opened.value;
  };
  const idsIn = (output: string): string[] =>
    output
      .split('\n')
      .slice(0, -1)
      .filter((line) => !line.startsWith('fault'));
  const stored = (): Set<string> => {
    const { database } = open();
    expect(database.get('pragma integrity_check')).toEqual({ integrity_check: 'ok' });
    const ids = database.all<{ id: string }>('select item_id as id from outbox').map(({ id }) => id);
    database.close();
    return new Set(ids);
  };

  it(`are all there after each of ${KILLS} kills`, { timeout: 30_000 + KILLS * 5_000 }, async () => {
    const acknowledged: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      acknowledged.push(...idsIn(await runUntilKilled(1 + ((kill * 37) % 90))));
      const found = stored();
      expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
    }
    expect(acknowledged.length).toBeGreaterThan(KILLS);
  });

  /** Kills the child once it has written so many lines, wherever it is then. */
  function runUntilKilled(lines: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const running = spawn(process.execPath, [child, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      running.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.split('\n').length > lines) running.kill('SIGKILL');
      });
      running.on('error', reject);
      running.on('close', () => resolve(output));
    });
  }

  it.skipIf(process.platform === 'win32')('survive a disk that takes no more; what did not fit says so', () => {
    open().database.close();
    // 400 blocks of 512 or 1,024 bytes: the log or the journal meets the limit after some commands.
    const full = spawnSync(
      'sh',
      ['-c', `trap '' XFSZ; ulimit -f 700; exec "$0" "$1" "$2"`, process.execPath, child, file],
      {
        encoding: 'utf8',
      },
    );
    const ids = idsIn(full.stdout);
    expect(full.stdout).toMatch(/fault (SQLITE_FULL|SQLITE_IOERR_WRITE|EFBIG|SQLITE_IOERR_SHMSIZE)\n$/);
    expect(ids.length).toBeGreaterThan(0);
    const found = stored();
    expect(ids.filter((id) => !found.has(id))).toEqual([]);
  });

  it.skipIf(!mayMount)('survive a disk of 1.2 MB that is full (a tmpfs, mounted by root)', () => {
    const disk = path.join(folder, 'disk');
    mkdirSync(disk);
    const mount = (...options: string[]): void => void execFileSync('mount', [...options, disk]);
    mount('-t', 'tmpfs', '-o', 'size=1200k', 'tmpfs');
    file = path.join(disk, 'console.db');
    try {
      const full = spawnSync(process.execPath, [child, file], { encoding: 'utf8' });
      const ids = idsIn(full.stdout);
      expect(full.stdout).toMatch(/fault (SQLITE_FULL|SQLITE_IOERR_WRITE|ENOSPC|SQLITE_IOERR_SHMSIZE)\n$/);
      expect(ids.length).toBeGreaterThan(0);
      // While it is full, it may not even open; it says why.
      const opened = openOrRecover(file, NOW);
      const fault = opened.ok ? null : opened.error;
      if (opened.ok) opened.value.database.close();
      expect([null, { code: 'cache_unavailable', reason: 'full' }]).toContainEqual(fault);
      mount('-o', 'remount,size=20m');
      const found = stored();
      expect(ids.filter((id) => !found.has(id))).toEqual([]);
      // What was refused may come back out of the journal, to be looked at: never by itself.
      const { database } = open();
      const extra = database.all<{ id: string; reason: string | null }>(
        'select item_id as id, held_reason as reason from outbox',
      );
      expect(extra.filter(({ id, reason }) => !ids.includes(id) && reason !== 'recovered')).toEqual([]);
      database.close();
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('of two copies at work in one folder are all there, under different ids', { timeout: 60_000 }, async () => {
    open().database.close();
    const outputs = await Promise.all([1, 2].map(() => runUntilKilled(40)));
    const ids = outputs.flatMap(idsIn);
    expect(new Set(ids).size).toBe(ids.length);
    const found = stored();
    expect(ids.filter((id) => !found.has(id))).toEqual([]);
  });
});

describe('a migration that is cut off', () => {
  it('at any of its statements leaves the schema and the data of before', { timeout: 120_000 }, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-cut-'));
    const file = path.join(folder, 'console.db');
    writeFileSync(file, '');
    let cuts = 0;
    const database = connect(file);
    database.execute('pragma synchronous = off');
    const content = (): string =>
      JSON.stringify([
        schemaVersion(database),
        database.all(`select type, name, sql from sqlite_schema order by 1, 2`),
        tablesWithData(database).map((name) => database.all(`select * from ${name}`)),
      ]);
    for (const [position, migration] of migrations.entries()) {
      const before = content();
      for (const end of statementEnds(position, folder)) {
        const cut = `${migration.slice(0, end)}\nselect * from cut_off_here;`;
        expect(() => migrate(database, [...migrations.slice(0, position), cut])).toThrow(/cut_off_here/);
        expect(content()).toBe(before);
        cuts += 1;
      }
      migrate(database, migrations.slice(0, position + 1));
      if (position === 0) {
        database.execute(`
          insert into outbox (item_id, sequence, kind, payload_version, payload, state, planned_credits, queued_at, changed_at)
            values ('i', 1, 'assign_member_credits', 1, '{}', 'queued', 5, '', '');
          insert into drafts (draft_id, file_name, stage, created_at, changed_at) values ('d', 'a.csv', 'fix', '', '');
          insert into draft_rows (draft_id, row_no, cells) values ('d', 1, '[]');`);
      }
    }
    expect(cuts).toBeGreaterThan(migrations.length * 2);
    expect(database.get('select item_id, planned_credits from outbox')).toEqual({ item_id: 'i', planned_credits: 5 });
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const tablesWithData = (database: { all<Row>(sql: string): Row[] }): string[] =>
    database
      .all<{ name: string }>(
        `select name from sqlite_schema where name in ('outbox', 'drafts', 'draft_rows') order by name`,
      )
      .map(({ name }) => name);

  /** Where each statement ends, as SQLite reads it: a semicolon within a trigger, a comment or a text ends none. */
  function statementEnds(position: number, folder: string): number[] {
    const file = path.join(folder, `scratch-${position}.db`);
    writeFileSync(file, '');
    const scratch = connect(file);
    scratch.execute('pragma synchronous = off');
    migrate(scratch, migrations.slice(0, position));
    const sql = migrations[position] ?? '';
    const ends: number[] = [];
    let from = 0;
    for (let end = sql.indexOf(';'); end >= 0; end = sql.indexOf(';', end + 1)) {
      const statement = sql.slice(from, end + 1);
      if (statement.replaceAll(/--[^\n]*/g, '').trim() === '') continue;
      try {
        scratch.execute(statement);
      } catch (error) {
        if (error instanceof Error && error.message === 'incomplete input') continue;
        throw error;
      }
      ends.push(end + 1);
      from = end + 1;
    }
    scratch.close();
    return ends;
  }
});
