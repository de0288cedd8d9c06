import * as z from 'zod';
import { operation } from './operation.ts';
import { itemFilter } from './sync-filter.ts';
import { count, instant, slice } from './values.ts';

/** Who or what began a round: the clock, a person, a sign-in, something that was queued, the computer waking up, or another network. */
export const roundTrigger = z.enum(['timer', 'person', 'sign_in', 'queued', 'wake', 'network']);
export type RoundTrigger = z.infer<typeof roundTrigger>;

/** One round of sending and pulling. Uploads count by rows. */
export const syncRound = z.object({
  round: count,
  startedBy: roundTrigger,
  startedAt: instant,
  /** When the last of `repeats` rounds ended. */
  endedAt: instant,
  /** Rounds in a row that the clock began and that brought the same: nothing, or the same fault. */
  repeats: z.number().int().min(1),
  /** Of the last of them. */
  milliseconds: count,
  sent: count,
  confirmed: count,
  refused: count,
  pulledMembers: count,
  pulledAllocations: count,
  removedMembers: count,
  /** Code of the fault that ended it, or null. */
  fault: z.string().nullable(),
});
export type SyncRound = z.infer<typeof syncRound>;

export const syncHistoryOperations = {
  /** The last rounds on this computer, newest first; 1,000 are kept. */
  'sync.history': operation('cache', slice, z.object({ rounds: z.array(syncRound), total: count })),
  /** How many refused items wait for a person, by reason. */
  'sync.reasons': operation(
    'cache',
    z.object({}).strict(),
    z.object({ reasons: z.array(z.object({ reason: z.string(), items: count })) }),
  ),
  /** As `sync.retry` for every refused item that the filter shows, at most those of one reason. */
  'sync.retryAll': operation(
    'queue',
    itemFilter.omit({ show: true }).extend({ reason: z.string().max(100) }),
    z.object({ retried: count }),
  ),
};
