import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DatabaseFacts } from '../cache/inspect-database.ts';

/** The database files of every account of this computer. */
export function databaseFiles(dataFolder: string): string[] {
  const accounts = path.join(dataFolder, 'accounts');
  let names: string[];
  try {
    names = readdirSync(accounts);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => readdirSync(path.join(accounts, name)).includes('console.db'))
    .map((name) => path.join(accounts, name, 'console.db'));
}

/** Looks at databases on a thread of its own; in the order of `files`. Rejects when `signal` ends it. */
export async function inspectDatabases(
  worker: URL,
  files: readonly string[],
  signal: AbortSignal,
): Promise<DatabaseFacts[]> {
  if (files.length === 0) return [];
  const thread = new Worker(worker, { workerData: files });
  const end = (): void => void thread.terminate();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', (code) => reject(new Error(`the inspection ended with code ${code}`)));
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}
