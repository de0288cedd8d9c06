import { ok } from '../../shared/result.ts';
import type { AccountHandlers } from '../account-handlers.ts';
import type { Announce } from '../application-events.ts';
import { dismissRecoveries, latestRecovery } from '../cache/recoveries.ts';

/** What is told of damaged data on this computer, until somebody has read it. */
export function recoveryOperations(
  announce: Announce,
): AccountHandlers<'application.recovery' | 'application.dismissRecovery'> {
  return {
    'application.recovery': ({ database }) => ok({ latest: latestRecovery(database) }),
    'application.dismissRecovery': ({ database }) => {
      dismissRecoveries(database);
      announce('settings');
      return ok({});
    },
  };
}
