import { setImmediate } from 'node:timers/promises';
import type { ExportedRows } from '../../shared/contract/upload-files.ts';
import type { FileAnalysis, RowIssue, UploadField } from '../../shared/contract/uploads.ts';
import { dataFields, fieldText, ruleContext, type DataField, type RuleContext } from '../../shared/csv/check-row.ts';
import { unguard } from '../../shared/csv/formula-guard.ts';
import { ownColumns, ownHeaders, receiptCell } from '../../shared/csv/own-columns.ts';
import { issueWords, refusalWords } from '../../shared/csv/row-words.ts';
import { lastRow } from '../cache/draft-tallies.ts';
import type { DraftRowRecord } from '../cache/draft-rows.ts';
import { rowsToExport, typedFields } from '../cache/exported-rows.ts';
import type { ReadDatabase } from '../cache/database.ts';
import { addedHeaders } from './template.ts';
import { parseOutcome } from './row-outcome.ts';
import { readTexts } from './row-texts.ts';

/** Row numbers that are looked at in one piece: a few milliseconds. */
const ROWS_AT_ONCE = 200;

/** What a file of rows is made from. */
export interface RowsToWrite {
  readonly database: ReadDatabase;
  readonly draftId: string;
  readonly analysis: FileAnalysis;
  readonly rows: ExportedRows;
  /** Called between pieces; throws to end the work. */
  readonly between: (done: number, total: number) => void;
}

/** What one row needs to be written. */
interface Layout {
  readonly draftId: string;
  readonly headers: readonly string[];
  /** The columns of the file that are written, by their place in it. */
  readonly kept: readonly number[];
  /** Fields that were typed although the file has no column for them. */
  readonly added: readonly DataField[];
  readonly context: RuleContext;
  readonly fieldAt: ReadonlyMap<number, DataField>;
}

/**
 * The rows of a draft as they stand now, in the columns and the order of their file, with what became of each: status, reason, field
 * and receipt. A field that was typed and has no column gets one. Cells beyond the last column of the file stand behind the receipt.
 */
export async function* errorFile(source: RowsToWrite): AsyncGenerator<string[][]> {
  const { database, draftId, analysis } = source;
  const total = lastRow(database, draftId);
  const layout = layoutOf(draftId, analysis, await addedFields(source, total));
  let rows = [[...layout.headers]];
  for (let after = 0; after < total; after += ROWS_AT_ONCE) {
    const range = { after, through: after + ROWS_AT_ONCE };
    for (const row of rowsToExport(database, draftId, source.rows, range)) rows.push(lineOf(row, layout));
    if (rows.length > 0) yield rows;
    rows = [];
    await setImmediate();
    source.between(Math.min(total, range.through), total);
  }
  if (rows.length > 0) yield rows;
}

async function addedFields({ database, draftId, analysis, between }: RowsToWrite, total: number): Promise<DataField[]> {
  const missing = dataFields.filter((field) => !analysis.mapping.includes(field));
  const found = new Set<DataField>();
  for (let after = 0; after < total && found.size < missing.length; after += ROWS_AT_ONCE * 5) {
    const range = { after, through: after + ROWS_AT_ONCE * 5 };
    for (const field of typedFields(database, draftId, missing, range)) found.add(field);
    await setImmediate();
    between(0, total);
  }
  return missing.filter((field) => found.has(field));
}

function layoutOf(draftId: string, analysis: FileAnalysis, added: readonly DataField[]): Layout {
  // A file that came back and is written once more gets its status anew.
  const own = new Set(ownColumns(analysis.columns));
  const kept = analysis.columns.map((_, column) => column).filter((column) => !own.has(column));
  const headers = [
    ...kept.map((column) => analysis.columns[column]?.header ?? ''),
    ...added.map((field) => addedHeaders[field]),
    ...ownHeaders,
  ];
  // Neither the decimal mark nor the day matters for the texts of cells.
  const context = ruleContext(analysis.mapping, analysis.separator, '');
  const fieldAt = new Map([...context.columns].map(([field, column]) => [column, field]));
  return { draftId, headers, kept, added, context, fieldAt };
}

function lineOf(row: DraftRowRecord, layout: Layout): string[] {
  const { draftId, kept, added, context, fieldAt } = layout;
  const { cells, edits, issues } = readTexts(row, context);
  const texts = kept.map((column) => {
    const field = fieldAt.get(column);
    return field === undefined ? unguard(cells[column] ?? '') : fieldText(cells, edits, field, context);
  });
  const { status, reason, field } = verdictOf(row, issues);
  const outcome = parseOutcome(row.outcome);
  return [
    ...texts,
    ...added.map((it) => edits?.[it] ?? ''),
    status,
    reason,
    headerOf(field, layout),
    receiptCell({ draftId, row: row.row_no }, outcome?.allocationId ?? null),
    ...cells.slice(context.columnCount).map(unguard),
  ];
}

interface Verdict {
  readonly status: string;
  readonly reason: string;
  readonly field: UploadField | null;
}

/** What became of a row, in words. */
function verdictOf(row: DraftRowRecord, issues: readonly RowIssue[]): Verdict {
  const worst = issues.find((issue) => issue.severity === 'error') ?? issues[0];
  const words = issues.map(issueWords).join('; ');
  const field = worst?.field ?? null;
  const outcome = parseOutcome(row.outcome);
  switch (row.result) {
    case 'confirmed':
      return { status: 'confirmed', reason: '', field: null };
    case 'refused':
      return {
        status: 'refused',
        reason: refusalWords(outcome?.reason ?? null, outcome?.shortfall ?? null),
        field: refusedField(outcome?.reason ?? null),
      };
    case 'queued':
      return { status: 'waiting to be sent', reason: words, field };
    case 'waiting':
      return { status: 'not sent', reason: words, field };
    case null:
      if (row.skipped === 1) return { status: 'left out', reason: words, field };
      return { status: row.severity === 2 ? 'to correct' : 'ready', reason: words, field };
  }
}

const refusedFields: Readonly<Record<string, UploadField>> = {
  insufficient_credits: 'credits',
  invalid_credits: 'credits',
  member_inactive: 'email',
  invalid_email: 'email',
  invalid_name: 'first_name',
  invalid_validity: 'validity_days',
};

function refusedField(reason: string | null): UploadField | null {
  return refusedFields[reason ?? ''] ?? null;
}

/** The column at fault, as the file calls it. */
function headerOf(field: UploadField | null, { context, headers, kept }: Layout): string {
  if (field === null || field === 'ignore') return '';
  const place = kept.indexOf(context.columns.get(field) ?? -1);
  return headers[place] ?? addedHeaders[field];
}
