import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { migrations } from './migrations/index.ts';
import { isAsQueued } from './outbox-checksum.ts';

/** What can be said about a database file from outside, without changing it. Names and addresses never come in. */
export interface DatabaseFacts {
  /** Null when every page and index is as it should be; else how many faults were found, or the code of why it cannot be read. */
  readonly fault: string | null;
  /** Migrations it has seen, and how many this version of the console knows. */
  readonly schema: number;
  readonly knownSchema: number;
  readonly isWal: boolean;
  readonly bytes: number;
  /** Of the log beside it, which is not yet copied into the file. */
  readonly logBytes: number;
  readonly members: number;
  /** Items of the outbox by state; a refused one that was corrected and sent again counts no more. */
  readonly outbox: Readonly<Record<string, number>>;
  /** Items whose content is no longer what was queued. */
  readonly unreadable: number;
  /** Damaged databases of this account that were set aside and made anew. */
  readonly setAside: number;
}

/** Looks at a database through a connection of its own that can only read. Blocks while it reads every page: for a thread. */
export function inspectDatabase(file: string): DatabaseFacts {
  const empty = {
    schema: 0,
    knownSchema: migrations.length,
    isWal: false,
    bytes: sizeOf(file),
    logBytes: sizeOf(`${file}-wal`),
    members: 0,
    outbox: {},
    unreadable: 0,
    setAside: setAsideBeside(file),
  };
  let connection: Database.Database;
  try {
    connection = new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 });
  } catch (error) {
    return { ...empty, fault: faultOf(error) };
  }
  try {
    const faults = connection.pragma('integrity_check(100)', { simple: false }) as { integrity_check: string }[];
    const isWhole = faults.length === 1 && faults[0]?.integrity_check === 'ok';
    return {
      ...empty,
      fault: isWhole ? null : `${faults.length}${faults.length === 100 ? ' or more' : ''} damaged places`,
      schema: Number(connection.pragma('user_version', { simple: true })),
      isWal: connection.pragma('journal_mode', { simple: true }) === 'wal',
      members: countOf(connection, 'members'),
      outbox: outboxOf(connection),
      unreadable: unreadableOf(connection),
    };
  } catch (error) {
    return { ...empty, fault: faultOf(error) };
  } finally {
    connection.close();
  }
}

/** SQLite's own version. */
export function sqliteVersion(): string {
  const connection = new Database(':memory:');
  try {
    return String(connection.prepare('select sqlite_version()').pluck().get());
  } finally {
    connection.close();
  }
}

function countOf(connection: Database.Database, table: 'members'): number {
  return Number(connection.prepare(`select count(*) from ${table}`).pluck().get());
}

function outboxOf(connection: Database.Database): Record<string, number> {
  const rows = connection.prepare<[], { state: string; items: number }>(
    `select state, count(*) as items from outbox where not (state = 'refused' and replaced_by is not null)
     group by state order by state`,
  );
  return Object.fromEntries(rows.all().map(({ state, items }) => [state, items]));
}

/** Items that are no longer what was queued, by their checksum; before there were checksums, by not being JSON any more. */
function unreadableOf(connection: Database.Database): number {
  const columns = connection.pragma('table_info(outbox)') as { name: string }[];
  if (!columns.some(({ name }) => name === 'checksum')) {
    return Number(connection.prepare('select count(*) from outbox where not json_valid(payload)').pluck().get());
  }
  const items = connection.prepare<[], Parameters<typeof isAsQueued>[0]>(
    'select item_id, kind, payload_version, payload, checksum from outbox',
  );
  let unreadable = 0;
  for (const item of items.iterate()) if (!isAsQueued(item)) unreadable += 1;
  return unreadable;
}

function faultOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}

function setAsideBeside(file: string): number {
  const start = `${path.basename(file)}.corrupt-`;
  return readdirSync(path.dirname(file)).filter((name) => name.startsWith(start) && !/-(wal|shm)$/.test(name)).length;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
