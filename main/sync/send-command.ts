import type { OpenDatabase } from '../cache/database.ts';
import { markSending, type OutboxRow } from '../cache/outbox.ts';
import type { MemberCommand } from '../cache/outbox-payload.ts';
import { saveBalance } from '../cache/partner.ts';
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
  command: MemberCommand,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const { clock, functions, announce, batchSize } = dependencies;
  const startedAt = clock.now();
  markSending(database, [item.item_id], startedAt);
  announce('outbox');
  const answer = await call(functions, item.item_id, command);
  // Closed meanwhile: the next start finds the item in doubt and asks for it.
  if (!database.isOpen) return null;
  if (!answer.ok) {
    const failure = settleFailure(database, item, null, answer.failure, clock.now(), dependencies.random);
    announce('outbox', 'partner', 'members');
    return failure;
  }
  // Where assignments had to go alone, the next ones may go together again.
  if (command.kind === 'assign_member_credits') batchSize.answered(1, clock.now() - startedAt);
  const { land, replayed } = answer.value;
  // What it gave is planned no more, and the balance that came with it is that of then: what is left would be shown too large.
  const fresh = replayed ? await functions.outcomes([item.item_id]) : null;
  if (!database.isOpen) return null;
  database.transaction(() => {
    land(database, item.item_id, clock.now());
    if (fresh?.ok === true) saveBalance(database, fresh.value.balance, clock.now());
  });
  announce('outbox', 'partner', 'members', 'allocations');
  return null;
}

interface Settled {
  readonly land: Landing;
  readonly replayed: boolean;
}

async function call(functions: PartnerFunctions, itemId: string, command: MemberCommand): Promise<Answer<Settled>> {
  switch (command.kind) {
    case 'assign_member_credits':
      return settled(await functions.assign(itemId, command.payload), (value) =>
        landingOf.assigned(command.payload, value),
      );
    case 'revoke_member_credits':
      return settled(await functions.revoke(itemId, command.payload), (value) =>
        landingOf.revoked(command.payload, value),
      );
    case 'extend_member_credits':
      return settled(await functions.extend(itemId, command.payload), (value) =>
        landingOf.extended(command.payload, value),
      );
    case 'set_member_status':
      return settled(await functions.setStatus(itemId, command.payload), (value) => landingOf.changed(value));
  }
}

function settled<T extends { readonly replayed: boolean }>(
  answer: Answer<T>,
  landing: (value: T) => Landing,
): Answer<Settled> {
  if (!answer.ok) return answer;
  return { ok: true, value: { land: landing(answer.value), replayed: answer.value.replayed } };
}
