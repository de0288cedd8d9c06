import type { WriteDatabase } from '../cache/database.ts';
import { landRefused } from '../cache/land-assignment.ts';
import { type OutboxRow, postpone } from '../cache/outbox.ts';
import type { Failure } from '../remote/failure.ts';
import { backoffDelay, ITEM_BACKOFF } from './backoff.ts';

/**
 * Writes down what a failed attempt means for its item. `before` is the item as it was before the attempt: what was in doubt
 * then is still in doubt. Answers the failure when it says something about the connection or the session, null when it
 * concerned this item alone and the next one may go at once.
 */
export function settleFailure(
  database: WriteDatabase,
  before: OutboxRow,
  attemptedThrough: number | null,
  failure: Failure,
  now: number,
  random: () => number,
): Failure | null {
  if (failure.kind === 'refused') {
    landRefused(database, before.item_id, { reason: failure.reason, shortfall: null }, null, now);
    return null;
  }
  const mayHaveActed = (failure.kind === 'unreachable' || failure.kind === 'unavailable') && failure.mayHaveActed;
  const isUpload = before.kind === 'upload_members';
  const wasInDoubt = isUpload
    ? before.in_doubt_through !== null
    : before.state === 'checking' || before.state === 'sending';
  // Only a fault of this item's own answer delays it; when the connection is at fault all items wait together.
  const nextAttemptAt =
    failure.kind === 'unavailable'
      ? now + Math.max(failure.afterMs ?? 0, backoffDelay(before.attempts + 1, ITEM_BACKOFF, random))
      : null;
  postpone(
    database,
    before.item_id,
    {
      isInDoubt: mayHaveActed || wasInDoubt,
      inDoubtThrough: mayHaveActed && isUpload ? attemptedThrough : before.in_doubt_through,
      nextAttemptAt,
      error: faultCode(failure),
    },
    now,
  );
  return failure;
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
      return 'sign_in';
    case 'not_a_partner':
      return 'not_a_partner';
    case 'outdated':
      return 'outdated';
  }
}
