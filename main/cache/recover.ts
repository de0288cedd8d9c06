import { existsSync, renameSync } from 'node:fs';
import type { AppError } from '../../shared/app-error.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { classifyCacheFault, newerDatabase } from './classify-cache-fault.ts';
import type { OpenDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { holdRecovered, tieDrafts } from './hold-recovered.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { createPrivately, connect, openDatabase } from './open.ts';
import { keepJournal } from './restore-journal.ts';
import { readVersion, salvage } from './salvage.ts';
import { exchange, rebuildingFile, rebuiltFile, removeRebuilding } from './set-aside.ts';

/** What is told of a damaged database that was made anew. */
export interface Recovery {
  readonly items: number;
  readonly drafts: number;
  /** Tables of the outbox and the drafts of which a part could not be read, and entries of the journal that only a later version can read. */
  readonly lost: number;
}

interface OpenedDatabase {
  readonly database: OpenDatabase;
  /** Null when nothing had to be recovered. */
  readonly recovery: Recovery | null;
}

const asDamaged: Result<OpenDatabase, AppError> = err({ code: 'cache_unavailable', reason: 'corrupt' });

/**
 * As `openDatabase`; but a damaged database is set aside as `console.db.corrupt-<UTC time>`, and one is made anew with the outbox
 * and the drafts out of it; members and balances are pulled again. Whatever may be sent waits then, held as `recovered`, until a
 * person has looked at it. What only the journal still knows comes back the same way. `hasSource`: of `keepJournal`. `now` in milliseconds. `isDamaged`: it is known to be, by what opening it does not look at. Errors: those of `openDatabase` without `corrupt`.
 */
export function openOrRecover(
  file: string,
  now: number,
  hasSource: (draftId: string) => boolean = () => false,
  isDamaged = false,
): Result<OpenedDatabase, AppError> {
  try {
    // A rebuilding was cut off between its last steps.
    if (existsSync(rebuiltFile(file))) exchange(file, stampOf(now));
    removeRebuilding(file);
    const opened = isDamaged ? asDamaged : openDatabase(file);
    if (opened.ok) return ok(withJournal(opened.value, null, hasSource, now));
    if (opened.error.code !== 'cache_unavailable' || opened.error.reason !== 'corrupt') return opened;
    // A later version of the console takes what is in it further than this one could.
    if ((readVersion(file) ?? 0) > migrations.length) return err(newerDatabase);
    const recovery = rebuild(file, now);
    const again = openDatabase(file);
    return again.ok ? ok(withJournal(again.value, recovery, hasSource, now)) : again;
  } catch (error) {
    const fault = classifyCacheFault(error);
    if (fault === null) throw error;
    return err(fault);
  }
}

/** What the journal gives back beyond what the database holds is told as well. */
function withJournal(
  database: OpenDatabase,
  rebuilt: Recovery | null,
  hasSource: (draftId: string) => boolean,
  now: number,
): OpenedDatabase {
  try {
    const restored = keepJournal(database, hasSource, now);
    // What a later version wrote stays in the journal: once is enough to say so.
    const unknown = restored.unknown > 0 && !isSaid(database, restored.unknown) ? restored.unknown : 0;
    if (restored.items + restored.drafts + unknown === 0) return { database, recovery: rebuilt };
    const recovery = {
      items: (rebuilt?.items ?? 0) + restored.items,
      drafts: (rebuilt?.drafts ?? 0) + restored.drafts,
      lost: (rebuilt?.lost ?? 0) + restored.unknown,
    };
    if (rebuilt === null) noteRecovery(database, recovery, 'journal', '', now);
    else noteMore(database, recovery);
    return { database, recovery };
  } catch (error) {
    database.close();
    throw error;
  }
}

function isSaid(database: WriteDatabase, unknown: number): boolean {
  const sql = 'select lost from cache_recovered order by recovery desc limit 1';
  return (database.get<{ lost: number }>(sql)?.lost ?? 0) >= unknown;
}

/** What the journal adds to what came out of the damaged database: one event to whoever reads of it. */
function noteMore(database: WriteDatabase, { items, drafts, lost }: Recovery): void {
  database.run(
    'update cache_recovered set items = ?, drafts = ?, lost = ? where recovery = (select max(recovery) from cache_recovered)',
    items,
    drafts,
    lost,
  );
}

function noteRecovery(
  database: WriteDatabase,
  { items, drafts, lost }: Recovery,
  reason: 'corrupt' | 'journal',
  setAside: string,
  now: number,
): void {
  database.run(
    'insert into cache_recovered (happened_at, reason, items, drafts, lost, set_aside) values (?, ?, ?, ?, ?, ?)',
    instantAt(now),
    reason,
    items,
    drafts,
    lost,
    setAside,
  );
}

function rebuild(file: string, now: number): Recovery {
  const making = rebuildingFile(file);
  createPrivately(making);
  const target = connect(making);
  let recovery: Recovery;
  try {
    const version = readVersion(file);
    const known = version !== null && version > 0 ? version : migrations.length;
    migrate(target, migrations.slice(0, known));
    const { rows, damaged } = salvage(file, target);
    migrate(target, migrations);
    recovery = { items: rows['outbox'] ?? 0, drafts: rows['drafts'] ?? 0, lost: damaged.length };
    target.transaction(() => {
      holdSalvaged(target, now);
      noteRecovery(target, recovery, 'corrupt', `console.db.corrupt-${stampOf(now)}`, now);
    });
    target.execute('pragma wal_checkpoint(truncate)');
  } finally {
    target.close();
  }
  // Closed, it is one file without a log.
  renameSync(making, rebuiltFile(file));
  exchange(file, stampOf(now));
  return recovery;
}

/**
 * What was read may be older than what the person last saw: an item that they discarded may be back, and one that waits here may have been
 * sent. Nothing of it is sent by itself.
 */
function holdSalvaged(database: WriteDatabase, now: number): void {
  // By the old checksums: holding an item writes the checksum of its state anew, that of what was queued never.
  const open = database.all<{ item_id: string }>(
    `select item_id from outbox where state in ('queued', 'sending', 'checking') or (state = 'held' and coalesce(held_reason, '')
       not in ('stopped', 'unreadable') and (coalesce(held_reason, '') <> 'paused' or kind = 'upload_members'))`,
  );
  for (const { item_id } of open) holdRecovered(database, item_id, now);
  tieDrafts(database, now);
}

/** UTC, in a form that every file system takes. */
function stampOf(now: number): string {
  return new Date(now).toISOString().replaceAll(/[:.]/g, '-');
}
