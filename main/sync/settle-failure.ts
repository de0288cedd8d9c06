import type { WriteDatabase } from '../cache/database.ts';
import { landRefused } from '../cache/land-command.ts';
import { clearDoubt, hold, type OutboxRow, postpone, readItem } from '../cache/outbox.ts';
import { endStopped, settleRefusedUpload } from '../cache/upload-items.ts';
import type { Failure } from '../remote/failure.ts';
import { backoffDelay, ITEM_BACKOFF, LONGEST_LOCAL_PAUSE_MS } from './backoff.ts';

/**
 * Writes down what a failed attempt means for its item, in one transaction. `before` is the item as it was before the attempt:
 * what was in doubt then is still in doubt, and a refusal from on the way proves nothing about the attempt whose answer was
 * lost. Answers the failure when it says something about the connection or the session, null when it concerned this
 * item alone and the next one may go at once.
 */
export function settleFailure(
  database: WriteDatabase,
  before: OutboxRow,
  attemptedThrough: number | null,
  failure: Failure,
  now: number,
  random: () => number,
): Failure | null {
  const uploadedDraft = before.kind === 'upload_members' ? before.draft_id : null;
  const wasInDoubt =
    uploadedDraft === null
      ? before.state === 'checking' || before.state === 'sending'
      : before.in_doubt_through !== null;
  database.transaction(() => {
    if (failure.kind === 'refused' && !wasInDoubt) {
      landRefused(database, before.item_id, { reason: failure.reason, shortfall: null }, null, now);
      if (uploadedDraft !== null) settleRefusedUpload(database, before.item_id, uploadedDraft, now);
      return;
    }
    if (failure.kind === 'outdated' && !wasInDoubt) {
      if (uploadedDraft !== null) clearDoubt(database, before.item_id);
      hold(database, before.item_id, 'outdated_client', now);
      endStopped(database, before.item_id, now);
      return;
    }
    const mayHaveActed = (failure.kind === 'unreachable' || failure.kind === 'unavailable') && failure.mayHaveActed;
    postpone(
      database,
      before.item_id,
      {
        isInDoubt: mayHaveActed || wasInDoubt,
        inDoubtThrough: mayHaveActed && uploadedDraft !== null ? attemptedThrough : before.in_doubt_through,
        sentThrough: (mayHaveActed ? readItem(database, before.item_id) : before)?.sent_through ?? null,
        nextAttemptAt: nextAttempt(before, failure, now, random),
        error: faultCode(failure),
      },
      now,
    );
    endStopped(database, before.item_id, now);
  });
  return failure.kind === 'refused' || failure.kind === 'outdated' ? null : failure;
}

/** After a fault of this program with one item: it is asked for by its id, later every time, and blocks no other. */
export function postponeFaulty(database: WriteDatabase, itemId: string, now: number, random: () => number): void {
  const item = readItem(database, itemId);
  if (item === undefined) return;
  // Behind every pause that follows: or it would be the first again.
  const nextAttemptAt = now + LONGEST_LOCAL_PAUSE_MS + backoffDelay(item.attempts + 1, ITEM_BACKOFF, random);
  const { in_doubt_through: inDoubtThrough, sent_through: through } = item;
  const error = 'local_unexpected';
  postpone(database, itemId, { isInDoubt: true, inDoubtThrough, sentThrough: through, nextAttemptAt, error }, now);
}

/** Only a fault of this item's own answer delays it; when the connection is at fault all items wait together. */
function nextAttempt(before: OutboxRow, failure: Failure, now: number, random: () => number): number | null {
  // Something on the way may not let this one pass, and every other: it must not stand at the head of the queue for ever.
  const isOwn =
    failure.kind === 'unreachable'
      ? failure.status !== undefined
      : failure.kind !== 'sign_in' && failure.kind !== 'not_a_partner';
  if (!isOwn) return null;
  const wish = failure.kind === 'unavailable' ? (failure.afterMs ?? 0) : 0;
  return now + Math.max(wish, backoffDelay(before.attempts + 1, ITEM_BACKOFF, random));
}

/**
 * Whether less at a time may get through: too slow for the server, or too much for, or stopped by, something on the way, be it with
 * an answer or by cutting the connection. Where none ever stood, it says nothing about how much was to go over it.
 */
export function mayPassInParts(failure: Failure): boolean {
  if (failure.kind === 'unavailable') return failure.tooSlow;
  if (failure.kind !== 'unreachable' || !failure.mayHaveActed) return false;
  return failure.fault === 'timeout' || failure.fault === 'reset' || failure.status !== undefined;
}

/** A short code for "why does this wait"; never text of the server. */
export function faultCode(failure: Failure): string {
  switch (failure.kind) {
    case 'unreachable':
      return failure.fault;
    case 'unavailable':
      return failure.error;
    case 'refused':
      return failure.reason;
    case 'sign_in':
      return failure.reason === 'wrong_key' ? 'wrong_key' : 'sign_in';
    case 'not_a_partner':
      return 'not_a_partner';
    case 'outdated':
      return 'outdated';
  }
}
