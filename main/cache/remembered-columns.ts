import { uploadField, type UploadField } from '../../shared/contract/uploads.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';

/** What every header stands for that a person has decided about, by the header as `foldHeader` writes it. */
export function readRememberedColumns(database: ReadDatabase): Map<string, UploadField> {
  const remembered = new Map<string, UploadField>();
  const rows = database.all<{ header_key: string; field: string }>('select header_key, field from remembered_columns');
  for (const row of rows) {
    // A later version may know more fields.
    const field = uploadField.safeParse(row.field);
    if (field.success) remembered.set(row.header_key, field.data);
  }
  return remembered;
}

/** Keeps what the headers stand for; what was kept of them before is replaced. */
export function rememberColumns(database: WriteDatabase, columns: ReadonlyMap<string, UploadField>): void {
  database.transaction(() => {
    for (const [header, field] of columns) {
      database.run(
        `insert into remembered_columns (header_key, field) values (?, ?)
         on conflict (header_key) do update set field = excluded.field`,
        header,
        field,
      );
    }
  });
}
