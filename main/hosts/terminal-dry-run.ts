import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { classifyCacheFault } from '../cache/classify-cache-fault.ts';
import { copyDatabase } from '../cache/copy-database.ts';
import { openDatabase } from '../cache/open.ts';
import { setSendingPaused } from '../cache/outbox.ts';

/**
 * A passing data folder that knows what the permanent one knows: what waits to be sent, and what was sent. It is a copy, in which
 * sending is paused: a dry run changes nothing here, and sets nothing going of what waits. To be removed by the caller.
 */
export async function dryRunFolder(permanent: string): Promise<string> {
  const passing = mkdtempSync(path.join(tmpdir(), 'partner-console-dry-run-'));
  try {
    const accounts = path.join(permanent, 'accounts');
    for (const accountId of existsSync(accounts) ? readdirSync(accounts) : []) {
      const source = path.join(accounts, accountId, 'console.db');
      if (existsSync(source)) await copyAccount(source, path.join(passing, 'accounts', accountId));
    }
    return passing;
  } catch (error) {
    rmSync(passing, { recursive: true });
    throw error;
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
