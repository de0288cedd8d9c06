import type { WriteDatabase } from './database.ts';
import { returnRetriedRows } from './draft-rows.ts';

/**
 * Uploads that have ended without all of their rows, as expressions on `outbox`: what the sync centre shows, finds, counts and exports
 * agrees. Rows that another draft has taken over are that draft's as soon as it was submitted; those that the server has forgotten since then are
 * nobody's. Nothing here reads rows one by one.
 */

/** From which drafts others took rows over: a draft takes them from one. By the index of taken rows, one step a draft. */
const sourcesOf = (drafts: string): string =>
  `(select source from (select (select draft_rows.draft_id from draft_rows where retried_in = drafts.draft_id limit 1) as source
    from drafts where ${drafts}) where source is not null)`;

/** An upload that was stopped before any row was sent has none. */
const receiptOrNone = `coalesce(receipt, '{"confirmed":0,"refused":0,"balance":null}')`;

/** How many refused rows of an upload are in no other draft; all of them are in its index. */
const untaken = `(select count(*) from draft_rows indexed by draft_rows_untaken
  where draft_rows.draft_id = outbox.draft_id and result = 'refused' and retried_in is null)`;

/** How many rows of an upload that has ended were not done, and are nobody else's task; 0 for any other item. */
export const rowsNotDone = `iif(kind = 'upload_members' and state = 'confirmed' and json_valid(payload) and json_valid(${receiptOrNone}),
  iif(draft_id in ${sourcesOf(`item_id is not null and stage <> 'receiving'`)}, ${untaken},
    max(0, coalesce(receipt ->> '$.left', (payload ->> '$.rows') - coalesce(receipt ->> '$.confirmed', 0), 0))), 0)`;

/**
 * Whether such an upload waits for a person: rows of it were refused or lost, and nobody has taken them over into a draft or let them go. Who
 * has stopped an upload knows that its rest was not sent.
 */
export const isRestOpen = `(item_id in (select item_id from drafts where stage in ('done', 'stopped')) and ${rowsNotDone} > 0
  and iif(json_valid(receipt), (receipt ->> '$.refused' > 0 or receipt ->> '$.lost' > 0) and receipt ->> '$.left' is null, false)
  and (draft_id not in ${sourcesOf('true')} or ${untaken} > 0))`;

/** The rest of an upload that has ended is nobody's task any more; its rows stay. Answers whether there was a rest. */
export function letRestGo(database: WriteDatabase, itemId: string): boolean {
  return (
    database.run(
      `update outbox set receipt = json_set(${receiptOrNone}, '$.left', ${rowsNotDone})
       where item_id = ? and ${rowsNotDone} > 0`,
      itemId,
    ) > 0
  );
}

/**
 * Before a draft goes that a person discards: the rows it had taken over and that had no effect go back to where they came from. There they
 * are what is left, and let go with it. Part of the caller's transaction.
 */
export function letTakenRowsGo(database: WriteDatabase, draftId: string): void {
  const sql = 'select draft_id from draft_rows where retried_in = ? limit 1';
  const source = database.get<{ draft_id: string }>(sql, draftId)?.draft_id;
  if (source === undefined) return;
  returnRetriedRows(database, draftId);
  database.run(
    // Rows that still are that draft's were confirmed from there.
    `update outbox set receipt = json_set(${receiptOrNone}, '$.left', (select count(*) from draft_rows indexed by draft_rows_by_result
       where draft_id = @source and result in ('refused', 'waiting')
         and (retried_in is null or retried_in in (select draft_id from drafts where draft_id <> @draftId))))
     where draft_id = @source and state = 'confirmed' and json_valid(${receiptOrNone})`,
    { source, draftId },
  );
}
