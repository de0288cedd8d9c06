import type { RowAnswer } from '../cache/land-upload.ts';
import type { UploadAnswer } from '../remote/wire.ts';

/** What the server says of a row, as it is written down. */
export function readRowAnswer(row: UploadAnswer['rows'][number]): RowAnswer {
  return {
    row: row.row,
    outcome: row.outcome,
    reason: row.reason,
    shortfall: row.shortfall,
    memberId: row.member_id,
    allocationId: row.allocation_id,
    credits: row.credits,
    expiresAt: row.expires_at,
    creditsAssigned: row.credits_assigned,
    replayed: row.replayed,
  };
}
