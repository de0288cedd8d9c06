import { err, ok } from '../../shared/result.ts';
import type { AccountHandlers } from '../account-handlers.ts';
import { readMemberDetail, readMemberPage } from '../cache/member-pages.ts';
import { readPlannedItems } from '../cache/planned-credits.ts';
import { readPullState } from '../cache/pull-state.ts';
import { rollExpiry } from '../cache/roll-expiry.ts';
import type { Clock } from '../platform/platform.ts';

/** The list of members and one of them, from the cache alone. */
export function memberOperations(clock: Clock): AccountHandlers<'members.page' | 'members.read'> {
  return {
    'members.page': ({ database }, request) => {
      rollExpiry(database, clock.now());
      const page = readMemberPage(database, request, clock.now());
      return ok({ ...page, asOf: readPullState(database).completedAt });
    },
    'members.read': ({ database }, { memberId }) => {
      rollExpiry(database, clock.now());
      const detail = readMemberDetail(database, memberId, clock.now());
      if (detail === undefined) return err({ code: 'not_found', what: 'member' });
      return ok({
        ...detail,
        asOf: readPullState(database).completedAt,
        planned: readPlannedItems(database, memberId),
      });
    },
  };
}
