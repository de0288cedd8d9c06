import type { ReadDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';

/** A receipt of a command on one member that the server is asked for again. */
export interface KeptReceipt {
  readonly itemId: string;
  readonly sequence: number;
}

/** The next confirmed commands whose receipts the server may have lost in a restore; null when none are to be asked for. */
export function receiptsToAskFor(database: ReadDatabase, limit: number): KeptReceipt[] | null {
  const from =
    database.get<{ receipts_from: number | null }>('select receipts_from from pull_state')?.receipts_from ?? null;
  if (from === null) return null;
  return database.all<KeptReceipt>(
    `select item_id as itemId, sequence from outbox
     where sequence > ? and state = 'confirmed' and member_id is not null order by sequence limit ?`,
    from,
    limit,
  );
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
    database.run('update pull_state set receipts_from = ?', asked.at(-1)?.sequence ?? null);
    return forgotten.length;
  });
}
