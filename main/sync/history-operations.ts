import { ok } from '../../shared/result.ts';
import type { AccountHandlers } from '../account-handlers.ts';
import type { Announce } from '../application-events.ts';
import { inSlices } from '../cache/in-slices.ts';
import { countReasons, refusedItems } from '../cache/outbox-filter.ts';
import { retryItem } from '../cache/outbox-decisions.ts';
import { listRounds } from '../cache/sync-history.ts';
import type { Clock } from '../platform/platform.ts';

/** The history of rounds, and what people decide about many refused items at once. */
export function syncHistoryOperations(
  clock: Clock,
  announce: Announce,
): AccountHandlers<'sync.history' | 'sync.reasons' | 'sync.retryAll'> {
  return {
    'sync.history': ({ database }, page) => ok(listRounds(database, page)),
    'sync.reasons': ({ database }) => ok({ reasons: [...countReasons(database)] }),
    'sync.retryAll': async ({ database, engine }, filter) => {
      const wanted = refusedItems(database, filter);
      let next = 0;
      let retried = 0;
      await inSlices(database, () => {
        const itemId = wanted[next];
        next += 1;
        // What was decided about one by itself meanwhile is `not_found` here, and stays as decided.
        if (itemId !== undefined && 'itemId' in retryItem(database, itemId, clock.now())) retried += 1;
        return next < wanted.length;
      });
      announce('outbox', 'members', 'partner', 'drafts', 'draft_rows', 'sync');
      engine.wake();
      return ok({ retried });
    },
  };
}
