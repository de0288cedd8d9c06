import type { OpenDatabase } from '../cache/database.ts';
import { hold, markSending, type OutboxRow } from '../cache/outbox.ts';
import { type MemberCommand, readCommand } from '../cache/outbox-payload.ts';
import type { Answer, Failure } from '../remote/failure.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';
import { type Landing, landingOf } from './command-landing.ts';
import type { SendDependencies } from './send-dependencies.ts';
import { settleFailure } from './settle-failure.ts';

/**
 * Sends one command on one member under its own id and writes down what came of it. Answers the failure that concerns more
 * than this item, or null.
 */
export async function sendCommand(
  database: OpenDatabase,
  item: OutboxRow,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const { clock, functions, announce } = dependencies;
  const command = readCommand(item);
  if (command === null) {
    hold(database, item.item_id, 'newer_version', clock.now());
    announce('outbox');
    return null;
  }
  markSending(database, item.item_id, clock.now());
  announce('outbox');
  const answer = await call(functions, item.item_id, command);
  // Closed meanwhile: the next start finds the item in doubt and asks under the same id.
  if (!database.isOpen) return null;
  const now = clock.now();
  if (!answer.ok) {
    const failure = settleFailure(database, item, null, answer.failure, now, dependencies.random);
    announce('outbox', 'partner', 'members');
    return failure;
  }
  answer.value(database, item.item_id, now);
  announce('outbox', 'partner', 'members', 'allocations');
  return null;
}

/** The answer is checked to be about this command's member by the server's own record of the id. */
async function call(functions: PartnerFunctions, itemId: string, command: MemberCommand): Promise<Answer<Landing>> {
  switch (command.kind) {
    case 'assign_member_credits':
      return landed(await functions.assign(itemId, command.payload), (value) =>
        landingOf.assigned(command.payload, value),
      );
    case 'revoke_member_credits':
      return landed(await functions.revoke(itemId, command.payload), (value) =>
        landingOf.revoked(command.payload, value),
      );
    case 'extend_member_credits':
      return landed(await functions.extend(itemId, command.payload), (value) =>
        landingOf.extended(command.payload, value),
      );
    case 'set_member_status':
      return landed(await functions.setStatus(itemId, command.payload), (value) => landingOf.changed(value));
  }
}

function landed<T>(answer: Answer<T>, landing: (value: T) => Landing): Answer<Landing> {
  return answer.ok ? { ok: true, value: landing(answer.value) } : answer;
}
