import type { WriteDatabase } from '../cache/database.ts';

/** The longest pause after a transaction. In milliseconds. */
const MAX_PAUSE = 20;

/** Writes in short transactions with pauses, so that another connection can write in between. */
export interface YieldingWriter {
  readonly database: WriteDatabase;
  /** Runs one transaction, then lets others write for as long as it took. Throws what `stopWhenCancelled` throws. */
  readonly write: <T>(work: () => T) => T;
  readonly stopWhenCancelled: () => void;
}

/**
 * A writer for a thread that has nothing else to do than to write: SQLite gives the lock to whoever asks first, and who waits for it
 * asks only now and then. `cancelled` becomes 1 when the person says stop; a pause ends then.
 */
export function yieldingWriter(
  database: WriteDatabase,
  cancelled: Int32Array<SharedArrayBuffer>,
  stopWhenCancelled: () => void,
): YieldingWriter {
  return {
    database,
    stopWhenCancelled,
    write(work) {
      stopWhenCancelled();
      const start = performance.now();
      const result = database.transaction(work);
      Atomics.wait(cancelled, 0, 0, Math.min(performance.now() - start, MAX_PAUSE));
      return result;
    },
  };
}
