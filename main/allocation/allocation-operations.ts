import { ok } from '../../shared/result.ts';
import type { AccountHandlers } from '../account-handlers.ts';
import type { Announce } from '../application-events.ts';
import { readBalance } from '../cache/balance.ts';
import type { Clock } from '../platform/platform.ts';
import { assignCredits } from './assign-credits.ts';

export function allocationOperations(clock: Clock, announce: Announce): AccountHandlers<'allocation.assign'> {
  return {
    'allocation.assign': ({ database, engine }, assignment) => {
      const queued = assignCredits(database, assignment, clock.now());
      if (!queued.ok) return queued;
      // Announced before it is sent, so that "planned" is seen even when the answer is quick.
      announce('outbox', 'members', 'partner', 'sync');
      engine.wake();
      return ok({ itemId: queued.value.itemId, balance: readBalance(database) });
    },
  };
}
