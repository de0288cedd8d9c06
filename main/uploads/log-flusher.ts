import { close, closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

/** Brings what SQLite has committed without a flush onto the disk. */
export interface LogFlusher {
  /** Begins to flush beside this thread's own work, unless that is under way. Waits for nothing. */
  readonly begin: () => Promise<void>;
  /** Flushes what is left. The commit that follows does so as well, and says what is wrong with the disk: here nothing is thrown. */
  readonly finish: () => void;
}

/**
 * A flusher of the log of a database. The last commit would flush all of it, but with the lock that the console's own connection then
 * waits for, 100 ms and more. Opening the log takes none of SQLite's locks away: they are on the other files.
 */
export function logFlusher(databaseFile: string): LogFlusher {
  let isUnderWay = false;
  const open = (): number | null => {
    try {
      return openSync(`${databaseFile}-wal`, 'r+');
    } catch {
      // The last commit will tell.
      return null;
    }
  };
  return {
    async begin() {
      // Else this thread, which never rests, would not hear that the flush before has ended.
      await turn();
      const log = isUnderWay ? null : open();
      if (log === null) return;
      isUnderWay = true;
      fdatasync(log, () => {
        isUnderWay = false;
        close(log, () => undefined);
      });
    },
    finish() {
      const log = open();
      if (log === null) return;
      for (const step of [fdatasyncSync, closeSync]) {
        try {
          step(log);
        } catch {
          // The last commit will tell.
        }
      }
    },
  };
}
