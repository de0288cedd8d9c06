import { chmodSync, existsSync, mkdirSync, openSync, closeSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { AppError } from '../../shared/app-error.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { classifyCacheFault, newerDatabase } from './classify-cache-fault.ts';
import type { OpenDatabase, SqlParameters } from './database.ts';
import { foldText } from './fold-text.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import type { Journal } from './journal.ts';
import { journalTriggers } from './journal-triggers.ts';
import { digest, rowSeal } from './outbox-checksum.ts';

/** How long a write waits for another connection (the import worker writes in short transactions). Milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;
/** Every table that the migrations make. */
export const tables = [
  'partner',
  'members',
  'member_search',
  'member_credits',
  'member_sessions',
  'allocations',
  'pull_state',
  'sending',
  'outbox',
  'drafts',
  'draft_rows',
  'draft_changes',
  'draft_issues',
  'draft_issue_tallies',
  'draft_tallies',
  'draft_steps',
  'draft_step_rows',
  'draft_step_emails',
  'remembered_columns',
  'sync_history',
  'cache_recovered',
] as const;
/** How long the log gets before it is copied into the file, in pages of 4 kB. */
export const CHECKPOINT_PAGES = 4_000;

/**
 * Opens the database of one account: creates it readable by this OS user alone, checks it, brings its schema up to date.
 * Errors: `cache_unavailable` with the reason (`corrupt`, `newer` when a later version of the console wrote it, …).
 */
export function openDatabase(file: string): Result<OpenDatabase, AppError> {
  let database: OpenDatabase | null = null;
  try {
    createPrivately(file);
    database = connect(file);
    // Before it is checked: damaged or not, it is for that version to open.
    if (schemaVersion(database) > migrations.length) {
      database.close();
      return err(newerDatabase);
    }
    const problem = database.get<{ quick_check: string }>('pragma quick_check(1)');
    if (problem !== undefined && problem.quick_check !== 'ok') {
      database.close();
      return err({ code: 'cache_unavailable', reason: 'corrupt' });
    }
    // No version of the console counts below nothing.
    if (schemaVersion(database) < 0 || !isOutboxWhole(database)) {
      database.close();
      return err({ code: 'cache_unavailable', reason: 'corrupt' });
    }
    if (migrate(database, migrations) === 'newer') {
      database.close();
      return err(newerDatabase);
    }
    if (!hasAllTables(database)) {
      database.close();
      return err({ code: 'cache_unavailable', reason: 'corrupt' });
    }
    return ok(database);
  } catch (error) {
    database?.close();
    // A statement of a migration that fails: the schema is not what its version says.
    if (errorCodeOf(error) === 'SQLITE_ERROR') return err({ code: 'cache_unavailable', reason: 'corrupt' });
    const fault = classifyCacheFault(error);
    if (fault === null) throw error;
    return err(fault);
  }
}

/**
 * A further connection to a database that is already open and migrated, for a worker thread. Throws SQLite's own errors.
 */
export function connect(file: string): OpenDatabase {
  const connection = new Database(file, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    connection.pragma('journal_mode = WAL');
    // better-sqlite3 is built to fall to NORMAL when it enters WAL; NORMAL may lose an acknowledged commit at power loss.
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    // 32 MB instead of 2, and fewer checkpoints: pages of the feed touch members all over the tables.
    connection.pragma('cache_size = -32000');
    connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    connection.function('folded', { deterministic: true }, (text: unknown) =>
      typeof text === 'string' ? foldText(text) : null,
    );
    // For the triggers that guard the outbox.
    const ofValues = (...values: unknown[]): string => digest(values);
    connection.function('outbox_checksum', { deterministic: true, varargs: true }, ofValues);
    connection.function('outbox_standing', { deterministic: true, varargs: true }, ofValues);
    connection.function('row_seal', { deterministic: true, varargs: true }, (...values: unknown[]) => rowSeal(values));
  } catch (error) {
    connection.close();
    throw error;
  }
  return wrap(connection, file);
}

function wrap(connection: Database.Database, file: string): OpenDatabase {
  let journal: Journal | null = null;
  const writers = new Int32Array(new SharedArrayBuffer(4));
  /** The journal first, then the commit: what has been acknowledged is in both. A journal that cannot be written undoes the change. */
  const change = <T>(work: () => T): T => {
    if (connection.inTransaction) return connection.transaction(work)();
    Atomics.add(writers, 0, 1);
    try {
      prepared('begin immediate').run();
      const result = work();
      journal?.flush();
      prepared('commit').run();
      return result;
    } catch (error) {
      // While the lock is still held: without it another console on this folder may write behind what goes.
      journal?.takeBack();
      if (connection.inTransaction) prepared('rollback').run();
      throw error;
    } finally {
      Atomics.sub(writers, 0, 1);
      Atomics.notify(writers, 0);
      journal?.discard();
    }
  };
  const statements = new Map<string, Database.Statement>();
  const prepared = (sql: string): Database.Statement => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = connection.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  return {
    file,
    writers,
    get isOpen() {
      return connection.open;
    },
    get: <Row>(sql: string, ...parameters: SqlParameters) => prepared(sql).get(...parameters) as Row | undefined,
    all: <Row>(sql: string, ...parameters: SqlParameters) => prepared(sql).all(...parameters) as Row[],
    iterate: <Row>(sql: string, ...parameters: SqlParameters) =>
      prepared(sql).iterate(...parameters) as IterableIterator<Row>,
    run(sql, ...parameters) {
      const statement = prepared(sql);
      if (connection.inTransaction) return statement.run(...parameters).changes;
      return change(() => statement.run(...parameters).changes);
    },
    journalTo(kept) {
      journal = kept;
      connection.function('journal_note', { varargs: true }, (text: unknown, lasting: unknown) => {
        kept.note(String(text), lasting === 1);
        return null;
      });
      connection.exec(journalTriggers);
    },
    execute: (sql) => void connection.exec(sql),
    transaction: change,
    close() {
      connection.close();
      journal?.close();
      journal = null;
    },
  };
}

/** quick_check leaves out whether indexes hold what their tables hold: of the outbox, an item missing there would never be sent. */
function isOutboxWhole(database: OpenDatabase): boolean {
  if (database.get(`select 1 from sqlite_schema where name = 'outbox'`) === undefined)
    return schemaVersion(database) === 0;
  return database.get<{ integrity_check: string }>('pragma integrity_check(outbox)')?.integrity_check === 'ok';
}

/** A table that is gone leaves no page that quick_check could miss. */
function hasAllTables(database: OpenDatabase): boolean {
  const found = database.get<{ found: number }>(
    `select count(*) as found from sqlite_schema where type = 'table' and name in (select value from json_each(?))`,
    JSON.stringify(tables),
  );
  return found?.found === tables.length;
}

function errorCodeOf(error: unknown): string | null {
  return error instanceof Database.SqliteError ? error.code : null;
}

/** The folder 0700 and the file 0600, before SQLite writes into it: its side files (-wal, -shm) take over the mode. */
export function createPrivately(file: string): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(file)) return;
  chmodSync(folder, 0o700);
  closeSync(openSync(file, 'a', 0o600));
}
