import { existsSync, renameSync } from 'node:fs';
import type { AppError } from '../../shared/app-error.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { classifyCacheFault } from './classify-cache-fault.ts';
import type { OpenDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { createPrivately, connect, openDatabase } from './open.ts';
import { readVersion, salvage } from './salvage.ts';
import { exchange, rebuildingFile, rebuiltFile, removeRebuilding } from './set-aside.ts';

/** What is told of a damaged database that was made anew. */
export interface Recovery {
  readonly items: number;
  readonly drafts: number;
  /** Tables of the outbox and the drafts of which a part could not be read. */
  readonly lost: number;
}

/**
 * As `openDatabase`; but a damaged database is set aside as `console.db.corrupt-<UTC time>`, and one is made anew with the outbox
 * and the drafts out of it; members and balances are pulled again. Whatever may be sent waits then, held as `recovered`, until a
 * person has looked at it. `now` in milliseconds. Errors: those of `openDatabase` without `corrupt`.
 */
export function openOrRecover(
  file: string,
  now: number,
): Result<{ readonly database: OpenDatabase; readonly recovery: Recovery | null }, AppError> {
  try {
    // A rebuilding was cut off between its last steps.
    if (existsSync(rebuiltFile(file))) exchange(file, stampOf(now));
    removeRebuilding(file);
    const opened = openDatabase(file);
    if (opened.ok) return ok({ database: opened.value, recovery: null });
    if (opened.error.code !== 'cache_unavailable' || opened.error.reason !== 'corrupt') return opened;
    const recovery = rebuild(file, now);
    const again = openDatabase(file);
    return again.ok ? ok({ database: again.value, recovery }) : again;
  } catch (error) {
    const fault = classifyCacheFault(error);
    if (fault === null) throw error;
    return err(fault);
  }
}

function rebuild(file: string, now: number): Recovery {
  const making = rebuildingFile(file);
  createPrivately(making);
  const target = connect(making);
  let recovery: Recovery;
  try {
    const version = readVersion(file);
    const known = version !== null && version > 0 && version <= migrations.length ? version : migrations.length;
    migrate(target, migrations.slice(0, known));
    const { rows, damaged } = salvage(file, target);
    migrate(target, migrations);
    recovery = { items: rows['outbox'] ?? 0, drafts: rows['drafts'] ?? 0, lost: damaged.length };
    target.transaction(() => {
      holdSalvaged(target, now);
      target.run(
        `insert into cache_recovered (happened_at, reason, items, drafts, lost, set_aside) values (?, 'corrupt', ?, ?, ?, ?)`,
        instantAt(now),
        recovery.items,
        recovery.drafts,
        recovery.lost,
        `console.db.corrupt-${stampOf(now)}`,
      );
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
 * What was read may be older than what the person last saw: an item that they discarded may be back. Nothing of it is sent by itself.
 * An upload without any of its rows cannot be sent at all.
 */
function holdSalvaged(database: WriteDatabase, now: number): void {
  // By the old checksums: holding an item writes the checksum of its state anew, that of what was queued never.
  database.run(
    `update outbox set held_reason = iif(kind = 'upload_members'
         and not exists (select 1 from draft_rows where draft_rows.draft_id = outbox.draft_id), 'unreadable', 'recovered'),
       state = 'held', next_attempt_at = null, changed_at = ?
     where state in ('queued', 'sending', 'checking')
       or (state = 'held' and coalesce(held_reason, '') not in ('paused', 'stopped', 'unreadable'))`,
    instantAt(now),
  );
}

/** UTC, in a form that every file system takes. */
function stampOf(now: number): string {
  return new Date(now).toISOString().replaceAll(/[:.]/g, '-');
}
