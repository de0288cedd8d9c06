import { queueAssignment } from '../../../main/cache/outbox.ts';
import { openOrRecover } from '../../../main/cache/recover.ts';

/** Queues one command after another until it is killed, and names each that it has acknowledged. Arguments: database file, how many at most. */
const [, , file = '', most = '1000000'] = process.argv;
const opened = openOrRecover(file, Date.now());
if (!opened.ok) throw new Error(JSON.stringify(opened.error));
for (let number = 1; number <= Number(most); number += 1) {
  const memberId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const known = { memberId, memberName: 'M', memberEmail: 'm@firma.example', seen: null };
  try {
    const itemId = queueAssignment(
      opened.value.database,
      { ...known, credits: 1, validityDays: 90, note: null },
      Date.now(),
    );
    process.stdout.write(`${itemId}\n`);
  } catch (error) {
    process.stdout.write(`fault ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}\n`);
    break;
  }
}
