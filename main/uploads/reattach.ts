import type { DraftDetail, FileAnalysis } from '../../shared/contract/uploads.ts';
import { dataFields, fieldText, type DataField, type RowEdits, type RuleContext } from '../../shared/csv/check-row.ts';
import { unguard } from '../../shared/csv/formula-guard.ts';
import { ownColumns, readReceipt, receiptColumn } from '../../shared/csv/own-columns.ts';
import { err, ok } from '../../shared/result.ts';
import type { ReadDatabase } from '../cache/database.ts';
import { readDraftRow, rowsToEdit, type EditedRow } from '../cache/draft-rows.ts';
import { lastRow } from '../cache/draft-tallies.ts';
import { readDraft } from '../cache/drafts.ts';
import { rowsToExport } from '../cache/exported-rows.ts';
import { discardDraft } from './discard-draft.ts';
import { contextOf, draftDetail, storedAnalysis } from './draft-detail.ts';
import { importDraft } from './import-draft.ts';
import { keepRows } from './keep-rows.ts';
import { findDraft, findEditable, type UploadResult } from './open-uploads.ts';
import type { StepScope } from './run-step.ts';
import { recheck } from './recheck.ts';
import { retryRefused } from './retry-rows.ts';
import { addedHeaders } from './template.ts';
import { typeOverRows, type RowTyping } from './type-over-rows.ts';
import { parseCells, parseEdits, readTexts } from './row-texts.ts';

/** Row numbers of the returned file that are looked at in one piece: about a millisecond. */
const ROWS_AT_ONCE = 50;

/** What came of a returned file. */
export interface Reattached {
  readonly draft: DraftDetail;
  readonly changed: number;
  readonly confirmedLeft: number;
  /** Rows without a place in the draft. */
  readonly unknown: number;
  /** The draft in which those are kept; null where there are none. */
  readonly keptIn: string | null;
  /** Rows that differ in columns which no field is taken from: nothing of that is taken over. */
  readonly ignoredChanges: number;
}

/**
 * Takes the changes of a returned error file over into its draft, or into the draft of the rows that had no effect when it was sent
 * already, as one step of undo. Rows that are not in the file stay as they are, confirmed ones too. The returned file's draft goes; rows
 * of it that have no place in the draft are kept in one of their own.
 * Errors: `not_found`, `conflict` (either is busy, or is being sent), `invalid_input` (no receipts of that draft), those of reading.
 */
export async function reattach(
  scope: StepScope,
  input: { readonly draftId: string; readonly into: string },
): Promise<UploadResult<Reattached>> {
  const { uploads, dependencies } = scope;
  const { database } = uploads;
  const known = findDraft(uploads, input.into);
  const target = known.ok ? storedAnalysis(known.value.draft) : null;
  const found = findDraft(uploads, input.draftId);
  if (!found.ok) return found;
  const analysis = storedAnalysis(found.value.draft);
  if (!known.ok) return known;
  if (analysis === null || target === null) return noReceipts();
  const columns = columnsOf(analysis, target);
  if (columns === null || input.draftId === input.into) return noReceipts();

  const read = await readReturned(scope, input.draftId, analysis, columns);
  if (!read.ok) return read;
  const chain = await editableOf(scope, input.into);
  if (!chain.ok) return chain;
  const { drafts, editable } = chain.value;
  const figures = { changed: 0, confirmedLeft: 0, ignoredChanges: 0 };
  const merge = new Merge(database, input.draftId, columns, drafts, figures);
  if (editable === null) {
    while (merge.next(null) !== null);
  } else {
    const into = findEditable(uploads, editable);
    if (!into.ok) return into;
    const { draft } = into.value;
    const context = contextOf(draft, dependencies.clock.now());
    const typed = await typeOverRows(scope, draft, () => merge.next({ draftId: editable, context }));
    if (!typed.ok) return typed;
    figures.changed = typed.value.changed;
  }
  // Not one of its rows: the file is another draft's, and stays what it is.
  if (!merge.hasKnownRows) return noReceipts();
  const returned = findDraft(uploads, input.draftId);
  if (!returned.ok) return returned;
  const { unknown } = merge;
  const now = dependencies.clock.now();
  const kept = unknown.length === 0 ? ok(null) : await keepRows(uploads, returned.value.draft, analysis, unknown, now);
  if (!kept.ok) return kept;
  const gone = await discardDraft(uploads, input.draftId, now);
  if (!gone.ok) return gone;
  // They do not wait in that draft any more.
  if (kept.value !== null) await recheck(uploads, kept.value);
  const draft = draftDetail(uploads, editable ?? input.into);
  return ok({ draft, ...figures, unknown: unknown.length, keptIn: kept.value });
}

function noReceipts(): UploadResult<never> {
  return err({ code: 'invalid_input', field: 'draftId', reason: 'no_receipts' });
}

/** Where a returned file holds its receipts, and each field. */
interface ReturnedColumns {
  readonly receipt: number;
  readonly fields: ReadonlyMap<DataField, number>;
  /** By the column of the draft, where each column that carries no field stands in the file. */
  readonly others: ReadonlyMap<number, number>;
}

/** Finds the columns of the draft again in the file that came back: where they were, or else by their header. */
function columnsOf(returned: FileAnalysis, target: FileAnalysis): ReturnedColumns | null {
  const receipt = receiptColumn(returned.columns);
  if (receipt === null) return null;
  const dropped = new Set(ownColumns(target.columns));
  const kept = target.columns.map((_, column) => column).filter((column) => !dropped.has(column));
  const own = new Set(ownColumns(returned.columns));
  const headerAt = (column: number): string | null =>
    own.has(column) ? null : (returned.columns[column]?.header ?? null);
  const fields = new Map<DataField, number>();
  for (const field of dataFields) {
    const column = target.mapping.indexOf(field);
    // A field without a column of its own got one that is called as in the English template.
    const header = column === -1 ? addedHeaders[field] : (target.columns[column]?.header ?? '');
    const place = column === -1 ? -1 : kept.indexOf(column);
    const at =
      headerAt(place) === header ? place : returned.columns.findIndex((_, index) => headerAt(index) === header);
    if (at !== -1 && (column !== -1 || !target.columns.some((it) => it.header === header))) fields.set(field, at);
  }
  const others = new Map<number, number>();
  for (const [place, column] of kept.entries()) {
    const isUsed = dataFields.some((field) => target.mapping.indexOf(field) === column);
    if (!isUsed && headerAt(place) === target.columns[column]?.header) others.set(column, place);
  }
  return fields.has('email') ? { receipt, fields, others } : null;
}

/** Reads the rows of a returned file that were not read yet, all by the columns of the draft they came from. */
async function readReturned(
  { dependencies, uploads }: StepScope,
  draftId: string,
  analysis: FileAnalysis,
  columns: ReturnedColumns,
): Promise<UploadResult<null>> {
  if (readDraft(uploads.database, draftId)?.stage === 'fix') return ok(null);
  const { encoding, separator, sheet } = analysis;
  const mapping: FileAnalysis['mapping'] = analysis.columns.map(() => 'ignore');
  for (const [field, column] of columns.fields) mapping[column] = field;
  const options = { encoding, separator, sheet };
  const input = { draftId, options, mapping, clearBlank: [] };
  const read = await importDraft(dependencies, uploads, input, 'receipts');
  return read.ok ? ok(null) : read;
}

interface Chain {
  /** The draft that was named, and those that have taken its rows over. */
  readonly drafts: readonly string[];
  /** The last of them; null when every row was confirmed. */
  readonly editable: string | null;
}

/** Follows a draft that was sent to the one in which its rows can be corrected. */
async function editableOf({ uploads, dependencies }: StepScope, draftId: string): Promise<UploadResult<Chain>> {
  const drafts = [draftId];
  for (;;) {
    const last = drafts.at(-1) ?? draftId;
    const found = findDraft(uploads, last);
    if (!found.ok) return found;
    if (found.value.draft.item_id === null) return ok({ drafts, editable: last });
    const retried = await retryRefused(uploads, last, dependencies.clock.now());
    if (!retried.ok) {
      const { error } = retried;
      const isDone = error.code === 'invalid_input' && error.reason === 'nothing_to_retry';
      return isDone ? ok({ drafts, editable: null }) : retried;
    }
    drafts.push(retried.value.draftId);
  }
}

/** A row of the returned file that has a receipt. */
interface ReturnedRow {
  /** In that file. */
  readonly number: number;
  readonly cells: readonly string[];
  readonly texts: RowEdits;
}

/** Walks through the rows of a returned file and compares each with the row it came from. */
class Merge {
  readonly #database: ReadDatabase;
  readonly #returned: string;
  readonly #columns: ReturnedColumns;
  readonly #drafts: readonly string[];
  readonly #figures: { confirmedLeft: number; ignoredChanges: number };
  readonly #unknown: number[] = [];
  readonly #seen = new Set<number>();
  readonly #last: number;
  #after = 0;
  #hasKnownRows = false;

  constructor(
    database: ReadDatabase,
    returned: string,
    columns: ReturnedColumns,
    drafts: readonly string[],
    figures: { confirmedLeft: number; ignoredChanges: number },
  ) {
    this.#database = database;
    this.#returned = returned;
    this.#columns = columns;
    this.#drafts = drafts;
    this.#figures = figures;
    this.#last = lastRow(database, returned);
  }

  /** Whether any row of the file so far was one of the drafts'. */
  get hasKnownRows(): boolean {
    return this.#hasKnownRows;
  }

  /** The numbers, in the file, of rows without a place in the drafts. */
  get unknown(): readonly number[] {
    return this.#unknown;
  }

  /** What the next few rows change; null at the end. */
  next(into: { readonly draftId: string; readonly context: RuleContext } | null): RowTyping[] | null {
    if (this.#after >= this.#last) return null;
    const range = { after: this.#after, through: this.#after + ROWS_AT_ONCE };
    this.#after = range.through;
    const found = new Map<number, ReturnedRow>();
    for (const row of rowsToExport(this.#database, this.#returned, 'all', range)) {
      const cells = parseCells(row.cells);
      const receipt = readReceipt(unguard(cells[this.#columns.receipt] ?? ''));
      if (receipt === null || !this.#drafts.includes(receipt.draftId) || this.#seen.has(receipt.row)) {
        this.#unknown.push(row.row_no);
        continue;
      }
      this.#seen.add(receipt.row);
      found.set(receipt.row, { number: row.row_no, cells, texts: this.#textsOf(cells, parseEdits(row.edits)) });
    }
    const rows = into === null ? [] : rowsToEdit(this.#database, into.draftId, [...found.keys()]);
    if (found.size > 0) this.#hasKnownRows = true;
    this.#countOthers(found, new Set(rows.map((row) => row.row_no)));
    for (const row of rows) this.#countIgnored(row, found.get(row.row_no)?.cells ?? []);
    return into === null ? [] : rows.flatMap((row) => typingOf(row, found.get(row.row_no)?.texts ?? {}, into.context));
  }

  #textsOf(cells: readonly string[], edits: RowEdits | null): RowEdits {
    const texts = [...this.#columns.fields].map(([field, column]) => [
      field,
      edits?.[field] ?? unguard(cells[column] ?? ''),
    ]);
    return Object.fromEntries(texts);
  }

  #countIgnored(row: EditedRow, returned: readonly string[]): void {
    const cells = parseCells(row.cells);
    const differs = [...this.#columns.others].some(
      ([column, place]) => lines(unguard(cells[column] ?? '')) !== lines(unguard(returned[place] ?? '')),
    );
    if (differs) this.#figures.ignoredChanges += 1;
  }

  #countOthers(found: ReadonlyMap<number, ReturnedRow>, editable: ReadonlySet<number>): void {
    for (const [row, { number }] of found) {
      if (editable.has(row)) continue;
      const isConfirmed = this.#drafts.some(
        (draftId) => readDraftRow(this.#database, draftId, row)?.result === 'confirmed',
      );
      if (isConfirmed) this.#figures.confirmedLeft += 1;
      else this.#unknown.push(number);
    }
  }
}

/** Only what differs: a spreadsheet writes the line breaks within a cell in its own way, which is no change. */
function typingOf(row: EditedRow, texts: RowEdits, context: RuleContext): RowTyping[] {
  const { cells, edits } = readTexts(row, context);
  const changed = Object.entries(texts).filter(([name, text]) => {
    const field = dataFields.find((it) => it === name);
    return field !== undefined && lines(text) !== lines(fieldText(cells, edits, field, context));
  });
  return changed.length === 0 ? [] : [{ row: row.row_no, edits: Object.fromEntries(changed) }];
}

function lines(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
