import { readFileSync, writeFileSync } from 'node:fs';
import type { OpenDatabase } from '../../main/cache/database.ts';

const PAGE_BYTES = 4_096;

/** Overwrites every page of a table and its indexes in an open database, as a failing disk does while the console is at work. */
export function spoilPages(database: OpenDatabase, table: string): void {
  const pages = database.all<{ page: number }>(
    'select pageno as page from dbstat where name in (select name from sqlite_schema where tbl_name = ?)',
    table,
  );
  database.execute('pragma wal_checkpoint(truncate)');
  const bytes = readFileSync(database.file);
  for (const { page } of pages) bytes.fill(0xff, (page - 1) * PAGE_BYTES, page * PAGE_BYTES);
  writeFileSync(database.file, bytes);
  // What is in memory is read anew.
  database.execute('pragma shrink_memory');
}
