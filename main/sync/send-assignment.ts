import type { OpenDatabase } from '../cache/database.ts';
import { landAssigned, landRefused } from '../cache/land-assignment.ts';
import { hold, markSending, type OutboxRow } from '../cache/outbox.ts';
import { assignPayload, readPayload } from '../cache/outbox-payload.ts';
import type { Failure } from '../remote/failure.ts';
import type { SendDependencies } from './send-dependencies.ts';
import { settleFailure } from './settle-failure.ts';

/**
 * Sends one assignment under its own id and writes down what came of it. Answers the failure that concerns more than this
 * item, or null.
 */
export async function sendAssignment(
  database: OpenDatabase,
  item: OutboxRow,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const { clock, functions, announce } = dependencies;
  const payload = readPayload(item, assignPayload);
  if (payload === null) {
    hold(database, item.item_id, 'newer_version', clock.now());
    announce('outbox');
    return null;
  }
  markSending(database, item.item_id, clock.now());
  announce('outbox');
  const answer = await functions.assign(item.item_id, payload);
  // Closed meanwhile: the next start finds the item in doubt and asks under the same id.
  if (!database.isOpen) return null;
  const now = clock.now();
  if (!answer.ok) {
    const failure = settleFailure(database, item, null, answer.failure, now, dependencies.random);
    announce('outbox', 'partner', 'members');
    return failure;
  }
  const result = answer.value;
  if (result.outcome === 'assigned') {
    landAssigned(
      database,
      item.item_id,
      payload,
      {
        allocationId: result.allocation_id,
        memberId: result.member_id,
        credits: result.credits,
        expiresAt: result.expires_at,
        creditsAssigned: result.credits_assigned,
        balance: result.balance,
        replayed: result.replayed,
      },
      now,
    );
    announce('outbox', 'partner', 'members', 'allocations');
  } else {
    const shortfall = result.outcome === 'insufficient_credits' ? result.shortfall : null;
    landRefused(
      database,
      item.item_id,
      { reason: result.outcome, shortfall },
      result.replayed ? null : result.balance,
      now,
    );
    announce('outbox', 'partner', 'members');
  }
  return null;
}
