import { setImmediate } from 'node:timers/promises';
import { withSmallCheckpoints } from './checkpoints.ts';
import type { OpenDatabase } from './database.ts';

/**
 * How long one slice takes work on, in milliseconds. The last piece of work and the commit come on top: together they stay
 * under the 20 ms after which a person feels that the console is busy.
 */
const SLICE_MS = 8;

export interface SliceOptions {
  /** After each commit. */
  readonly onSlice?: () => void;
  /** Asked before each slice; true ends the work where it is. */
  readonly isStopped?: () => boolean;
}

/**
 * Does long work on rows in short transactions and gives way to everything else in between. `advance` does a small piece (a
 * millisecond or two), keeps in the database how far it is, and answers whether there is more. The first slice runs at
 * once: work that fits into it is one transaction. `stopped`: asked to, or the database was closed meanwhile; everything up to
 * the last slice is committed.
 */
export async function inSlices(
  database: OpenDatabase,
  advance: () => boolean,
  options: SliceOptions = {},
): Promise<'ended' | 'stopped'> {
  return withSmallCheckpoints(database, async () => {
    for (;;) {
      if (!database.isOpen || options.isStopped?.() === true) return 'stopped';
      const hasMore = database.transaction(() => {
        const end = performance.now() + SLICE_MS;
        while (advance()) {
          if (performance.now() >= end) return true;
        }
        return false;
      });
      options.onSlice?.();
      if (!hasMore) return 'ended';
      await setImmediate();
    }
  });
}
