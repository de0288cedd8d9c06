import type { UploadPayload } from '../cache/outbox-payload.ts';
import type { ChunkRow } from '../cache/upload-rows.ts';
import type { UploadRowRequest } from '../remote/wire.ts';

/**
 * Rows as the server takes them, the same in each attempt: it knows a row again by all that it says. A blank name clears the
 * member's only where the person chose so for that column when the file was read.
 */
export function wireRows(
  { clearsNames }: Pick<UploadPayload, 'clearsNames'>,
  rows: readonly ChunkRow[],
): UploadRowRequest[] {
  return rows.map((row) =>
    clearsNames && row.firstName === null ? { ...wireRow(row), clear_name: true } : wireRow(row),
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
