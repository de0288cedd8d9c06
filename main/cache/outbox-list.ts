import type { ItemFilter } from '../../shared/contract/sync-filter.ts';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import type { ReadDatabase } from './database.ts';
import { isRestOpen, rowsNotDone } from './ended-in-part.ts';
import { itemCondition, needsAttention } from './outbox-filter.ts';
import type { OutboxRow } from './outbox.ts';
import { mayHaveActed } from './outbox-decisions.ts';
import {
  commandReceipt,
  type MemberCommandKind,
  noReceipt,
  readCommand,
  refusal,
  uploadPayload,
  type UploadReceipt,
  uploadReceipt,
} from './outbox-payload.ts';
import { parseStored } from './parse-stored.ts';
import { readSituation } from './situation.ts';

/** An item with what of it was not done: see ended-in-part. */
type ListedRow = OutboxRow & { readonly rows_not_done: number; readonly is_rest_open: 0 | 1 | null };

/** A page of the outbox, newest first. */
export function listItems(
  database: ReadDatabase,
  page: Pick<ItemFilter, 'show'> & Partial<ItemFilter> & { readonly offset: number; readonly limit: number },
): { items: OutboxItem[]; total: number } {
  const { condition, parameters } = itemCondition(page);
  const total =
    database.get<{ total: number }>(`select count(*) as total from outbox where ${condition}`, parameters)?.total ?? 0;
  if (total === 0) return { items: [], total };
  const rows = database.all<ListedRow>(
    `select *, ${rowsNotDone} as rows_not_done, ${isRestOpen} as is_rest_open from outbox where ${condition} order by sequence desc limit @limit offset @offset`,
    { ...parameters, limit: page.limit, offset: page.offset },
  );
  return { items: rows.map((row) => toOutboxItem(database, row)), total };
}

export interface OutboxCounts {
  /** Will be sent without anybody doing anything, or when the pause or the sign-in ends. */
  readonly waiting: number;
  readonly checking: number;
  readonly attention: number;
}

export function countItems(database: ReadDatabase): OutboxCounts {
  const counts = database.get<OutboxCounts>(
    `select count(*) filter (where state in ('queued', 'sending') or (state = 'held' and not ${needsAttention})) as waiting,
         count(*) filter (where state = 'checking') as checking, count(*) filter (where ${needsAttention}) as attention
       from outbox where state not in ('confirmed')`,
  ) ?? { waiting: 0, checking: 0, attention: 0 };
  const ended = database.get<{ items: number }>(`select count(*) as items from outbox where ${isRestOpen}`);
  return { ...counts, attention: counts.attention + (ended?.items ?? 0) };
}

/** An item as people see it. What a later version wrote, or a fault of the disk changed, is shown as far as it is understood. */
function toOutboxItem(database: ReadDatabase, row: ListedRow): OutboxItem {
  return {
    itemId: row.item_id,
    state: row.state,
    heldReason: row.held_reason,
    command: row.kind === 'upload_members' ? uploadCommand(row) : memberCommand(row, row.kind),
    queuedAt: row.queued_at,
    changedAt: row.changed_at,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    mayBeDone: mayHaveActed(row),
    lastError: row.last_error,
    receipt: row.state === 'confirmed' ? receiptOf(row) : null,
    refusal: row.state === 'refused' && row.refusal !== null ? refusalOf(row.refusal) : null,
    seen: readCommand(row)?.payload.seen ?? null,
    now: row.member_id === null ? null : readSituation(database, row.member_id),
  };
}

function memberCommand(row: OutboxRow, kind: MemberCommandKind): OutboxItem['command'] {
  const command = readCommand(row);
  if (command === null) return unreadCommand(row, kind);
  const { memberId, memberName, memberEmail } = command.payload;
  const of = { memberId, memberName, memberEmail };
  switch (command.kind) {
    case 'assign_member_credits': {
      const { credits, validityDays, note } = command.payload;
      return { kind: command.kind, ...of, credits, validityDays, note };
    }
    case 'revoke_member_credits': {
      const { credits, reason } = command.payload;
      return { kind: command.kind, ...of, credits, reason };
    }
    case 'extend_member_credits':
      return { kind: command.kind, ...of, days: command.payload.days };
    case 'set_member_status':
      return { kind: command.kind, ...of, status: command.payload.status };
  }
}

/** What the columns beside the payload tell. */
function unreadCommand(row: OutboxRow, kind: MemberCommandKind): OutboxItem['command'] {
  const of = { memberId: row.member_id ?? row.item_id, memberName: '', memberEmail: '' };
  switch (kind) {
    case 'assign_member_credits':
      return { kind, ...of, credits: row.planned_credits, validityDays: 0, note: null };
    case 'revoke_member_credits':
      return { kind, ...of, credits: 0, reason: null };
    case 'extend_member_credits':
      return { kind, ...of, days: 0 };
    case 'set_member_status':
      return { kind, ...of, status: null };
  }
}

function uploadCommand(row: ListedRow): OutboxItem['command'] {
  const parsed = uploadPayload.safeParse(parseStored(row.payload));
  const payload = parsed.success
    ? parsed.data
    : { draftId: row.draft_id ?? row.item_id, fileName: '', rows: 0, credits: row.planned_credits };
  const { confirmed, refused } = progressOf(row);
  const notDone = row.rows_not_done === 0 ? null : { rows: row.rows_not_done, needsAttention: row.is_rest_open === 1 };
  return { kind: 'upload_members', ...payload, sent: confirmed + refused, confirmed, refused, notDone };
}

function progressOf(row: OutboxRow): UploadReceipt {
  const parsed = uploadReceipt.safeParse(row.receipt === null ? null : parseStored(row.receipt));
  return parsed.success ? parsed.data : noReceipt;
}

function receiptOf(row: OutboxRow): OutboxItem['receipt'] {
  if (row.kind === 'upload_members') {
    return { allocationId: null, balance: progressOf(row).balance, expiresAt: null, replayed: false };
  }
  const parsed = commandReceipt.safeParse(row.receipt === null ? null : parseStored(row.receipt));
  return parsed.success ? parsed.data : null;
}

function refusalOf(stored: string): OutboxItem['refusal'] {
  const parsed = refusal.safeParse(parseStored(stored));
  return parsed.success ? parsed.data : { reason: 'unreadable', shortfall: null };
}
