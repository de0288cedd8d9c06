import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const EXTENSION = '.source';

/** Where the file of a draft is kept, as it came. */
export function sourceFile(accountFolder: string, draftId: string): string {
  return path.join(accountFolder, 'drafts', `${draftId}${EXTENSION}`);
}

/** Creates the folder of drafts, for this OS user alone. */
export function createDraftsFolder(accountFolder: string): void {
  mkdirSync(path.join(accountFolder, 'drafts'), { recursive: true, mode: 0o700 });
}

/** Removes the file of a draft; one that is already gone is no fault. */
export function removeSource(accountFolder: string, draftId: string): void {
  rmSync(sourceFile(accountFolder, draftId), { force: true });
}

/** Removes files without a draft: what a crash between the two left over. */
export function removeOrphanSources(accountFolder: string, known: ReadonlySet<string>): void {
  const folder = path.join(accountFolder, 'drafts');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.endsWith(EXTENSION) && !known.has(name.slice(0, -EXTENSION.length))) rmSync(path.join(folder, name));
  }
}
