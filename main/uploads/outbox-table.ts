import { setImmediate } from 'node:timers/promises';
import type { ItemFilter } from '../../shared/contract/sync-filter.ts';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import type { ReadDatabase } from '../cache/database.ts';
import { listItems } from '../cache/outbox-list.ts';
import type { TablePieces } from './write-csv.ts';

/** Few enough that reading them holds nothing else up. */
const ITEMS_A_PIECE = 200;

const header = [
  'state',
  'command',
  'email',
  'first_name',
  'credits',
  'days',
  'file',
  'rows',
  'confirmed',
  'refused',
  'not_done',
].concat(['reason', 'shortfall', 'queued_at', 'changed_at', 'attempts', 'last_fault', 'receipt', 'expires_at', 'item']);

/** The items that a filter shows as a table, newest first, for people and spreadsheets: codes as they stand in the log and the receipts. */
export async function* outboxTable(
  database: ReadDatabase,
  filter: ItemFilter,
  stopWhenCancelled: () => void,
): TablePieces {
  yield [header];
  for (let offset = 0; ; offset += ITEMS_A_PIECE) {
    stopWhenCancelled();
    const { items } = listItems(database, { ...filter, offset, limit: ITEMS_A_PIECE });
    if (items.length === 0) return;
    yield items.map(cellsOf);
    await setImmediate();
  }
}

function cellsOf(item: OutboxItem): string[] {
  const { command, refusal, receipt } = item;
  const isUpload = command.kind === 'upload_members';
  const text = (value: string | number | null | undefined): string => (value == null ? '' : String(value));
  return [
    isUpload && command.notDone ? 'partial' : item.state,
    command.kind,
    isUpload ? '' : command.memberEmail,
    isUpload ? '' : command.memberName,
    'credits' in command ? text(command.credits) : '',
    command.kind === 'assign_member_credits'
      ? text(command.validityDays)
      : command.kind === 'extend_member_credits'
        ? text(command.days)
        : '',
    isUpload ? command.fileName : '',
    isUpload ? text(command.rows) : '',
    isUpload ? text(command.confirmed) : '',
    isUpload ? text(command.refused) : '',
    isUpload ? text(command.notDone?.rows) : '',
    text(refusal?.reason ?? item.heldReason),
    text(refusal?.shortfall),
    item.queuedAt,
    item.changedAt,
    text(item.attempts),
    text(item.lastError),
    text(receipt?.allocationId),
    text(receipt?.expiresAt),
    item.itemId,
  ];
}
