import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/** A database that was made anew beside the damaged one, complete: only the names are still to be changed. */
export const rebuiltFile = (file: string): string => `${file}.rebuilt`;
/** One that is being made, and means nothing. */
export const rebuildingFile = (file: string): string => `${file}.rebuilding`;

/**
 * Puts the rebuilt database into the place of the damaged one, which is kept under another name. Each step can be cut off and made
 * again: the log goes before its database, because the log of one database beside another would destroy it. `stamp` names what is
 * set aside. Answers its name without the folder.
 */
export function exchange(file: string, stamp: string): string {
  const aside = `${file}.corrupt-${stamp}`;
  for (const side of ['-wal', '-shm', '']) {
    if (existsSync(`${file}${side}`)) renameSync(`${file}${side}`, `${aside}${side}`);
  }
  renameSync(rebuiltFile(file), file);
  syncFolder(path.dirname(file));
  return path.basename(aside);
}

/** Removes what is left of a rebuilding that was cut off. */
export function removeRebuilding(file: string): void {
  for (const side of ['', '-wal', '-shm']) rmSync(`${rebuildingFile(file)}${side}`, { force: true });
}

/** Makes changed names in a folder last over a power cut. Windows has no such call, and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
