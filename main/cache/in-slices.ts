import { setImmediate } from 'node:timers/promises';
import type { OpenDatabase } from './database.ts';
import { CHECKPOINT_PAGES } from './open.ts';

/**
 * How long one slice takes work on, in milliseconds. The last piece of work and the commit come on top: together they stay
 * under the 20 ms after which a person feels that the console is busy.
 */
const SLICE_MS = 8;

/**
 * In pages. A commit that fills the usual 16 MB of the log copies them into the file at once, 30 ms and more; smaller copies more often
 * cost the same in all.
 */
const SMALL_CHECKPOINT = 500;

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

/** While many short transactions write much: see `SMALL_CHECKPOINT`. */
export async function withSmallCheckpoints<T>(database: OpenDatabase, work: () => Promise<T>): Promise<T> {
  if (database.isOpen) database.execute(`pragma wal_autocheckpoint = ${SMALL_CHECKPOINT}`);
  try {
    return await work();
  } finally {
    if (database.isOpen) database.execute(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  }
}
