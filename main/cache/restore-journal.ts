import type { OpenDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import {
  type JournalContent,
  type JournalDraft,
  journalFile,
  type JournalItem,
  openJournal,
  readJournal,
  rewriteJournal,
} from './journal.ts';
import { holdRecovered, reckonUpload } from './hold-recovered.ts';
import { journalEntries } from './journal-triggers.ts';
import { type OutboxRow, readItem } from './outbox.ts';
import { isAsQueued } from './outbox-checksum.ts';

/** A journal of fewer entries is never worth writing anew. */
const FEW_ENTRIES = 1_000;

interface Restored {
  readonly items: number;
  /** How many items are open in the database although the journal has them ended. */
  readonly ended: number;
  readonly drafts: number;
  /** Entries of a later version: kept for it in the journal, and nowhere else. */
  readonly unknown: number;
}

/**
 * Gives the database back what only the journal still knows, and keeps the journal from here on. An item comes back held as
 * `recovered`, under its own id: that it is missing may also mean that its queueing was cut off. So is held what the database takes for
 * waiting although it ended. What a later version of the console
 * wrote, and this one does not know, stays in the journal. `hasSource` says whether the file of a
 * draft is still kept. `now` in milliseconds.
 */
export function keepJournal(database: OpenDatabase, hasSource: (draftId: string) => boolean, now: number): Restored {
  const file = journalFile(database.file);
  const content = readJournal(file);
  const restored =
    content === null
      ? { items: 0, ended: 0, drafts: 0, unknown: 0 }
      : database.transaction(() => restore(database, content, hasSource, now));
  if (content === null || isMostlyEnded(content) || content.broken + restored.ended > 0) {
    rewriteJournal(file, [
      ...database.all<{ entry: string }>(journalEntries).map(({ entry }) => entry),
      ...(content?.unknown.values() ?? []),
    ]);
  }
  database.journalTo(openJournal(file));
  return restored;
}

function isMostlyEnded({ entries, items, drafts, unknown }: JournalContent): boolean {
  return entries > FEW_ENTRIES && entries > 2 * (items.size + drafts.size + unknown.size);
}

function restore(
  database: WriteDatabase,
  content: JournalContent,
  hasSource: (draftId: string) => boolean,
  now: number,
): Restored {
  let items = 0;
  let drafts = 0;
  for (const draft of content.drafts.values()) {
    if (database.get('select 1 as found from drafts where draft_id = ?', draft.draft_id) !== undefined) continue;
    if (restoreDraft(database, draft, hasSource(draft.draft_id), now)) drafts += 1;
  }
  dropReplaced(database, content);
  for (const item of content.items.values()) {
    const stored = readItem(database, item.item_id);
    if (stored === undefined && isReplaced(database, content, item)) continue;
    if (stored === undefined) insertItem(database, item, now);
    else if (isAsQueued(stored)) continue;
    else mendItem(database, item, stored, now);
    items += 1;
  }
  const held = holdEnded(database, content.ended, now);
  doubtSent(database, content.sent, now);
  return { items: items + held, ended: countOpen(database, content.ended), drafts, unknown: content.unknown.size };
}

/**
 * The database lost the end of its log: what waits in it was sent since, or taken back, and nobody knows which. What is on its way or in
 * doubt is asked for by its id in any case.
 */
function holdEnded(database: WriteDatabase, ended: ReadonlySet<string>, now: number): number {
  const waiting = database.all<{ item_id: string }>(
    `select item_id from outbox where state in ('queued', 'held') and coalesce(held_reason, '') not in ('recovered', 'unreadable')
       and item_id in (select value from json_each(?))`,
    JSON.stringify([...ended]),
  );
  for (const { item_id } of waiting) holdRecovered(database, item_id, now, 'journal');
  return waiting.length;
}

/**
 * Of these a request may be on its way, and the database does not know of it: the end of its log is lost, or the console was ended right
 * before that commit. They are asked for by their ids before anything else is done with them; what a person holds back stays so.
 */
function doubtSent(database: WriteDatabase, sent: ReadonlySet<string>, now: number): void {
  const items = database.all<{ item_id: string; kind: string }>(
    `select item_id, kind from outbox where state in ('queued', 'held', 'refused')
       and coalesce(held_reason, '') not in ('recovered', 'unreadable', 'newer_version') and item_id in (select value from json_each(?))`,
    JSON.stringify([...sent]),
  );
  for (const { item_id, kind } of items) {
    const isUpload = kind === 'upload_members';
    if (isUpload && !reckonUpload(database, item_id)) continue;
    database.run(
      `update outbox set state = 'checking', held_reason = null, refusal = null, next_attempt_at = null, changed_at = ?
       where item_id = ? and not (state = 'held' and kind = 'upload_members')`,
      instantAt(now),
      item_id,
    );
  }
}

/**
 * An upload that was taken back before its draft was submitted again: had any of its rows been sent, the draft would have gone no more. The
 * database has lost both, and the two would send the same rows under two ids.
 */
function dropReplaced(database: WriteDatabase, { items, ended }: JournalContent): void {
  const endedIds = JSON.stringify([...ended]);
  for (const { item_id, draft_id } of items.values()) {
    if (draft_id === null) continue;
    const dropped = database.run(
      'delete from outbox where draft_id = ? and item_id <> ? and item_id in (select value from json_each(?))',
      draft_id,
      item_id,
      endedIds,
    );
    if (dropped > 0) database.run('update drafts set item_id = null where draft_id = ?', draft_id);
  }
}

/**
 * Whether a later submission of the same draft took the place of an upload: its draft was free for that one only because this had no effect. Two
 * would send the same rows under two ids.
 */
function isReplaced(database: WriteDatabase, { items }: JournalContent, { item_id, draft_id }: JournalItem): boolean {
  if (draft_id === null) return false;
  const latest = [...items.values()].findLast((item) => item.draft_id === draft_id);
  if (latest !== undefined && latest.item_id !== item_id) return true;
  return database.get('select 1 from outbox where draft_id = ? and item_id <> ?', draft_id, item_id) !== undefined;
}

/** Also those on their way: else the journal would leave out an item that is still open. */
function countOpen(database: WriteDatabase, ended: ReadonlySet<string>): number {
  const sql = `select count(*) as items from outbox where state not in ('confirmed', 'refused') and item_id in (select value from json_each(?))`;
  return database.get<{ items: number }>(sql, JSON.stringify([...ended]))?.items ?? 0;
}

/** Its rows are read again out of the kept file. One that was submitted is not offered anew: its rows may have been sent. */
function restoreDraft(database: WriteDatabase, draft: JournalDraft, hasSource: boolean, now: number): boolean {
  const isReadable = hasSource && draft.fingerprint !== null;
  if (!isReadable && draft.item_id === null) return false;
  database.run(
    `insert into drafts (draft_id, file_name, stage, encoding, separator, sheet, clear_blank, analysis, fingerprint, item_id,
       mode, created_at, changed_at)
     values (@draft_id, @file_name, @stage, @encoding, @separator, @sheet, @clear_blank, @analysis, @fingerprint, @item_id,
       iif(@item_id is null, null, 'valid_only'), @created_at, @at)`,
    { ...draft, stage: draft.item_id === null ? 'columns' : 'stopped', at: instantAt(now) },
  );
  return true;
}

function insertItem(database: WriteDatabase, item: JournalItem, now: number, isDamaged = false): void {
  database.run(
    `insert into outbox (item_id, sequence, kind, payload_version, payload, state, held_reason, member_id, draft_id,
       planned_credits, queued_at, changed_at)
     values (@item_id, (select coalesce(max(sequence), 0) + 1 from outbox), @kind, @payload_version, @payload, 'held', 'recovered',
       @member_id, @draft_id, @planned_credits, @queued_at, @at)`,
    { ...item, at: instantAt(now) },
  );
  holdRecovered(database, item.item_id, now, isDamaged ? null : 'journal');
}

/** What was damaged is put back as it was queued. */
function mendItem(database: WriteDatabase, item: JournalItem, stored: OutboxRow, now: number): void {
  database.run('delete from outbox where item_id = ?', stored.item_id);
  insertItem(database, item, now, true);
}
