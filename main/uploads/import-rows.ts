import type { AppError } from '../../shared/app-error.ts';
import { checkRow, ruleContext, type RuleContext } from '../../shared/csv/check-row.ts';
import { isHeaderRow } from '../../shared/csv/match-columns.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { classifyCacheFault } from '../cache/classify-cache-fault.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { deleteChanges } from '../cache/draft-changes.ts';
import { deleteSomeRows, insertDraftRow, repeatedEmails } from '../cache/draft-rows.ts';
import { tallyDraft } from '../cache/draft-tallies.ts';
import { updateDraft } from '../cache/drafts.ts';
import { checkedColumns } from './checked-columns.ts';
import { refreshDuplicates } from './duplicates.ts';
import type { ImportJob, ImportReport } from './import-job.ts';
import { ReadFault } from './read-fault.ts';
import { isBlankRecord, RecordReader } from './record-reader.ts';
import { readSourceText } from './source-text.ts';

/** Rows in one transaction: short enough that the console's own writes need not wait, long enough to be quick. */
const BATCH_ROWS = 2_000;

/** Thrown through the layers of reading when the person has cancelled. */
class Cancelled extends Error {}

/**
 * Reads the file of a draft, checks every row and stores them, replacing what an earlier reading left. Only the last
 * transaction moves the draft to `fix`: cut off anywhere before, it stands at `columns` as if nothing had been read.
 * Errors: `unreadable_file`, `invalid_input` (the mapping does not fit the file), `cancelled`, `cache_unavailable`.
 */
export function importRows(
  database: WriteDatabase,
  job: ImportJob,
  report: (report: ImportReport) => void,
): Result<null, AppError> {
  try {
    const stopWhenCancelled = (): void => {
      if (Atomics.load(job.cancelled, 0) === 1) throw new Cancelled();
    };
    removeRows(database, job.draftId, stopWhenCancelled);
    const rows = storeRows(database, job, report, stopWhenCancelled);
    if (rows === 0) return err({ code: 'unreadable_file', reason: 'header_only' });
    markDuplicates(database, job.draftId, rows, report, stopWhenCancelled);
    tallyDraft(database, job.draftId, stopWhenCancelled);
    finish(database, job);
    return ok(null);
  } catch (error) {
    if (error instanceof Cancelled) return err({ code: 'cancelled' });
    if (error instanceof ReadFault) return err(error.fault);
    if (error instanceof MappingFault) return err({ code: 'invalid_input', field: 'mapping', reason: 'other_columns' });
    const fault = classifyCacheFault(error);
    if (fault === null) throw error;
    return err(fault);
  }
}

/** The mapping is for another number of columns than the file has with these options. */
class MappingFault extends Error {}

function removeRows(database: WriteDatabase, draftId: string, stopWhenCancelled: () => void): void {
  database.transaction(() => deleteChanges(database, draftId));
  while (deleteSomeRows(database, draftId, BATCH_ROWS) > 0) stopWhenCancelled();
}

function storeRows(
  database: WriteDatabase,
  job: ImportJob,
  report: (report: ImportReport) => void,
  stopWhenCancelled: () => void,
): number {
  const today = new Date(job.now).toISOString().slice(0, 10);
  const context = ruleContext(job.mapping, job.options.separator, today);
  const table = new Table(database, job, context);
  const reader = new RecordReader(job.options.separator);
  for (const piece of readSourceText(job.sourceFile, job.options.encoding)) {
    stopWhenCancelled();
    table.add(reader.push(piece.text), stopWhenCancelled);
    report({ report: 'reading', bytes: piece.bytesRead, rows: table.rows });
  }
  table.add(reader.finish(), stopWhenCancelled);
  return table.rows;
}

/** Numbers the records of a file and stores those that are rows. */
class Table {
  readonly #database: WriteDatabase;
  readonly #job: ImportJob;
  readonly #context: RuleContext;
  /** Null until the first record that is not blank, which says whether there is a header. */
  #nextRow: number | null = null;
  rows = 0;

  constructor(database: WriteDatabase, job: ImportJob, context: RuleContext) {
    this.#database = database;
    this.#job = job;
    this.#context = context;
  }

  add(records: readonly string[][], stopWhenCancelled: () => void): void {
    for (let start = 0; start < records.length; start += BATCH_ROWS) {
      const batch = records.slice(start, start + BATCH_ROWS);
      this.#database.transaction(() => {
        for (const record of batch) this.#addOne(record);
      });
      stopWhenCancelled();
    }
  }

  /** A blank line is no row, but keeps its number: row n stays n lines below the header. */
  #addOne(cells: string[]): void {
    const isBlank = isBlankRecord(cells);
    if (this.#nextRow === null) {
      if (isBlank) return;
      if (cells.length !== this.#context.columnCount) throw new MappingFault();
      this.#nextRow = 1;
      if (isHeaderRow(cells)) return;
    }
    const rowNo = this.#nextRow;
    this.#nextRow += 1;
    if (isBlank) return;
    const checked = checkedColumns(checkRow(cells, null, this.#context));
    insertDraftRow(this.#database, this.#job.draftId, rowNo, JSON.stringify(cells), checked);
    this.rows += 1;
  }
}

function markDuplicates(
  database: WriteDatabase,
  draftId: string,
  rows: number,
  report: (report: ImportReport) => void,
  stopWhenCancelled: () => void,
): void {
  const emails = repeatedEmails(database, draftId);
  for (let start = 0; start < emails.length; start += BATCH_ROWS) {
    stopWhenCancelled();
    database.transaction(() => {
      for (const email of emails.slice(start, start + BATCH_ROWS)) refreshDuplicates(database, draftId, email);
    });
    report({ report: 'checking', done: Math.min(start + BATCH_ROWS, emails.length), total: emails.length, rows });
  }
}

function finish(database: WriteDatabase, job: ImportJob): void {
  const mapping = JSON.stringify(job.mapping);
  const clear_blank = JSON.stringify(job.clearBlank);
  updateDraft(
    database,
    job.draftId,
    { stage: 'fix', ...job.options, mapping, clear_blank, failure: null, undo_position: 0 },
    job.now,
  );
}
