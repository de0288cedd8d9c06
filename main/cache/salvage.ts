import Database from 'better-sqlite3';
import type { SqlValue, WriteDatabase } from './database.ts';

/** What cannot be pulled again, parents first. Tables that triggers keep are filled by them. */
const kept = [
  'sending',
  'remembered_columns',
  'outbox',
  'drafts',
  'draft_rows',
  'draft_changes',
  'draft_steps',
  'draft_step_rows',
  'draft_step_emails',
  'sync_history',
  'cache_recovered',
] as const;

/** What came back, by table, and the tables of which a part could not be read. */
interface Salvaged {
  readonly rows: Readonly<Record<string, number>>;
  readonly damaged: readonly string[];
}

type Row = Record<string, SqlValue>;

/** The `user_version` of a damaged file; null where it cannot be read at all. */
export function readVersion(file: string): number | null {
  return withDamaged(file, (damaged) => Number(damaged.pragma('user_version', { simple: true })));
}

/**
 * Copies the outbox and the drafts out of a damaged database, as much as can be read: each table from its beginning, and behind a
 * damaged place from its end. The target has the same version and is new.
 */
export function salvage(file: string, target: WriteDatabase): Salvaged {
  const rows: Record<string, number> = {};
  const damaged: string[] = [];
  const read = withDamaged(file, (source) => {
    for (const table of kept) {
      if (target.get('select 1 as found from sqlite_schema where name = ?', table) === undefined) continue;
      const copied = target.transaction(() => copyTable(source, target, table));
      rows[table] = copied.rows;
      if (!copied.isWhole) damaged.push(table);
    }
    return true;
  });
  if (read === null) return { rows, damaged: [...kept] };
  countDrafts(target);
  return { rows, damaged };
}

/** Null when SQLite cannot open the file. It is not changed. */
function withDamaged<T>(file: string, work: (source: Database.Database) => T): T | null {
  let source: Database.Database | null = null;
  try {
    source = new Database(file, { readonly: true, fileMustExist: true });
    return work(source);
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  } finally {
    source?.close();
  }
}

function copyTable(
  source: Database.Database,
  target: WriteDatabase,
  table: string,
): { rows: number; isWhole: boolean } {
  const columns = target.all<{ name: string; pk: number }>(`select name, pk from pragma_table_info('${table}')`);
  const key = columns
    .filter(({ pk }) => pk > 0)
    .toSorted((one, other) => one.pk - other.pk)
    .map(({ name }) => name);
  let rows = 0;
  let isWhole = true;
  const copy = (direction: 'asc' | 'desc'): void => {
    try {
      const order = key.map((name) => `${name} ${direction}`).join(', ');
      // Not by an index: it may be damaged where the table is not.
      const select = source.prepare(
        `select * from ${table} not indexed order by ${table === 'outbox' || table === 'drafts' ? `rowid ${direction}` : order}`,
      );
      for (const row of select.iterate() as IterableIterator<Row>) {
        const taken = insertRow(target, table, columns, row);
        rows += taken.inserted;
        isWhole &&= !taken.isDamaged;
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      isWhole = false;
    }
  };
  copy('asc');
  if (!isWhole) copy('desc');
  return { rows, isWhole };
}

function insertRow(
  target: WriteDatabase,
  table: string,
  columns: readonly { readonly name: string }[],
  row: Row,
): { inserted: number; isDamaged: boolean } {
  const names = columns.map(({ name }) => name).filter((name) => row[name] !== undefined);
  const values = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
  try {
    const before = table === 'sending' ? 'insert or replace' : 'insert or ignore';
    const inserted = target.run(
      `${before} into ${table} (${names.join(', ')}) values (${names.map((name) => `@${name}`).join(', ')})`,
      values,
    );
    if (table === 'outbox' && inserted > 0 && names.includes('checksum')) keepChecksums(target, row);
    return { inserted, isDamaged: false };
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT')) {
      return { inserted: 0, isDamaged: true };
    }
    throw error;
  }
}

/** The triggers have sealed what was read; whether that is what was queued, only the checksums of then can tell. */
function keepChecksums(target: WriteDatabase, row: Row): void {
  target.run('update outbox set checksum = @checksum, standing_checksum = @standing where item_id = @itemId', {
    checksum: row['checksum'] ?? '',
    standing: row['standing_checksum'] ?? '',
    itemId: row['item_id'] ?? null,
  });
}

/** As migration 0005 does for drafts from before it. */
function countDrafts(target: WriteDatabase): void {
  if (target.get(`select 1 as found from sqlite_schema where name = 'draft_tallies'`) === undefined) return;
  target.run(
    `insert into draft_tallies (draft_id, severity, skipped, result, block, rows, credits)
     select draft_id, severity, skipped, coalesce(result, ''), row_no / 2048, count(*), coalesce(sum(credits), 0)
     from draft_rows join drafts using (draft_id) where stage not in ('receiving', 'columns') group by 1, 2, 3, 4, 5`,
  );
}

/** Including tables that are not there. */
function isDamage(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB|IOERR|ERROR|CANTOPEN|FORMAT)/.test(error.code)
  );
}
