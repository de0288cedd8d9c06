import type { DraftStage, UploadMode } from '../../shared/contract/uploads.ts';
import type { ReadDatabase, SqlValue, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';

/** A draft as stored; `analysis` and `mapping` are JSON. */
export interface DraftRecord {
  readonly draft_id: string;
  readonly file_name: string;
  readonly stage: DraftStage;
  readonly encoding: string | null;
  readonly separator: string | null;
  /** Of a workbook; null for a text file. */
  readonly sheet: string | null;
  /** JSON: the fields whose blank cells clear the member's value. */
  readonly clear_blank: string;
  /** JSON, as `OwnDomain`; null where the file has none. */
  readonly own_domain: string | null;
  readonly analysis: string | null;
  readonly mapping: string | null;
  /** SHA-256 of the file, in hexadecimal; null for a draft made from rows of another. */
  readonly fingerprint: string | null;
  readonly item_id: string | null;
  /** Null until it is submitted. */
  readonly mode: UploadMode | null;
  readonly failure: string | null;
  /** How many of the recorded changes are in effect; those behind it can be redone. */
  readonly undo_position: number;
  readonly created_at: string;
  readonly changed_at: string;
}

/** What can be set on a draft; absent keys stay as they are. */
export type DraftFields = Partial<
  Pick<
    DraftRecord,
    | 'stage'
    | 'encoding'
    | 'separator'
    | 'sheet'
    | 'clear_blank'
    | 'own_domain'
    | 'analysis'
    | 'mapping'
    | 'fingerprint'
    | 'failure'
    | 'undo_position'
  >
>;

/** One draft, or undefined. */
export function readDraft(database: ReadDatabase, draftId: string): DraftRecord | undefined {
  return database.get<DraftRecord>('select * from drafts where draft_id = ?', draftId);
}

/** Every draft, the last changed first. */
export function listDrafts(database: ReadDatabase): DraftRecord[] {
  return database.all<DraftRecord>('select * from drafts order by changed_at desc, draft_id');
}

/** A new draft. `now` in milliseconds. */
export function insertDraft(
  database: WriteDatabase,
  draft: { readonly draftId: string; readonly fileName: string; readonly stage: DraftStage },
  now: number,
): void {
  database.run(
    'insert into drafts (draft_id, file_name, stage, created_at, changed_at) values (?, ?, ?, ?, ?)',
    draft.draftId,
    draft.fileName,
    draft.stage,
    instantAt(now),
    instantAt(now),
  );
}

/** Sets the given fields and when the draft last changed. `now` in milliseconds. */
export function updateDraft(database: WriteDatabase, draftId: string, fields: DraftFields, now: number): void {
  const parameters: Record<string, SqlValue> = { draftId, changedAt: instantAt(now) };
  const assignments = ['changed_at = @changedAt'];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    assignments.push(`${name} = @${name}`);
    parameters[name] = value;
  }
  database.run(`update drafts set ${assignments.join(', ')} where draft_id = @draftId`, parameters);
}

/** Removes a draft with whatever is left of its rows and changes. */
export function deleteDraft(database: WriteDatabase, draftId: string): void {
  database.run('delete from drafts where draft_id = ?', draftId);
}

/** When another upload of a file with the same content was submitted last that gave something, or may still, or null. */
export function sameFileSubmittedAt(database: ReadDatabase, draft: DraftRecord): string | null {
  const row = database.get<{ at: string | null }>(
    `select max(outbox.queued_at) as at from drafts join outbox on outbox.item_id = drafts.item_id
     where drafts.fingerprint = ? and drafts.draft_id <> ?
       and (drafts.stage in ('queued', 'sending', 'paused')
         or exists (select 1 from draft_rows where draft_rows.draft_id = drafts.draft_id and result = 'confirmed'))`,
    draft.fingerprint,
    draft.draft_id,
  );
  return row?.at ?? null;
}
