import type { AppError } from '../../shared/app-error.ts';
import { ok, type Result } from '../../shared/result.ts';
import type { AccountHandlers, OpenAccount } from '../account-handlers.ts';
import type { Announce } from '../application-events.ts';
import { readBalance } from '../cache/balance.ts';
import { rollExpiry } from '../cache/roll-expiry.ts';
import type { Clock } from '../platform/platform.ts';
import { assignToMany } from './assign-to-many.ts';
import { queueForMember, type WantedCommand } from './queue-for-member.ts';

type AllocationOperationName =
  | 'allocation.assign'
  | 'allocation.assignMany'
  | 'allocation.revoke'
  | 'allocation.extend'
  | 'members.setStatus';

/** What people decide about members: queued on this computer, sent when it can be. */
export function allocationOperations(clock: Clock, announce: Announce): AccountHandlers<AllocationOperationName> {
  const queue = (
    { database, engine }: OpenAccount,
    memberId: string,
    command: WantedCommand,
  ): Result<{ itemId: string }, AppError> => {
    const now = clock.now();
    rollExpiry(database, now);
    const queued = queueForMember(database, memberId, command, now);
    if (!queued.ok) return queued;
    // Announced before it is sent, so that "planned" is seen even when the answer is quick.
    announce('outbox', 'members', 'partner', 'sync');
    engine.wake();
    return queued;
  };
  const withBalance = ({ database }: OpenAccount, queued: Result<{ itemId: string }, AppError>) =>
    queued.ok ? ok({ itemId: queued.value.itemId, balance: readBalance(database) }) : queued;

  return {
    'allocation.assign': (account, { memberId, ...terms }) =>
      withBalance(account, queue(account, memberId, { kind: 'assign_member_credits', terms })),
    'allocation.assignMany': (account, { members, ...terms }) => {
      const { database, engine } = account;
      const now = clock.now();
      rollExpiry(database, now);
      const queued = assignToMany(database, members, terms, now);
      announce('outbox', 'members', 'partner', 'sync');
      engine.wake();
      return ok({ ...queued, balance: readBalance(database) });
    },
    'allocation.revoke': (account, { memberId, ...terms }) =>
      withBalance(account, queue(account, memberId, { kind: 'revoke_member_credits', terms })),
    'allocation.extend': (account, { memberId, ...terms }) =>
      withBalance(account, queue(account, memberId, { kind: 'extend_member_credits', terms })),
    'members.setStatus': (account, { memberId, ...terms }) =>
      queue(account, memberId, { kind: 'set_member_status', terms }),
  };
}
