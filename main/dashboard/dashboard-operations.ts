import { ok } from '../../shared/result.ts';
import type { AccountHandlers } from '../account-handlers.ts';
import { rollExpiry } from '../cache/roll-expiry.ts';
import type { Clock } from '../platform/platform.ts';
import { readDashboard } from './read-dashboard.ts';

export function dashboardOperations(clock: Clock): AccountHandlers<'dashboard.read'> {
  return {
    'dashboard.read': ({ database }) => {
      rollExpiry(database, clock.now());
      return ok(readDashboard(database, clock.now()));
    },
  };
}
