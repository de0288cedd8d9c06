import type { DatabaseFacts } from '../cache/inspect-database.ts';
import { type Check, fail, type Finding, pass, skip, warn } from './check.ts';
import { sizeText } from './computer-checks.ts';

/** Behind its log by more than this, a database was not closed or copied for long. Bytes. */
const LOG_TO_WARN = 256 * 1_048_576;

export interface DatabaseSources {
  readonly inspect: (signal: AbortSignal) => Promise<readonly DatabaseFacts[]>;
  /** SQLite's `synchronous` of the database that is open; null where none is. */
  readonly synchronous: () => number | null;
}

/** The databases of this computer, and what waits in them. */
export function databaseChecks({ inspect, synchronous }: DatabaseSources): Check[] {
  let all: readonly DatabaseFacts[] = [];
  return [
    {
      name: 'database',
      // A million rows are read through in some seconds; a slow disk takes longer.
      limit: 120_000,
      ifLate: 'The disk is very slow. Move the data folder to this computer’s own disk.',
      run: async (signal) => {
        all = await inspect(signal);
        return judgeDatabases(all, synchronous());
      },
    },
    { name: 'outbox', limit: 1_000, ifLate: 'Look again.', run: () => judgeOutbox(all) },
  ];
}

/** What the facts about every account's database mean. */
export function judgeDatabases(all: readonly DatabaseFacts[], synchronous: number | null): Finding {
  if (all.length === 0) return skip('Nobody has signed in on this computer yet: there is no database.');
  const damaged = all.find(({ fault }) => fault !== null);
  if (damaged !== undefined) {
    return fail(
      `A database is damaged (${damaged.fault}).`,
      'Restart the console: it sets the damaged file aside, saves what waits in it and reads the rest from the server again. If it comes back, check the disk.',
    );
  }
  const newer = all.find(({ schema, knownSchema }) => schema > knownSchema);
  if (newer !== undefined) {
    return fail(
      `A newer Partner Console wrote a database (schema ${newer.schema}, this version knows ${newer.knownSchema}).`,
      'Install that version again. Nothing is lost.',
    );
  }
  if (synchronous !== null && synchronous !== 2) {
    return fail(
      `The database does not wait for the disk (synchronous = ${synchronous}).`,
      'What was just queued could be lost at a power cut. Send this to the makers of Partner Console.',
    );
  }
  const text = all
    .map(({ bytes, schema, members }) => `${sizeText(bytes)}, schema ${schema}, ${members} members`)
    .join('; ');
  const found = `${all.length === 1 ? 'The database is' : `All ${all.length} databases are`} whole (${text})${synchronous === 2 ? '; writes wait for the disk (synchronous = 2)' : ''}.`;
  const setAside = all.reduce((sum, facts) => sum + facts.setAside, 0);
  if (setAside > 0) {
    return warn(
      `${found} Before, ${setAside === 1 ? 'a damaged one was' : `${setAside} damaged ones were`} set aside and made anew.`,
      'Check the disk and what else writes into the data folder (backup, sync, virus scanner). The files ending in .corrupt-… can go once nothing in them is missed.',
    );
  }
  const log = Math.max(...all.map(({ logBytes }) => logBytes));
  if (log > LOG_TO_WARN) return warn(found, `Its log has grown to ${sizeText(log)}: restart the console.`);
  if (all.some(({ isWal, schema }) => !isWal && schema > 0)) {
    return warn(found, 'It is not in WAL mode: restart the console. A backup or sync program may have changed it.');
  }
  return pass(found);
}

/** What waits in the outboxes of every account, by state. */
export function judgeOutbox(all: readonly DatabaseFacts[]): Finding {
  if (all.length === 0) return skip('There is no outbox yet.');
  const counts: Record<string, number> = {};
  for (const { outbox } of all) {
    for (const [state, items] of Object.entries(outbox)) counts[state] = (counts[state] ?? 0) + items;
  }
  const unreadable = all.reduce((sum, facts) => sum + facts.unreadable, 0);
  const open = Object.entries(counts).filter(([state]) => state !== 'confirmed');
  const found = `${counts['confirmed'] ?? 0} items confirmed${open.length === 0 ? ', nothing waits' : ''}${open.map(([state, items]) => `, ${items} ${state}`).join('')}.`;
  if (unreadable > 0) {
    return fail(
      `${unreadable} items of the outbox are no longer what was queued. ${found}`,
      'The disk or another program changed them. They are kept back and never sent: the person looks at them in the Sync centre.',
    );
  }
  if ((counts['refused'] ?? 0) > 0) return warn(found, 'Refused items wait for the person in the Sync centre.');
  return pass(found);
}
