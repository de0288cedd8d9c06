import type { WriteDatabase } from './database.ts';
import { forgetSteps } from './draft-steps.ts';
import { instantAt } from './instant.ts';
import { hold, readItem } from './outbox.ts';
import { readPayload, uploadPayload } from './outbox-payload.ts';
import { markUnmarked } from './upload-items.ts';
import { countSubmitted, requeueStrays } from './upload-rows.ts';

/**
 * Holds an item that was found again after a fault of the disk: what it was when it was queued is known, how far it got is not. Any row of an
 * upload that has no answer here may have been sent, so that all of them are asked for before anything else is done with them; what is
 * known of its answers is what stands beside its rows. An upload of which no row is left cannot be sent at all, and is held as
 * `unreadable`. Part of the caller's transaction; `now` in milliseconds. `why`: for the person, beside `recovered`.
 */
export function holdRecovered(
  database: WriteDatabase,
  itemId: string,
  now: number,
  why: 'journal' | 'taken_back' | null = null,
): void {
  const item = readItem(database, itemId);
  if (item === undefined) return;
  hold(database, itemId, 'recovered', now);
  database.run('update outbox set last_error = ? where item_id = ?', why, itemId);
  if (item.kind !== 'upload_members') {
    // That it may have been sent is what `recovered` says.
    database.run('update outbox set in_doubt_through = null where item_id = ?', itemId);
    return;
  }
  if (!reckonUpload(database, itemId)) hold(database, itemId, 'unreadable', now);
  tieDraft(database, itemId, now);
}

/** Writes how far an upload got anew, out of its rows. Answers whether it has any. */
export function reckonUpload(database: WriteDatabase, itemId: string): boolean {
  const item = readItem(database, itemId);
  if (item === undefined) return false;
  const draftId = item.draft_id ?? '';
  const payload = readPayload(item, uploadPayload);
  requeueStrays(database, draftId);
  if (payload !== null) markUnmarked(database, draftId, payload);
  const rows = database.get<{ confirmed: number; refused: number; through: number | null; credits: number }>(
    `select count(*) filter (where result = 'confirmed') as confirmed, count(*) filter (where result = 'refused') as refused,
       max(row_no) filter (where result = 'queued') as through, coalesce(sum(credits) filter (where result = 'queued'), 0) as credits
     from draft_rows where draft_id = ? and result is not null`,
    draftId,
  );
  const { confirmed, refused, through, credits } = rows ?? { confirmed: 0, refused: 0, through: null, credits: 0 };
  const lost = Math.max(0, (payload?.rows ?? 0) - countSubmitted(database, draftId).submitted);
  const isAnswered = confirmed + refused > 0;
  const hasRows = through !== null || isAnswered;
  database.run(
    // What was staged is staged once more: the server knows it again. Nothing was sent since.
    `update outbox set in_doubt_through = @through, sent_through = null, planned_credits = @credits, staged_through = 0,
       receipt = iif(@hasReceipt, json_object('confirmed', @confirmed, 'refused', @refused, 'lost', @lost,
         'balance', iif(json_valid(receipt), receipt ->> '$.balance', null)), null) where item_id = @itemId`,
    {
      itemId,
      // Without any row nothing can be asked for, and nobody knows what was sent: never back to its draft.
      through: through ?? (isAnswered ? null : 0),
      credits,
      confirmed,
      refused,
      lost,
      hasReceipt: hasRows && confirmed + refused + lost > 0 ? 1 : 0,
    },
  );
  return hasRows;
}

/** A draft that does not know of its upload any more could be sent a second time, under another id. One that is leaving will not. */
function tieDraft(database: WriteDatabase, itemId: string, now: number): void {
  const item = readItem(database, itemId);
  if (item?.draft_id == null) return;
  const stage = item.state === 'confirmed' ? 'done' : item.held_reason === 'unreadable' ? 'stopped' : 'paused';
  const tied = database.run(
    `update drafts set item_id = ?, mode = coalesce(mode, ?), stage = ?, changed_at = ?
     where draft_id = ? and item_id is null and stage <> 'receiving'`,
    itemId,
    readPayload(item, uploadPayload)?.mode ?? 'valid_only',
    stage,
    instantAt(now),
    item.draft_id,
  );
  // A change over its rows that was cut off would go on over what was submitted.
  if (tied > 0) forgetSteps(database, item.draft_id);
}

/** As for a single one, of every upload: some pages of what was salvaged may be older than others. */
export function tieDrafts(database: WriteDatabase, now: number): void {
  const untied = database.all<{ item_id: string }>(
    `select outbox.item_id from outbox join drafts using (draft_id) where kind = 'upload_members' and drafts.item_id is null`,
  );
  for (const { item_id } of untied) tieDraft(database, item_id, now);
}
