import { mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readChange } from '../../../main/cache/draft-changes.ts';
import { copyRowsWithoutEffect } from '../../../main/cache/draft-rows.ts';
import { readStep, stepRows } from '../../../main/cache/draft-steps.ts';
import { isTallied, readIssueTallies, readTallies } from '../../../main/cache/draft-tallies.ts';
import { migrate, schemaVersion } from '../../../main/cache/migrate.ts';
import { groupChanges } from '../../../main/cache/migrations/0005-group-changes.ts';
import { knowSentRows } from '../../../main/cache/migrations/0016-know-sent-rows.ts';
import { migrations } from '../../../main/cache/migrations/index.ts';
import { connect, openDatabase } from '../../../main/cache/open.ts';
import { readPullState } from '../../../main/cache/pull-state.ts';
import { openTestDatabase } from '../../builders/database.ts';

describe('the database of an account', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-open-'));
    file = path.join(folder, 'account', 'console.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const opened = () => {
    const result = openDatabase(file);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return result.value;
  };

  it.skipIf(process.platform === 'win32')('can be read by its OS user alone, with its side files', () => {
    const database = opened();
    database.run(`update sending set paused = 1`);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    database.close();
  });

  it('flushes every commit to the disk, in WAL, with foreign keys', () => {
    const database = opened();
    expect(database.get('pragma journal_mode')).toEqual({ journal_mode: 'wal' });
    // 2 = FULL: an acknowledged command survives a power cut.
    expect(database.get('pragma synchronous')).toEqual({ synchronous: 2 });
    expect(database.get('pragma foreign_keys')).toEqual({ foreign_keys: 1 });
    database.close();
    const second = connect(file);
    expect(second.get('pragma synchronous')).toEqual({ synchronous: 2 });
    second.close();
  });

  it('leaves a database of a later version as it is, and says so', () => {
    const database = opened();
    database.execute('pragma user_version = 999');
    database.close();
    const before = readFileSync(file);
    expect(openDatabase(file)).toEqual({ ok: false, error: { code: 'cache_unavailable', reason: 'newer' } });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it.each([
    { name: 'not a database', spoil: () => Buffer.alloc(8_192, 'x') },
    {
      name: 'overwritten in the middle',
      spoil: (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length - 4_096, 0xa5)]),
    },
  ])('recognises a file that is $name', ({ spoil }) => {
    const database = opened();
    database.execute('pragma wal_checkpoint(truncate)');
    database.close();
    writeFileSync(file, spoil(readFileSync(file)));
    expect(openDatabase(file)).toEqual({ ok: false, error: { code: 'cache_unavailable', reason: 'corrupt' } });
  });
});

describe('migrations', () => {
  it('bring a new database to the last version, once', () => {
    const { database, remove } = openTestDatabase();
    expect(schemaVersion(database)).toBe(migrations.length);
    expect(migrate(database, migrations)).toBe('current');
    remove();
  });

  it('keep what is stored, and run each step whole or not at all', () => {
    const { database, remove } = openTestDatabase();
    database.run(`update sending set paused = 1`);
    const good = 'create table added (id integer primary key) strict;';
    const broken = 'create table half (id integer) strict; insert into nowhere values (1);';
    expect(() => migrate(database, [...migrations, good, broken])).toThrow(/nowhere/);
    expect(schemaVersion(database)).toBe(migrations.length + 1);
    const tables = database.all<{ name: string }>(`select name from sqlite_schema where name in ('added', 'half')`);
    expect(tables).toEqual([{ name: 'added' }]);
    expect(database.get('select paused from sending')).toEqual({ paused: 1 });
    remove();
  });

  it('2: rows of uploads from before can be taken up again', () => {
    const before = mkdtempSync(path.join(tmpdir(), 'partner-console-migration-'));
    const file = path.join(before, 'console.db');
    writeFileSync(file, '');
    const old = connect(file);
    migrate(old, migrations.slice(0, 1));
    old.execute(
      `insert into drafts (draft_id, file_name, stage, created_at, changed_at) values ('d', 'a.csv', 'stopped', '', '');
       insert into draft_rows (draft_id, row_no, cells, result) values ('d', 1, '[]', 'waiting');`,
    );
    old.close();
    const { database, remove } = openTestDatabase(before);
    database.execute(
      `insert into drafts (draft_id, file_name, stage, created_at, changed_at) values ('e', 'a.csv', 'fix', '', '')`,
    );
    expect(copyRowsWithoutEffect(database, 'd', 'e', { after: 0, through: 1 })).toBe(1);
    remove();
  });

  it('3: tells revocations from before apart, and reads the feed again for the extensions it had passed', () => {
    const before = mkdtempSync(path.join(tmpdir(), 'partner-console-migration-'));
    const file = path.join(before, 'console.db');
    writeFileSync(file, '');
    const old = connect(file);
    migrate(old, migrations.slice(0, 2));
    old.execute(
      `insert into allocations (allocation_id, email, credits, source, created_at)
         values ('a', 'a@b.example', 5, 'console', ''), ('r', 'a@b.example', -2, 'console', '');
       insert into pull_state (only_row, cursor, completed_at, expiry_at) values (1, 'cursor', '2026-05-01', '');`,
    );
    old.close();
    const { database, remove } = openTestDatabase(before);
    expect(database.all('select allocation_id as id, kind from allocations order by id')).toEqual([
      { id: 'a', kind: 'allocation' },
      { id: 'r', kind: 'revocation' },
    ]);
    expect(readPullState(database)).toEqual({ cursor: null, completedAt: '2026-05-01' });
    remove();
  });

  it('16: takes no row of an upload that was found again for sent since', () => {
    const before = mkdtempSync(path.join(tmpdir(), 'partner-console-migration-'));
    const file = path.join(before, 'console.db');
    writeFileSync(file, '');
    const old = connect(file);
    migrate(old, migrations.slice(0, migrations.indexOf(knowSentRows)));
    const item = (id: string, sequence: number, set: string): string => `
      insert into outbox (item_id, sequence, kind, payload_version, payload, state, planned_credits, queued_at, changed_at)
        values ('${id}', ${sequence}, 'upload_members', 3, '{}', 'queued', 0, '', '');
      update outbox set in_doubt_through = 10, ${set} where item_id = '${id}';`;
    old.execute(item('sent', 1, `state = 'checking'`));
    old.execute(item('stopped', 2, `state = 'checking', stopping = 2`));
    old.execute(item('found', 3, `state = 'held', held_reason = 'recovered'`));
    old.execute(`${item('damaged', 4, `state = 'checking'`)} drop trigger outbox_standing_guarded;
      update outbox set attempts = 9 where item_id = 'damaged';
      create trigger outbox_standing_guarded after update of state on outbox begin select 1; end;`);
    migrate(old, migrations);
    const columns = 'item_id, stopping, sent_through, standing_checksum = outbox_standing(';
    const standing = `item_id, sequence, state, held_reason, member_id, draft_id, planned_credits, in_doubt_through, stopping, attempts,
      next_attempt_at, last_error, receipt, refusal, queued_at, changed_at, replaced_by, staged_through, committed, sent_through`;
    expect(old.all(`select ${columns}${standing}) as isWhole from outbox order by sequence`)).toEqual([
      { item_id: 'sent', stopping: 0, sent_through: 10, isWhole: 1 },
      { item_id: 'stopped', stopping: 1, sent_through: null, isWhole: 1 },
      { item_id: 'found', stopping: 0, sent_through: null, isWhole: 1 },
      { item_id: 'damaged', stopping: 0, sent_through: 10, isWhole: 0 },
    ]);
    old.close();
    rmSync(before, { recursive: true });
  });

  it('5: counts the rows and rules of drafts from before, and keeps a skip of many rows that can be undone', () => {
    const before = mkdtempSync(path.join(tmpdir(), 'partner-console-migration-'));
    const file = path.join(before, 'console.db');
    writeFileSync(file, '');
    const old = connect(file);
    migrate(old, migrations.slice(0, migrations.indexOf(groupChanges)));
    const issues = JSON.stringify([
      { code: 'email_invalid', severity: 'error', field: 'email', data: {} },
      { code: 'row_short', severity: 'warning', field: null, data: {} },
    ]);
    old.execute(
      `insert into drafts (draft_id, file_name, stage, created_at, changed_at)
         values ('d', 'a.csv', 'fix', '', ''), ('half', 'b.csv', 'columns', '', '');
       insert into draft_rows (draft_id, row_no, cells, credits, severity, skipped, issues) values
         ('d', 1, '[]', 5, 0, 1, null), ('d', 2, '[]', 7, 2, 1, '${issues}'), ('d', 5000, '[]', 9, 2, 0, '${issues}'),
         ('half', 1, '[]', 1, 0, 0, null);
       insert into draft_changes (draft_id, position, change) values
         ('d', 1, '{"kind":"edit","row":1,"field":"credits","before":null,"after":"5"}'),
         ('d', 2, '{"kind":"skip","rows":[1,2],"skipped":true}'),
         ('d', 3, '{"kind":"skip","rows":[5000],"skipped":false}');`,
    );
    old.close();
    const { database, remove } = openTestDatabase(before);
    expect(readTallies(database, 'd')).toEqual([
      { severity: 0, skipped: 1, result: null, rows: 1, credits: 5 },
      { severity: 2, skipped: 0, result: null, rows: 1, credits: 9 },
      { severity: 2, skipped: 1, result: null, rows: 1, credits: 7 },
    ]);
    expect(isTallied(database, 'half')).toBe(false);
    expect(readIssueTallies(database, 'd')).toEqual([
      { code: 'email_invalid', field: 'email', severity: 2, rows: 1 },
      { code: 'row_short', field: null, severity: 1, rows: 1 },
    ]);
    const steps = [2, 3].map((position) => JSON.parse(readChange(database, 'd', position) ?? '') as { step: number });
    expect(JSON.parse(readChange(database, 'd', 1) ?? '')).toMatchObject({ kind: 'edit' });
    expect(
      steps.map(({ step }) => [
        stepRows(database, step, 0, 'on', 9).map((row) => row.row_no),
        readStep(database, step),
      ]),
    ).toEqual([
      [[1, 2], expect.objectContaining({ what: '{"kind":"skip_rows","skipped":true}', rows: 2, work: null })],
      [[5000], expect.objectContaining({ what: '{"kind":"skip_rows","skipped":false}', rows: 1, work: null })],
    ]);
    remove();
  });
});
