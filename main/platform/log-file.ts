import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { formatLogLine } from './log-line.ts';
import type { Log } from './platform.ts';

/** Above this size, in bytes, the log is set aside and a new one begun: both together stay under twice of it. */
const LOG_LIMIT = 5 * 1024 * 1024;

/** The log that is written, and the one before it. */
export const LOG_FILES = ['console.log', 'console.previous.log'] as const;

/**
 * Opens `console.log` in the data folder (mode 0600) and answers the function that writes a line to it, and one to
 * close it. A disk that takes no more lines must not stop the console: the line is lost then, and nothing else.
 */
export function openLog(dataFolder: string, limit = LOG_LIMIT): { log: Log; close: () => void } {
  const [file, previous] = LOG_FILES.map((name) => path.join(dataFolder, name)) as [string, string];
  let descriptor = openSync(file, 'a', 0o600);
  let size = fstatSync(descriptor).size;
  let open = true;

  const rotate = (): void => {
    closeSync(descriptor);
    open = false;
    renameSync(file, previous);
    descriptor = openSync(file, 'a', 0o600);
    open = true;
    size = 0;
  };
  if (size > limit) rotate();
  return {
    log: (level, event, data) => {
      if (!open) return;
      try {
        size += writeSync(descriptor, formatLogLine(new Date(), level, event, data));
        if (size > limit) rotate();
      } catch (error) {
        if (!(error instanceof Error && 'code' in error)) throw error;
      }
    },
    close: () => {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}
