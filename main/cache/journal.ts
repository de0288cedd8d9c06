import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { digest } from './outbox-checksum.ts';
import { syncFolder } from './set-aside.ts';

const item = z.object({
  item_id: z.string(),
  kind: z.enum([
    'assign_member_credits',
    'revoke_member_credits',
    'extend_member_credits',
    'set_member_status',
    'upload_members',
  ]),
  payload_version: z.number().int(),
  payload: z.string(),
  member_id: z.string().nullable(),
  draft_id: z.string().nullable(),
  planned_credits: z.number().int(),
  queued_at: z.string(),
});
export type JournalItem = z.infer<typeof item>;

const draft = z.object({
  draft_id: z.string(),
  file_name: z.string(),
  encoding: z.string().nullable(),
  separator: z.string().nullable(),
  sheet: z.string().nullable(),
  clear_blank: z.string(),
  analysis: z.string().nullable(),
  fingerprint: z.string().nullable(),
  item_id: z.string().nullable(),
  created_at: z.string(),
});
export type JournalDraft = z.infer<typeof draft>;

/**
 * `sent`: a request of an item leaves, `back`: what is out of it surely had no effect, or stands beside its rows. `replaced`: another takes its place. `ended`: an item has its
 * receipt or its refusal, or was taken back; a draft was removed.
 */
const entry = z.discriminatedUnion('entry', [
  z.object({ entry: z.literal('item'), item }),
  z.object({ entry: z.literal('item_sent'), id: z.string() }),
  z.object({ entry: z.literal('item_back'), id: z.string(), answers: z.number().int().default(0) }),
  z.object({ entry: z.literal('item_replaced'), id: z.string(), by: z.string() }),
  z.object({ entry: z.literal('item_ended'), id: z.string() }),
  z.object({ entry: z.literal('draft'), draft }),
  z.object({ entry: z.literal('draft_ended'), id: z.string() }),
]);

/** As much of an entry of a later version as tells what it replaces. */
const ofLater = z.looseObject({ entry: z.string(), item: z.looseObject({ item_id: z.string() }).optional() });

/** What the journal says is still open. */
export interface JournalContent {
  readonly items: ReadonlyMap<string, JournalItem>;
  readonly drafts: ReadonlyMap<string, JournalDraft>;
  /** By draft, the upload as which it was submitted last, ended or not. That of a draft that was removed since stays. */
  readonly uploads: ReadonlyMap<string, string>;
  /** Ids of items of which a request may be on its way. */
  readonly sent: ReadonlySet<string>;
  /** Of open uploads, how many rows had their answers when nothing was out last. */
  readonly answers: ReadonlyMap<string, number>;
  /** Ids of items that have ended. */
  readonly ended: ReadonlySet<string>;
  /** Uploads among them, as they were queued. */
  readonly endedUploads: ReadonlyMap<string, JournalItem>;
  /** Ids of commands that were taken back while surely nothing of them was out. Only where the journal is whole. */
  readonly takenBack: ReadonlySet<string>;
  /** By the id of a command, that of the one that took its place, whatever became of that. */
  readonly replaced: ReadonlyMap<string, string>;
  /** Whole entries (JSON) that only a later version can read: an item by its id, anything else by its text. */
  readonly unknown: ReadonlyMap<string, string>;
  /** Entries that cannot be read; the end of one that was cut off while it was written is among them. */
  readonly broken: number;
  /** Whether it has every entry that was to last: at its end only one can be cut off that never came to be in the database. */
  readonly isWhole: boolean;
  /** Entries altogether: how much of it is still needed. */
  readonly entries: number;
}

/** Where entries are written, by one connection. Nothing is written before `flush`. */
export interface Journal {
  /** Takes one entry (JSON). `lasting`: losing it would lose something; of what has ended, it only comes back to be looked at. */
  note(text: string, lasting: boolean): void;
  /** Writes what was noted, on the disk when it has returned if any of it is to last. Throws the file system's errors. */
  flush(): void;
  /**
   * The commit behind the last `flush` has failed: what that wrote never comes to pass, and goes. To be called before the transaction is rolled
   * back. Does nothing where nothing was flushed.
   */
  takeBack(): void;
  /** The transaction has ended: forgets what was noted since, and what was flushed. */
  discard(): void;
  close(): void;
}

/** The journal beside a database. */
export const journalFile = (databaseFile: string): string => path.join(path.dirname(databaseFile), 'outbox.journal');

/** Opens a journal for appending. */
export function openJournal(file: string): Journal {
  const handle = openSync(file, 'a', 0o600);
  let noted: string[] = [];
  let mustLast = false;
  /** Where the last flush began and was to end, in bytes. */
  let flushed: { readonly from: number; readonly to: number } | null = null;
  const forget = (): void => {
    noted = [];
    mustLast = false;
  };
  return {
    note(text, lasting) {
      noted.push(lineOf(text));
      mustLast ||= lasting;
    },
    flush() {
      if (noted.length === 0) return;
      const text = noted.join('');
      const sync = mustLast;
      forget();
      const from = fstatSync(handle).size;
      flushed = { from, to: from + Buffer.byteLength(text) };
      writeWhole(handle, text);
      if (sync) fdatasyncSync(handle);
    },
    takeBack() {
      if (flushed === null) return;
      const { from, to } = flushed;
      flushed = null;
      try {
        // Not where another console on this folder has written behind it.
        if (fstatSync(handle).size <= to) cutOff(file, from);
      } catch {
        // What stands there comes back at the next start, to be looked at: it is told then.
      }
    },
    discard() {
      forget();
      flushed = null;
    },
    close: () => closeSync(handle),
  };
}

/** Reads a journal; null when there is none. Lines that are damaged are counted and lose only themselves. */
export function readJournal(file: string): JournalContent | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const content = noContent();
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    if (line === '') return;
    content.entries += 1;
    const read = readLine(line);
    if (read !== null) take(content, read);
    else {
      content.broken += 1;
      if (index < lines.length - 1) content.isWhole = false;
    }
  });
  // The entry that is damaged may be that of a request.
  if (!content.isWhole) content.takenBack.clear();
  return content;
}

const noContent = () => ({
  items: new Map<string, JournalItem>(),
  drafts: new Map<string, JournalDraft>(),
  uploads: new Map<string, string>(),
  sent: new Set<string>(),
  answers: new Map<string, number>(),
  ended: new Set<string>(),
  endedUploads: new Map<string, JournalItem>(),
  takenBack: new Set<string>(),
  replaced: new Map<string, string>(),
  unknown: new Map<string, string>(),
  broken: 0,
  isWhole: true,
  entries: 0,
});

/** What one more entry makes of what stands before it. */
function take(content: ReturnType<typeof noContent>, read: ReadLine): void {
  const { items, drafts, uploads, sent, answers, ended, endedUploads, takenBack, replaced, unknown } = content;
  if ('unknown' in read) unknown.set(read.id, read.unknown);
  else if (read.entry === 'item') {
    items.set(read.item.item_id, read.item);
    if (read.item.draft_id !== null) uploads.set(read.item.draft_id, read.item.item_id);
    // What was refused may have been let go on.
    ended.delete(read.item.item_id);
    endedUploads.delete(read.item.item_id);
    takenBack.delete(read.item.item_id);
  } else if (read.entry === 'item_ended') {
    const item = items.get(read.id);
    if (item?.kind === 'upload_members') endedUploads.set(read.id, item);
    else if (item !== undefined && !sent.has(read.id)) takenBack.add(read.id);
    items.delete(read.id);
    sent.delete(read.id);
    answers.delete(read.id);
    ended.add(read.id);
    unknown.delete(read.id);
  } else if (read.entry === 'item_replaced') replaced.set(read.id, read.by);
  else if (read.entry === 'item_sent') {
    sent.add(read.id);
    takenBack.delete(read.id);
  } else if (read.entry === 'item_back') {
    sent.delete(read.id);
    answers.set(read.id, read.answers);
  } else if (read.entry === 'draft') {
    drafts.set(read.draft.draft_id, read.draft);
    if (read.draft.item_id === null) uploads.delete(read.draft.draft_id);
    else uploads.set(read.draft.draft_id, read.draft.item_id);
  } else drafts.delete(read.id);
}

/** Writes a journal anew with these entries (JSON): afterwards there is the old one or the new one, whole. */
export function rewriteJournal(file: string, entries: Iterable<string>): void {
  const making = `${file}.new`;
  const handle = openSync(making, 'w', 0o600);
  try {
    for (const text of entries) writeWhole(handle, lineOf(text));
    fdatasyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(making, file);
  syncFolder(path.dirname(file));
}

/** By a handle of its own: Windows does not let a file be cut off that was opened for appending (nodejs/node#3177). */
function cutOff(file: string, size: number): void {
  const handle = openSync(file, 'r+');
  try {
    ftruncateSync(handle, size);
    fdatasyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Line ends on both sides: a damaged one joins no two entries, nor does the torn end of an earlier write. */
function lineOf(text: string): string {
  return `\n${digest([text])} ${text}\n`;
}

type ReadLine = z.infer<typeof entry> | { readonly id: string; readonly unknown: string };

function readLine(line: string): ReadLine | null {
  const text = line.slice(65);
  if (line.slice(0, 65) !== `${digest([text])} `) return null;
  const value: unknown = JSON.parse(text);
  const parsed = entry.safeParse(value);
  if (parsed.success) return parsed.data;
  // Its checksum says that it is as it was written.
  const later = ofLater.safeParse(value);
  return { id: later.data?.item?.item_id ?? text, unknown: text };
}

function writeWhole(handle: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written);
}
