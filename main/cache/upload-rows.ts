import { DatabaseDamaged } from './classify-cache-fault.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';
import type { OutboxRow } from './outbox.ts';
import { readPayload, uploadPayload } from './outbox-payload.ts';

/** A row as it is sent. */
export interface ChunkRow {
  readonly row: number;
  readonly email: string;
  readonly firstName: string | null;
  readonly credits: number | null;
  readonly validityDays: number | null;
  readonly expiresOn: string | null;
  /** 0 where a fault of the disk has changed it since it was submitted: it is never sent. */
  readonly isWhole: 0 | 1;
}

/** The item of an upload, as far as its rows depend on it. */
export type UploadItem = Pick<OutboxRow, 'payload' | 'payload_version'> & { readonly draft_id: string };

/** What is sealed of a row, in the terms of SQL; `@submission` of the item's payload. */
export const sealOfRow =
  'row_seal(@submission, draft_id, row_no, email_key, first_name, credits, validity_days, expires_on)';

/** Why a row was not sent: what is stored of it is not what was submitted. */
export const ROW_DAMAGED = 'row_damaged';

/**
 * The rows of an upload without an answer behind number `after` up to `through`, in file order; a `limit` of -1 means all. Throws
 * `DatabaseDamaged` where the index tells of a row what the row itself does not.
 */
export function unansweredRows(
  database: ReadDatabase,
  { draft_id: draftId, ...item }: UploadItem,
  rows: { readonly after?: number; readonly through?: number; readonly limit: number },
): ChunkRow[] {
  const { after = -1, through = Number.MAX_SAFE_INTEGER, limit } = rows;
  const found = database.all<ChunkRow & { readonly stored: string | null }>(
    // By that index, wherever the next rows are looked for: by the key, which has their order, all rows that are done would be passed.
    `select row_no as row, email_key as email, first_name as firstName, credits, validity_days as validityDays, expires_on as expiresOn,
       coalesce(seal, '') = ${sealOfRow} as isWhole,
       (select result from draft_rows as stored where stored.draft_id = draft_rows.draft_id and stored.row_no = draft_rows.row_no) as stored
     from draft_rows indexed by draft_rows_by_result
     where draft_id = @draftId and result = 'queued' and row_no > @after and row_no <= @through order by row_no limit @limit`,
    { draftId, after, through, limit, submission: readPayload(item, uploadPayload)?.submission ?? '' },
  );
  let last = after;
  return found.map(({ stored, ...row }) => {
    if (stored !== 'queued' || row.row <= last) throw new DatabaseDamaged('the index of the rows of an upload');
    last = row.row;
    return row;
  });
}

/** An upload that cannot end has a row without an answer. Throws `DatabaseDamaged` where none can be found. */
export function expectUnanswered(database: ReadDatabase, item: UploadItem): void {
  if (unansweredRows(database, item, { limit: 1 }).length > 0) return;
  throw new DatabaseDamaged('the index of the rows of an upload');
}

/**
 * Rows that were submitted and that a fault of the disk has left with a result that there is not: they may have been sent, or not. They wait
 * for an answer again, and are to be asked for before they are sent. Answers the last of them, null where there is none.
 */
export function requeueStrays(database: WriteDatabase, draftId: string): number | null {
  const strays = database.all<{ row: number }>(
    `update draft_rows set result = 'queued', outcome = null
     where draft_id = ? and seal is not null and coalesce(result, '') not in ('queued', 'confirmed', 'refused', 'waiting')
     returning row_no as row`,
    draftId,
  );
  return strays.length === 0 ? null : Math.max(...strays.map(({ row }) => row));
}

/** How many rows of a draft were submitted and are still there, and how many of them have no answer, by the rows themselves. */
export function countSubmitted(
  database: ReadDatabase,
  draftId: string,
): { readonly submitted: number; readonly unanswered: number } {
  const counts = database.get<{ submitted: number; unanswered: number }>(
    `select count(*) as submitted, count(*) filter (where result = 'queued') as unanswered
     from draft_rows not indexed where draft_id = ? and seal is not null`,
    draftId,
  );
  return counts ?? { submitted: 0, unanswered: 0 };
}
