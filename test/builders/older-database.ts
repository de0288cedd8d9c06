import { rmSync, writeFileSync } from 'node:fs';
import type { OpenDatabase } from '../../main/cache/database.ts';
import { queueAssignment } from '../../main/cache/outbox.ts';
import { openOrRecover, type Recovery } from '../../main/cache/recover.ts';

/** Opens a database as the console does at its start. `hasSource`: the files of its drafts are still kept. Throws where it cannot be. */
export function openAtStart(
  file: string,
  now: number,
  hasSource = false,
): { readonly database: OpenDatabase; readonly recovery: Recovery | null } {
  const opened = openOrRecover(file, now, () => hasSource);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

/** An assignment of so many credits to the member of this number. Answers the item's id. */
export function queueFor(database: OpenDatabase, number: number, now: number): string {
  const member = {
    memberId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    memberName: `Member ${number}`,
    memberEmail: `member${number}@firma.example`,
  };
  return queueAssignment(database, { ...member, seen: null, credits: number, validityDays: 90, note: null }, now);
}

/** Closes a database and gives it back the content it had, as if its log had gone since. */
export function loseTheLog(database: OpenDatabase, content: Buffer): void {
  const { file } = database;
  database.close();
  for (const side of ['-wal', '-shm']) rmSync(`${file}${side}`, { force: true });
  writeFileSync(file, content);
}
