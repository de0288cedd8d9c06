import type { BalanceNumbers } from '../../shared/contract/values.ts';
import type { ReadDatabase } from './database.ts';

/**
 * The three numbers, wherever a balance stands: confirmed by the server and when, planned in the outbox, and what is left
 * of it. The open draft of an upload is not in it: its dry run adds that itself.
 */
export function readBalance(database: ReadDatabase): BalanceNumbers {
  const partner = database.get<{ balance: number; as_of: string }>('select balance, as_of from partner');
  const planned = plannedCredits(database);
  return {
    confirmed: partner?.balance ?? null,
    confirmedAt: partner?.as_of ?? null,
    planned,
    left: partner === undefined ? null : partner.balance - planned,
  };
}

/** Credits of all commands without an answer, whether they wait, are on the way or are held. Refused ones plan nothing. */
function plannedCredits(database: ReadDatabase): number {
  const row = database.get<{ credits: number }>(
    `select coalesce(sum(planned_credits), 0) as credits from outbox
     where state not in ('confirmed') and state <> 'refused'`,
  );
  return row?.credits ?? 0;
}
