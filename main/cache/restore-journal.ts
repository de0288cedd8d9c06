import type { OpenDatabase, WriteDatabase } from './database.ts';
import { forgetSteps } from './draft-steps.ts';
import { readDraft } from './drafts.ts';
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
import { holdRecovered, reckonUpload, tieDrafts } from './hold-recovered.ts';
import { answersOf, journalEntries } from './journal-triggers.ts';
import { type OutboxRow, readItem } from './outbox.ts';
import { isAsQueued } from './outbox-checksum.ts';
import { stopUpload } from './upload-items.ts';

/** A journal of fewer entries is never worth writing anew. */
const FEW_ENTRIES = 1_000;

interface Restored {
  readonly items: number;
  /** Whether other items are open in the database now than in the journal. */
  readonly isOff: boolean;
  readonly drafts: number;
  /** Entries of a later version: kept for it in the journal, and nowhere else. */
  readonly unknown: number;
}

/**
 * Gives the database back what only the journal still knows, and keeps the journal from here on. An item comes back held as
 * `recovered`, under its own id: that it is missing may also mean that its queueing was cut off. So is held what the database takes for
 * waiting although the journal does not. Of a draft the upload counts as which it was submitted last. What a later version of the console
 * wrote, and this one does not know, stays in the journal. `hasSource` says whether the file of a draft is still kept. `now` in milliseconds.
 */
export function keepJournal(database: OpenDatabase, hasSource: (draftId: string) => boolean, now: number): Restored {
  const file = journalFile(database.file);
  const content = readJournal(file);
  const restored =
    content === null
      ? { items: 0, isOff: false, drafts: 0, unknown: 0 }
      : database.transaction(() => restore(database, content, hasSource, now));
  if (content === null || isMostlyEnded(content) || content.broken > 0 || restored.isOff) {
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
  let passedOver = 0;
  settleReplaced(database, content);
  let drafts = tieToLatest(database, content, now);
  for (const draft of content.drafts.values()) {
    if (readDraft(database, draft.draft_id) !== undefined) continue;
    if (restoreDraft(database, draft, hasSource(draft.draft_id), now)) drafts += 1;
  }
  for (const item of content.items.values()) {
    const stored = readItem(database, item.item_id);
    if (stored === undefined && (isReplaced(content, item) || isLeaving(database, item))) {
      passedOver += 1;
      continue;
    }
    if (stored === undefined) insertItem(database, item, now);
    else if (isAsQueued(stored)) continue;
    else mendItem(database, item, stored, now);
    items += 1;
  }
  const held = holdStale(database, content, now);
  doubtSent(database, content, now);
  const isOff = passedOver + unnoted(database, content).length > 0;
  return { items: items + held, isOff, drafts, unknown: content.unknown.size };
}

/**
 * Items that wait or are on their way although the journal does not have them open. The database lost the end of its log: they ended since,
 * and of one that ended before the journal was written anew it tells nothing.
 */
function unnoted(
  database: WriteDatabase,
  { items, unknown }: JournalContent,
): Pick<OutboxRow, 'item_id' | 'state' | 'held_reason'>[] {
  return database.all(
    `select item_id, state, held_reason from outbox
     where state not in ('confirmed', 'refused') and item_id not in (select value from json_each(?))`,
    JSON.stringify([...items.keys(), ...unknown.keys()]),
  );
}

/**
 * Nobody knows whether these were sent since, or taken back; or they were taken back unsent, and whoever did that may have been told so: they
 * do not go by themselves. What ended while it was on its way or in doubt is asked for by its id in any case: only the commit of its answer may
 * have been cut off.
 */
function holdStale(database: WriteDatabase, content: JournalContent, now: number): number {
  const stale = unnoted(database, content).filter(({ item_id, state, held_reason }) => {
    if (state === 'held' && (held_reason === 'recovered' || held_reason === 'unreadable')) return false;
    if (!content.ended.has(item_id)) return content.isWhole;
    return state === 'queued' || state === 'held' || content.takenBack.has(item_id);
  });
  for (const { item_id } of stale) {
    holdRecovered(database, item_id, now, content.takenBack.has(item_id) ? 'taken_back' : 'journal');
  }
  return stale.length;
}

/**
 * Of these a request may be on its way, or has had its answer, and the database does not know of it: the end of its log is lost, or the
 * console was ended right before that commit. They are asked for by their ids before anything else is done with them; what a person holds
 * back stays so.
 */
function doubtSent(database: WriteDatabase, { sent, answers }: JournalContent, now: number): void {
  const items = database.all<Pick<OutboxRow, 'item_id' | 'kind' | 'in_doubt_through'> & { readonly answers: number }>(
    `select item_id, kind, in_doubt_through, ${answersOf('outbox')} as answers from outbox where state in ('queued', 'held', 'refused')
       and coalesce(held_reason, '') not in ('recovered', 'unreadable', 'newer_version') and item_id in (select value from json_each(?))`,
    JSON.stringify([...sent, ...answers.keys()]),
  );
  for (const item of items) {
    const isOut = sent.has(item.item_id) && item.in_doubt_through === null;
    if (!isOut && (answers.get(item.item_id) ?? 0) <= item.answers) continue;
    if (item.kind === 'upload_members' && !reckonUpload(database, item.item_id)) continue;
    database.run(
      `update outbox set state = 'checking', held_reason = null, refusal = null, next_attempt_at = null, changed_at = ?
       where item_id = ? and not (state = 'held' and kind = 'upload_members')`,
      instantAt(now),
      item.item_id,
    );
  }
}

/** A command in whose place another one came is no second one beside it: it goes where it was never sent, and stays on record where it was refused. */
function settleReplaced(database: WriteDatabase, { replaced, takenBack }: JournalContent): void {
  for (const [itemId, by] of replaced) {
    if (takenBack.has(itemId)) database.run(`delete from outbox where item_id = ? and state <> 'refused'`, itemId);
    const sql = `update outbox set replaced_by = ? where item_id = ? and state = 'refused' and replaced_by is null`;
    database.run(sql, by, itemId);
  }
}

/**
 * A draft that the database has as free, or as an earlier upload, was submitted since: it is tied to that upload, and what was taken back before
 * goes, for the two would send the same rows under two ids. Where that upload has ended too, the server is asked what became of its rows, and
 * the draft is not offered anew. Answers how many of these.
 */
function tieToLatest(database: WriteDatabase, content: JournalContent, now: number): number {
  let ended = 0;
  for (const [draftId, itemId] of content.uploads) {
    const draft = readDraft(database, draftId);
    if (draft === undefined || draft.item_id === itemId) continue;
    database.run('delete from outbox where draft_id = ? and item_id <> ?', draftId, itemId);
    // A change over its rows that was cut off would go on over what was submitted.
    forgetSteps(database, draftId);
    const isStored = readItem(database, itemId) !== undefined;
    const lost = isStored ? undefined : content.endedUploads.get(itemId);
    const isUnknown = !isStored && lost === undefined && !content.items.has(itemId);
    database.run(
      `update drafts set item_id = ?, mode = coalesce(mode, 'valid_only'), stage = 'stopped', changed_at = ? where draft_id = ?`,
      // Any other ties its draft itself.
      isUnknown ? itemId : null,
      instantAt(now),
      draftId,
    );
    if (isStored) tieDrafts(database, now);
    if (lost !== undefined) askWhatBecame(database, lost, now);
    if (!content.items.has(itemId)) ended += 1;
  }
  return ended;
}

/** As one that a person stops right after it was found again: its rows are asked for, and none of them is sent. */
function askWhatBecame(database: WriteDatabase, item: JournalItem, now: number): void {
  insertItem(database, item, now);
  if (readItem(database, item.item_id)?.held_reason === 'recovered') stopUpload(database, item.item_id, now);
}

/** Whether a later submission of the same draft took the place of an upload: its draft was free for that one only because this had no effect. */
function isReplaced({ uploads }: JournalContent, { item_id, draft_id }: JournalItem): boolean {
  return draft_id !== null && (uploads.get(draft_id) ?? item_id) !== item_id;
}

/** Whether the draft of an upload was being removed: its upload has ended before. */
function isLeaving(database: WriteDatabase, { draft_id }: JournalItem): boolean {
  return draft_id !== null && readDraft(database, draft_id)?.stage === 'receiving';
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
