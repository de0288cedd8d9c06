import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { classifyCacheFault } from './cache/classify-cache-fault.ts';
import { copyDatabase } from './cache/copy-database.ts';
import { openDatabase } from './cache/open.ts';
import { setSendingPaused } from './cache/outbox.ts';

/**
 * Copies what is known of every account into an empty data folder: what waits to be sent, and what was sent. In the copy sending is
 * paused, so that an application on it sets nothing going of what waits.
 */
export async function copyAccountsPaused(dataFolder: string, to: string): Promise<void> {
  const accounts = path.join(dataFolder, 'accounts');
  for (const accountId of existsSync(accounts) ? readdirSync(accounts) : []) {
    const source = path.join(accounts, accountId, 'console.db');
    if (existsSync(source)) await copyAccount(source, path.join(to, 'accounts', accountId));
  }
}

/** An account whose database cannot be read is one that is not known here: the run itself will say what is wrong with it. */
async function copyAccount(source: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const copy = path.join(folder, 'console.db');
  try {
    await copyDatabase(source, copy);
  } catch (error) {
    if (classifyCacheFault(error) === null) throw error;
    rmSync(folder, { recursive: true });
    return;
  }
  const opened = openDatabase(copy);
  if (!opened.ok) return rmSync(folder, { recursive: true });
  setSendingPaused(opened.value, true);
  opened.value.close();
}
