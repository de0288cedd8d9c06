import type { ItemFilter, ShownItems } from '../../shared/contract/sync-filter.ts';
import type { ReadDatabase, SqlValue } from './database.ts';
import { isRestOpen, rowsNotDone } from './ended-in-part.ts';
import { foldText } from './fold-text.ts';

/** Refused, or held for a reason that only a person can clear. An item that was corrected and sent again is done with. Beside it: `isRestOpen`. */
export const needsAttention = `(replaced_by is null and (state = 'refused'
  or (state = 'held' and held_reason not in ('signed_out', 'paused', 'stopped'))))`;

const conditions: Record<ShownItems, string> = {
  open: `((state <> 'confirmed' and replaced_by is null) or ${isRestOpen})`,
  attention: `(${needsAttention} or ${isRestOpen})`,
  waiting: `state in ('queued', 'sending')`,
  checking: `state = 'checking'`,
  held: `state = 'held'`,
  refused: `state = 'refused' and replaced_by is null`,
  partial: `${rowsNotDone} > 0`,
  confirmed: `(state = 'confirmed' and ${rowsNotDone} = 0)`,
  all: 'true',
};

/** What of an item is searched. A payload that a fault of the disk has changed is found by its number alone. */
const searched = `folded(concat_ws(' ', item_id, iif(json_valid(payload), concat_ws(' ', payload ->> '$.memberName',
  payload ->> '$.memberEmail', payload ->> '$.fileName'), null), iif(json_valid(receipt), receipt ->> '$.allocationId', null)))`;
const refusedFor = `(json_valid(refusal) and refusal ->> '$.reason' = @reason)`;

/** The filter as a condition on `outbox`, with its parameters. Few texts: each is prepared once. */
export function itemCondition(filter: Pick<ItemFilter, 'show'> & Partial<ItemFilter>): {
  readonly condition: string;
  readonly parameters: Record<string, SqlValue>;
} {
  const { show, kind = null, reason = null, search = '' } = filter;
  const parts = [conditions[show]];
  const parameters: Record<string, SqlValue> = {};
  if (kind !== null) {
    parts.push('kind = @kind');
    parameters['kind'] = kind;
  }
  if (reason !== null) {
    parts.push(refusedFor);
    parameters['reason'] = reason;
  }
  if (search !== '') {
    parts.push(`instr(${searched}, @search) > 0`);
    parameters['search'] = foldText(search);
  }
  return { condition: parts.join(' and '), parameters };
}

/** How many refused items wait for a person, by reason, the most frequent first. */
export function countReasons(database: ReadDatabase): { readonly reason: string; readonly items: number }[] {
  return database.all(
    `select refusal ->> '$.reason' as reason, count(*) as items from outbox
     where ${conditions.refused} and json_valid(refusal) group by 1 order by items desc, reason`,
  );
}

/** The refused items of one reason that the filter shows, oldest first: so their new commands keep the order. */
export function refusedItems(database: ReadDatabase, filter: Omit<ItemFilter, 'show'>): string[] {
  const { condition, parameters } = itemCondition({ ...filter, show: 'refused' });
  return database
    .all<{ item_id: string }>(`select item_id from outbox where ${condition} order by sequence`, parameters)
    .map((row) => row.item_id);
}
