import type { WriteDatabase } from '../cache/database.ts';
import type { ImportJob } from './import-job.ts';

/** The longest pause after a transaction. In milliseconds. */
const MAX_PAUSE = 20;
/** How long another connection is waited for at most, before SQLite decides whose turn it is. In milliseconds. */
const MAX_WAY_GIVEN = 50;

/** Writes in short transactions, so that another connection can write in between. */
export interface YieldingWriter {
  readonly database: WriteDatabase;
  /** Runs one transaction, then lets others write for as long as it took. Throws what `stopWhenCancelled` throws. */
  readonly write: <T>(work: () => T) => T;
  /** Runs one transaction once the console's own connection does not write, and goes on without a pause. */
  readonly writeOn: <T>(work: () => T) => T;
  /** The console's own connection waits to write: a transaction that can end early should. */
  readonly isWanted: () => boolean;
  readonly stopWhenCancelled: () => void;
}

/**
 * A writer for a thread that has nothing else to do than to write: SQLite gives the lock to whoever asks first, and who waits for it
 * asks only now and then. A pause ends when the person says stop.
 */
export function yieldingWriter(
  database: WriteDatabase,
  { cancelled, writers }: Pick<ImportJob, 'cancelled' | 'writers'>,
  stopWhenCancelled: () => void,
): YieldingWriter {
  const writeOn = <T>(work: () => T): T => {
    const waiting = Atomics.load(writers, 0);
    if (waiting > 0) Atomics.wait(writers, 0, waiting, MAX_WAY_GIVEN);
    return database.transaction(work);
  };
  return {
    database,
    stopWhenCancelled,
    isWanted: () => Atomics.load(writers, 0) > 0,
    writeOn,
    write(work) {
      stopWhenCancelled();
      const start = performance.now();
      const result = writeOn(work);
      Atomics.wait(cancelled, 0, 0, Math.min(performance.now() - start, MAX_PAUSE));
      return result;
    },
  };
}
