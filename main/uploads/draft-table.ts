import { brokenQuotes, checkRow, type RuleContext } from '../../shared/csv/check-row.ts';
import { isHeaderRow } from '../../shared/csv/match-columns.ts';
import { insertDraftRows, type NewDraftRow } from '../cache/draft-rows.ts';
import { checkedColumns } from './checked-columns.ts';
import { EmailDomains } from './email-domains.ts';
import { isBlankRecord } from './record-reader.ts';
import type { RecordPiece } from './record-source.ts';
import type { YieldingWriter } from './yielding-writer.ts';

/** Rows in one transaction: short enough that the console's own writes need not wait, long enough to be quick. */
export const BATCH_ROWS = 2_000;
/** Or as much text of their cells: a row can have a megabyte. In letters. */
const BATCH_LENGTH = 4_194_304;
/** Rows that are stored before somebody else who waits to write gets their turn. */
const ROWS_AT_ONCE = 100;

/** The mapping is for another number of columns than the file has with these options. */
export class MappingFault extends Error {}

/** Numbers the records of a file that are rows. */
export class RowNumbers {
  readonly #columnCount: number;
  /** Records above the table that are still to come. */
  #linesAbove: number;
  /** The line of row 0: of the header, or before the first row. Null until the first record that is not blank. */
  #lineBefore: number | null = null;
  #lastLine = 0;
  /** How many rows there are so far. */
  rows = 0;

  constructor(columnCount: number, linesAbove: number) {
    this.#columnCount = columnCount;
    this.#linesAbove = linesAbove;
  }

  /**
   * The number of a record, null when it is no row: what stands above the table, the header, or a blank line, which keeps its number: row n stays n lines below the
   * header. `line` is null for the next one. Throws `MappingFault` at the first record.
   */
  next(cells: readonly string[], line: number | null, isPadded: boolean): number | null {
    this.#lastLine = line ?? this.#lastLine + 1;
    if (isBlankRecord(cells)) return null;
    if (this.#linesAbove > 0) {
      this.#linesAbove -= 1;
      return null;
    }
    if (this.#lineBefore === null) {
      const { length } = cells;
      if (isPadded ? length > this.#columnCount : length !== this.#columnCount) throw new MappingFault();
      const isHeader = isHeaderRow(cells);
      // A blank line above the table has no number.
      this.#lineBefore = isHeader ? this.#lastLine : this.#lastLine - 1;
      if (isHeader) return null;
    }
    this.rows += 1;
    return this.#lastLine - this.#lineBefore;
  }

  /** Counts the rows of a piece. */
  add({ records, lines, facts }: RecordPiece): void {
    for (const [index, record] of records.entries()) this.next(record, lines?.[index] ?? null, facts !== null);
  }
}

/** Checks the records of a file that are rows, and stores them. */
export class DraftTable {
  readonly #writer: YieldingWriter;
  readonly #draftId: string;
  readonly #context: RuleContext;
  readonly #numbers: RowNumbers;
  #pending: NewDraftRow[] = [];
  #pendingLength = 0;
  /** Of the rows so far. */
  readonly domains = new EmailDomains();

  constructor(writer: YieldingWriter, draftId: string, context: RuleContext, linesAbove = 0) {
    this.#writer = writer;
    this.#draftId = draftId;
    this.#context = context;
    this.#numbers = new RowNumbers(context.columnCount, linesAbove);
  }

  /** How many rows there are so far. */
  get rows(): number {
    return this.#numbers.rows;
  }

  /** Takes records; stores when there are enough of them. Throws `MappingFault`, SQLite's errors. */
  add({ records, lines, broken, facts }: RecordPiece): void {
    for (const [index, cells] of records.entries()) {
      const rowNo = this.#numbers.next(cells, lines?.[index] ?? null, facts !== null);
      if (rowNo === null) continue;
      const row = checkRow(cells, null, this.#context);
      if (broken?.has(cells) === true) row.issues.push(brokenQuotes(null));
      const checked = checkedColumns(row);
      if (checked.email_key !== null) this.domains.add(checked.email_key, rowNo);
      const stored = JSON.stringify(cells);
      this.#pending.push({ rowNo, cells: stored, checked });
      this.#pendingLength += stored.length;
      if (this.#pending.length >= BATCH_ROWS || this.#pendingLength >= BATCH_LENGTH) this.flush();
    }
  }

  /** Stores what is left. To be called at the end. */
  flush(): void {
    const { database, isWanted, writeOn } = this.#writer;
    const rows = this.#pending;
    let stored = 0;
    while (stored < rows.length) {
      writeOn(() => {
        do {
          insertDraftRows(database, this.#draftId, rows.slice(stored, stored + ROWS_AT_ONCE));
          stored += ROWS_AT_ONCE;
        } while (stored < rows.length && !isWanted());
      });
    }
    this.#pending = [];
    this.#pendingLength = 0;
  }
}
