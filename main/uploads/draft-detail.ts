import { clearBlank, fileAnalysis, separator } from '../../shared/contract/uploads.ts';
import type { DraftDetail, DraftSummary, FileAnalysis, UploadRow } from '../../shared/contract/uploads.ts';
import { dataFields, fieldText, ruleContext, type RuleContext } from '../../shared/csv/check-row.ts';
import type { OwnDomain } from '../../shared/csv/own-domain.ts';
import { readReceipt, receiptColumn } from '../../shared/csv/own-columns.ts';
import { readAnswerFigures, readCheckFigures } from '../cache/draft-figures.ts';
import { readChange } from '../cache/draft-changes.ts';
import type { ShownRowRecord } from '../cache/draft-rows.ts';
import { stepAtWork } from '../cache/draft-steps.ts';
import { readDraft, type DraftRecord } from '../cache/drafts.ts';
import type { OpenUploads } from './open-uploads.ts';
import { parseOutcome } from './row-outcome.ts';
import { readTexts } from './row-texts.ts';

const NO_FIGURES = { rows: 0, errors: 0, warnings: 0, skipped: 0, credits: 0 };
const NO_ANSWERS = { confirmed: 0, refused: 0, waiting: 0 };

/** A draft as the list shows it. Rows of a reading that did not end do not count. */
export function draftSummary(uploads: OpenUploads, draft: DraftRecord): DraftSummary {
  const isRead = draft.stage !== 'receiving' && draft.stage !== 'columns';
  const figures = isRead ? readCheckFigures(uploads.database, draft.draft_id) : NO_FIGURES;
  const answers = draft.item_id === null ? NO_ANSWERS : readAnswerFigures(uploads.database, draft.draft_id);
  return {
    draftId: draft.draft_id,
    fileName: draft.file_name,
    stage: uploads.imports.has(draft.draft_id) ? 'reading' : draft.stage,
    rows: figures.rows,
    errors: figures.errors,
    warnings: figures.warnings,
    skipped: figures.skipped,
    credits: figures.credits,
    ...answers,
    createdAt: draft.created_at,
    changedAt: draft.changed_at,
    failure: draft.failure,
    fingerprint: draft.fingerprint,
    mode: draft.mode,
  };
}

/** A draft as its own screen shows it. */
export function draftDetail(uploads: OpenUploads, draftId: string): DraftDetail {
  const draft = readDraft(uploads.database, draftId);
  if (draft === undefined) throw new Error('a draft went away while it was worked on');
  const step = stepAtWork(uploads.database, draftId);
  const isEditable = draft.stage === 'fix' && draft.item_id === null && step === undefined;
  return {
    ...draftSummary(uploads, draft),
    analysis: withReattach(uploads, draftId, storedAnalysis(draft)),
    look: otherLook(uploads, draft),
    outboxItemId: draft.item_id,
    clearBlank: clearBlank.parse(JSON.parse(draft.clear_blank)),
    canUndo: isEditable && draft.undo_position > 0,
    canRedo: isEditable && readChange(uploads.database, draftId, draft.undo_position + 1) !== null,
    corrections: draft.stage === 'fix' ? draft.undo_position : 0,
    work: step === undefined ? null : { done: Math.min(step.done, step.total), total: step.total },
  };
}

/** With the draft that a returned file belongs to; none once that draft is gone. */
function withReattach(uploads: OpenUploads, draftId: string, analysis: FileAnalysis | null): FileAnalysis | null {
  const receipts = analysis?.columns[receiptColumn(analysis.columns) ?? -1]?.samples ?? [];
  for (const sample of receipts) {
    const source = readReceipt(sample)?.draftId;
    const known = source === undefined || source === draftId ? undefined : readDraft(uploads.database, source);
    if (analysis === null || known === undefined || uploads.leaving.has(known.draft_id)) continue;
    const { rows } = readCheckFigures(uploads.database, known.draft_id);
    return { ...analysis, reattach: { draftId: known.draft_id, fileName: known.file_name, rows } };
  }
  return analysis;
}

/** What was recognised, with the columns as they were last chosen. */
export function storedAnalysis(draft: DraftRecord): FileAnalysis | null {
  if (draft.analysis === null) return null;
  const analysis = fileAnalysis.parse(JSON.parse(draft.analysis));
  return draft.mapping === null ? analysis : { ...analysis, mapping: JSON.parse(draft.mapping) };
}

/** How a draft with rows would be read otherwise, when somebody has looked. */
export function otherLook(uploads: OpenUploads, draft: DraftRecord): FileAnalysis | null {
  const isRead = draft.stage === 'fix' && draft.item_id === null;
  return isRead ? (uploads.otherLooks.get(draft.draft_id) ?? null) : null;
}

/** The rules' context of a draft whose columns have been chosen. `now` in milliseconds. */
export function contextOf(draft: DraftRecord, now: number): RuleContext {
  const read = asRead(draft);
  const today = new Date(now).toISOString().slice(0, 10);
  const ownDomain: OwnDomain | null = draft.own_domain === null ? null : JSON.parse(draft.own_domain);
  // A workbook tells no decimal mark.
  return ruleContext(read.mapping, draft.sheet === null ? read.separator : null, today, ownDomain);
}

/** How the rows were read. What was recognised is not looked into: of 10,000 columns it takes a tenth of a second. */
function asRead(draft: DraftRecord): Pick<FileAnalysis, 'mapping' | 'separator'> {
  if (draft.mapping !== null && draft.separator !== null) {
    return { mapping: JSON.parse(draft.mapping), separator: separator.parse(draft.separator) };
  }
  const analysis = storedAnalysis(draft);
  if (analysis === null) throw new Error('a draft with rows has no analysis');
  return analysis;
}

/** A stored row as people see it. */
export function shownRow(record: ShownRowRecord, context: RuleContext): UploadRow {
  const { cells, edits, issues } = readTexts(record, context);
  const values: UploadRow['values'] = {};
  for (const field of dataFields) {
    if (context.columns.has(field) || edits?.[field] !== undefined) {
      values[field] = fieldText(cells, edits, field, context);
    }
  }
  return {
    row: record.row_no,
    values,
    issues: [...issues],
    state: rowState(record),
    member: record.email_key === null ? null : record.is_member === 1 ? 'existing' : 'new',
    outcome: parseOutcome(record.outcome),
  };
}

function rowState(record: ShownRowRecord): UploadRow['state'] {
  if (record.result !== null) return record.result;
  if (record.skipped === 1) return 'skipped';
  return record.severity === 2 ? 'error' : 'ready';
}
