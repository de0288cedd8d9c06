import type { ReadDatabase } from '../cache/database.ts';
import { clearsNames, readDraft } from '../cache/drafts.ts';
import type { ChunkRow } from '../cache/land-upload.ts';
import type { UploadRowRequest } from '../remote/wire.ts';

/**
 * Rows as the server takes them, the same in each attempt: it knows a row again by all that it says. A blank name clears the
 * member's only where the person chose so for that column when the file was read.
 */
export function wireRows(database: ReadDatabase, draftId: string, rows: readonly ChunkRow[]): UploadRowRequest[] {
  const draft = readDraft(database, draftId);
  const isCleared = draft !== undefined && clearsNames(draft);
  return rows.map((row) =>
    isCleared && row.firstName === null ? { ...wireRow(row), clear_name: true } : wireRow(row),
  );
}

function wireRow(row: ChunkRow): UploadRowRequest {
  return {
    row: row.row,
    email: row.email,
    first_name: row.firstName,
    credits: row.credits,
    validity_days: row.validityDays,
    expires_on: row.expiresOn,
  };
}
