import type { ItemFilter } from '../../shared/contract/sync-filter.ts';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import type { ReadDatabase } from './database.ts';
import { itemCondition, needsAttention } from './outbox-filter.ts';
import type { OutboxRow } from './outbox.ts';
import { assignPayload, assignReceipt, refusal, uploadPayload, uploadReceipt } from './outbox-payload.ts';

/** A page of the outbox, newest first. */
export function listItems(
  database: ReadDatabase,
  page: Pick<ItemFilter, 'show'> & Partial<ItemFilter> & { readonly offset: number; readonly limit: number },
): { items: OutboxItem[]; total: number } {
  const { condition, parameters } = itemCondition(page);
  const total =
    database.get<{ total: number }>(`select count(*) as total from outbox where ${condition}`, parameters)?.total ?? 0;
  const rows = database.all<OutboxRow>(
    `select * from outbox where ${condition} order by sequence desc limit @limit offset @offset`,
    { ...parameters, limit: page.limit, offset: page.offset },
  );
  return { items: rows.map(toOutboxItem), total };
}

export interface OutboxCounts {
  /** Will be sent without anybody doing anything, or when the pause or the sign-in ends. */
  readonly waiting: number;
  readonly checking: number;
  readonly attention: number;
}

export function countItems(database: ReadDatabase): OutboxCounts {
  return (
    database.get<OutboxCounts>(
      `select count(*) filter (where state in ('queued', 'sending') or (state = 'held' and not ${needsAttention})) as waiting,
         count(*) filter (where state = 'checking') as checking, count(*) filter (where ${needsAttention}) as attention
       from outbox where state <> 'confirmed'`,
    ) ?? { waiting: 0, checking: 0, attention: 0 }
  );
}

/** An item as people see it. What a later version wrote is shown as far as this one understands it. */
function toOutboxItem(row: OutboxRow): OutboxItem {
  return {
    itemId: row.item_id,
    state: row.state,
    heldReason: row.held_reason,
    command: row.kind === 'upload_members' ? uploadCommand(row) : assignCommand(row),
    queuedAt: row.queued_at,
    changedAt: row.changed_at,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    lastError: row.last_error,
    receipt: row.state === 'confirmed' ? receiptOf(row) : null,
    refusal: row.state === 'refused' && row.refusal !== null ? refusal.parse(JSON.parse(row.refusal)) : null,
  };
}

function assignCommand(row: OutboxRow): OutboxItem['command'] {
  const parsed = assignPayload.safeParse(JSON.parse(row.payload));
  const payload = parsed.success
    ? parsed.data
    : { memberId: row.member_id ?? row.item_id, memberName: '', memberEmail: '', validityDays: 0, note: null };
  return { kind: 'assign_member_credits', credits: row.planned_credits, ...payload };
}

function uploadCommand(row: OutboxRow): OutboxItem['command'] {
  const parsed = uploadPayload.safeParse(JSON.parse(row.payload));
  const payload = parsed.success
    ? parsed.data
    : { draftId: row.draft_id ?? row.item_id, fileName: '', rows: 0, credits: row.planned_credits };
  const { confirmed, refused } = progressOf(row);
  return { kind: 'upload_members', ...payload, sent: confirmed + refused, confirmed, refused };
}

function progressOf(row: OutboxRow): { confirmed: number; refused: number; balance: number | null } {
  if (row.receipt === null) return { confirmed: 0, refused: 0, balance: null };
  return uploadReceipt.parse(JSON.parse(row.receipt));
}

function receiptOf(row: OutboxRow): OutboxItem['receipt'] {
  if (row.kind === 'upload_members') {
    return { allocationId: null, balance: progressOf(row).balance, expiresAt: null, replayed: false };
  }
  return row.receipt === null ? null : assignReceipt.parse(JSON.parse(row.receipt));
}
