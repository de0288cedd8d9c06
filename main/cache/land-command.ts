import type { WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { addConfirmedCredits, expiryInstant } from './member-rows.ts';
import type { AssignPayload, CommandReceipt, Refusal } from './outbox-payload.ts';
import { saveBalance } from './partner.ts';
import { saveAllocationAhead } from './pull-state.ts';

export interface AssignedCredits {
  readonly allocationId: string;
  readonly memberId: string;
  readonly credits: number;
  readonly creditsAssigned: number;
  readonly expiresAt: string;
  readonly balance: number;
  readonly replayed: boolean;
}

/**
 * The server's receipt for an assignment: the item is confirmed, the member's figures and the balance are fresh, all in ONE
 * transaction; of a replayed receipt the figures are left to the next page of the feed. `now` in milliseconds.
 */
export function landAssigned(
  database: WriteDatabase,
  itemId: string,
  payload: Pick<AssignPayload, 'memberEmail' | 'note'>,
  assigned: AssignedCredits,
  now: number,
  /** False where the caller writes the balance of after many such receipts. */
  savesBalance = true,
): void {
  const { allocationId, balance, expiresAt, replayed } = assigned;
  database.transaction(() => {
    confirmItem(database, itemId, { allocationId, balance, expiresAt, replayed }, now);
    // What a replayed receipt tells, the feed may have brought already, and its balance is that of then.
    if (replayed) return;
    saveAllocationAhead(database, {
      allocationId,
      kind: 'allocation',
      memberId: assigned.memberId,
      email: payload.memberEmail,
      credits: assigned.credits,
      expiresAt,
      source: 'console',
      note: payload.note,
      actor: null,
      createdAt: instantAt(now),
    });
    addConfirmedCredits(database, assigned.memberId, assigned, expiryInstant(database, now));
    if (savesBalance) saveBalance(database, balance, now);
  });
}

/** The item has its receipt. Part of the caller's transaction, which writes what the receipt tells as well. */
export function confirmItem(database: WriteDatabase, itemId: string, receipt: CommandReceipt, now: number): void {
  database.run(
    `update outbox set state = 'confirmed', held_reason = null, last_error = null, next_attempt_at = null, receipt = ?, changed_at = ?
     where item_id = ?`,
    JSON.stringify(receipt),
    instantAt(now),
    itemId,
  );
}

/**
 * The server's refusal: the item stays beside the person's data with its reason until they edit, retry or discard it.
 * `balance` is null where the answer carried none, or an old one.
 */
export function landRefused(
  database: WriteDatabase,
  itemId: string,
  refusal: Refusal,
  balance: number | null,
  now: number,
): void {
  database.transaction(() => {
    database.run(
      `update outbox set state = 'refused', held_reason = null, last_error = null, next_attempt_at = null, refusal = ?, changed_at = ?
       -- Its receipt may be here by another sender on this folder.
       where item_id = ? and state <> 'confirmed'`,
      JSON.stringify(refusal),
      instantAt(now),
      itemId,
    );
    if (balance !== null) saveBalance(database, balance, now);
  });
}
