import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Log } from './platform.ts';

/** Above this size, in bytes, the log of the last start is set aside and a new one begun. */
const LOG_LIMIT = 5 * 1024 * 1024;

/** What looks like an e-mail address, a token or a key, for the case that one slips into a value. */
const revealing = [
  /[^\s@"'<>|]+@[^\s@"'<>|]+/gu,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?/g,
  /\bsb_(?:publishable|secret)_\w+/g,
  /\bBearer\s+\S+/gi,
];

/** Replaces addresses, tokens and keys in one value of the log. */
export function redact(text: string): string {
  return revealing.reduce((clean, pattern) => clean.replace(pattern, '[redacted]'), text);
}

/** One line of JSON. Only named, flat values come in by type; each text is redacted once more. */
export function formatLogLine(at: Date, ...[level, event, data]: Parameters<Log>): string {
  const clean = Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [key, typeof value === 'string' ? redact(value) : value]),
  );
  return `${JSON.stringify({ at: at.toISOString(), level, event, ...clean })}\n`;
}

/**
 * Opens `console.log` in the data folder (mode 0600) and answers the function that writes a line to it, and one to
 * close it. A disk that takes no more lines must not stop the console: the line is lost then, and nothing else.
 */
export function openLog(dataFolder: string): { log: Log; close: () => void } {
  const file = path.join(dataFolder, 'console.log');
  let descriptor = openSync(file, 'a', 0o600);
  if (fstatSync(descriptor).size > LOG_LIMIT) {
    closeSync(descriptor);
    renameSync(file, path.join(dataFolder, 'console.previous.log'));
    descriptor = openSync(file, 'a', 0o600);
  }
  let open = true;
  return {
    log: (level, event, data) => {
      if (!open) return;
      try {
        writeSync(descriptor, formatLogLine(new Date(), level, event, data));
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
