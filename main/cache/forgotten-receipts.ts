import type { ReadDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { type UploadReceipt, uploadReceipt } from './outbox-payload.ts';
import { readItem } from './outbox.ts';

/** A confirmed item whose receipts the server is asked for again. */
export interface KeptReceipt {
  readonly itemId: string;
  readonly sequence: number;
}

/** Commands on one member each; or one upload, which has a receipt a row. */
export type KeptReceipts =
  | { readonly commands: readonly KeptReceipt[] }
  | { readonly upload: KeptReceipt & { readonly draftId: string } };

/** The next confirmed items whose receipts the server may have lost in a restore; null when none are to be asked for. */
export function receiptsToAskFor(database: ReadDatabase, limit: number): KeptReceipts | null {
  const from =
    database.get<{ receipts_from: number | null }>('select receipts_from from pull_state')?.receipts_from ?? null;
  if (from === null) return null;
  const items = database.all<KeptReceipt & { readonly draftId: string | null }>(
    `select item_id as itemId, sequence, iif(kind = 'upload_members', draft_id, null) as draftId from outbox
     where sequence > ? and state = 'confirmed' and (member_id is not null or kind = 'upload_members')
     order by sequence limit ?`,
    from,
    limit,
  );
  const [first] = items;
  if (first !== undefined && first.draftId !== null) return { upload: { ...first, draftId: first.draftId } };
  const upload = items.findIndex(({ draftId }) => draftId !== null);
  return { commands: upload === -1 ? items : items.slice(0, upload) };
}

/**
 * Goes on behind `asked`. What the server does not know (any more) is held as `recovered`: shown, and only sent again, under its own id, when
 * a person says so. One transaction; answers how many. `now` in milliseconds.
 */
export function landKeptReceipts(
  database: WriteDatabase,
  asked: readonly KeptReceipt[],
  known: ReadonlySet<string>,
  now: number,
): number {
  return database.transaction(() => {
    const forgotten = asked.filter(({ itemId }) => !known.has(itemId)).map(({ itemId }) => itemId);
    database.run(
      `update outbox set state = 'held', held_reason = 'recovered', last_error = 'forgotten', receipt = null, changed_at = @at,
         planned_credits = iif(kind = 'assign_member_credits', payload ->> 'credits', 0)
       where state = 'confirmed' and item_id in (select value from json_each(@forgotten))`,
      { at: instantAt(now), forgotten: JSON.stringify(forgotten) },
    );
    askBehind(database, asked.at(-1)?.sequence ?? null);
    return forgotten.length;
  });
}

/** Goes on behind the item with this number; null ends the asking. */
export function askBehind(database: WriteDatabase, sequence: number | null): void {
  database.run('update pull_state set receipts_from = ?', sequence);
}

/** The next confirmed rows of an upload behind one, in file order. */
export function confirmedRows(database: ReadDatabase, draftId: string, after: number, limit: number): number[] {
  return database
    .all<{ row_no: number }>(
      `select row_no from draft_rows where draft_id = ? and result = 'confirmed' and row_no > ? order by row_no limit ?`,
      draftId,
      after,
      limit,
    )
    .map((row) => row.row_no);
}

/**
 * Rows of an upload that the server does not know (any more) count as refused, as `forgotten`: they are shown, and sent again as part of
 * another upload when a person says so. One transaction. `now` in milliseconds.
 */
export function landForgottenRows(
  database: WriteDatabase,
  { itemId, draftId }: KeptReceipt & { readonly draftId: string },
  rows: readonly number[],
  now: number,
): void {
  database.transaction(() => {
    const item = readItem(database, itemId);
    if (item?.receipt == null) return;
    const outcome = { outcome: 'refused', reason: 'forgotten', shortfall: null, allocationId: null };
    const changed = database.run(
      `update draft_rows set result = 'refused', outcome = ?
       where draft_id = ? and result = 'confirmed' and row_no in (select value from json_each(?))`,
      JSON.stringify(outcome),
      draftId,
      JSON.stringify(rows),
    );
    const before = uploadReceipt.parse(JSON.parse(item.receipt));
    const receipt: UploadReceipt = {
      ...before,
      confirmed: before.confirmed - changed,
      refused: before.refused + changed,
      // What was let go before was decided without knowing of these.
      left: undefined,
    };
    const at = instantAt(now);
    database.run(
      'update outbox set receipt = ?, changed_at = ? where item_id = ?',
      JSON.stringify(receipt),
      at,
      itemId,
    );
  });
}
