import type { ChunkRow } from '../cache/land-upload.ts';
import type { UploadRowRequest } from '../remote/wire.ts';

/** A row as the server takes it, the same in each attempt: it knows a row again by all that it says. */
export function wireRow(row: ChunkRow): UploadRowRequest {
  return {
    row: row.row,
    email: row.email,
    first_name: row.firstName,
    credits: row.credits,
    validity_days: row.validityDays,
    expires_on: row.expiresOn,
  };
}
