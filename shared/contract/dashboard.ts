import * as z from 'zod';
import { operation } from './operation.ts';
import { balanceNumbers, count, instant, nothing, uuid } from './values.ts';

export const dashboard = z.object({
  partnerName: z.string(),
  balance: balanceNumbers,
  /** When the figures below were last brought from the server; null before the first pull. */
  asOf: instant.nullable(),
  lowBalance: z.boolean(),
  members: z.object({ active: count, inactive: count, withoutCredits: count }),
  credits: z.object({ allocated: count, available: count, used: count, expired: count, revoked: count }),
  expiring: z.object({ within30Days: count, within60Days: count, within90Days: count }),
  /** Sum of available credits that expire in each of the next twelve weeks; `weekStart` is a Monday. */
  expiryByWeek: z.array(z.object({ weekStart: z.iso.date(), credits: count })),
  /** Credits allocated in each of the last twelve months, oldest first; `month` as `2026-05`. */
  allocatedByMonth: z.array(z.object({ month: z.string(), credits: count })),
  sessions: z.object({ completed: count, upcoming: count }),
  recentAllocations: z.array(
    z.object({
      id: uuid,
      memberId: uuid.nullable(),
      memberEmail: z.string(),
      credits: z.number().int(),
      at: instant,
      source: z.string(),
    }),
  ),
});
export type Dashboard = z.infer<typeof dashboard>;

export const dashboardOperations = {
  'dashboard.read': operation('cache', nothing, dashboard),
};
