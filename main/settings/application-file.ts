import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { appearance } from '../../shared/contract/application.ts';
import { account } from '../../shared/contract/session.ts';
import { instant } from '../../shared/contract/values.ts';
import type { Log } from '../platform/platform.ts';

const knownAccount = account.extend({
  publishableKey: z.string(),
  lastUsedAt: instant,
  /** The person signed out on purpose: this account cannot be opened without its password. */
  signedOut: z.boolean(),
});
export type KnownAccount = z.infer<typeof knownAccount>;

const applicationState = z.object({
  appearance,
  lastServer: z.object({ url: z.string(), publishableKey: z.string() }).nullable(),
  lastEmail: z.string().nullable(),
  accounts: z.array(knownAccount),
  /** The account to restore on start. */
  currentAccountId: z.string().nullable(),
});
export type ApplicationState = z.infer<typeof applicationState>;

const initialState: ApplicationState = {
  appearance: 'system',
  lastServer: null,
  lastEmail: null,
  accounts: [],
  currentAccountId: null,
};

/** What this computer remembers outside of any account. Holds no token and no password. */
export interface ApplicationFile {
  read(): ApplicationState;
  /** Writes the change through to the disk before it answers. Throws the file system's error when it cannot. */
  update(change: (state: ApplicationState) => ApplicationState): void;
}

/** Opens `application.json` in the data folder. A file that cannot be read is set aside under another name, never overwritten. */
export function openApplicationFile(dataFolder: string, log: Log): ApplicationFile {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const file = path.join(dataFolder, 'application.json');
  let state = load(file, log);
  return {
    read: () => state,
    update(change) {
      const next = change(state);
      writeAtomically(file, JSON.stringify(next, null, 2));
      state = next;
    },
  };
}

function load(file: string, log: Log): ApplicationState {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return initialState;
    throw error;
  }
  const parsed = applicationState.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  log('warn', 'application_file_set_aside');
  renameSync(file, `${file}.unreadable`);
  return initialState;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut short or overwritten: no schema accepts undefined.
    return undefined;
  }
}

/** Through a second file, flushed before it takes the name: a kill leaves the old or the new content. */
function writeAtomically(file: string, text: string): void {
  const next = `${file}.next`;
  const handle = openSync(next, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(next, file);
}
