import { brokenQuotes, checkRow, type RuleContext } from '../../shared/csv/check-row.ts';
import { isHeaderRow } from '../../shared/csv/match-columns.ts';
import { insertDraftRows, type NewDraftRow } from '../cache/draft-rows.ts';
import { checkedColumns } from './checked-columns.ts';
import { EmailDomains } from './email-domains.ts';
import { isBlankRecord } from './record-reader.ts';
import type { RecordPiece } from './record-source.ts';
import type { YieldingWriter } from './yielding-writer.ts';

/** Records that are checked and stored before somebody else who waits to write gets their turn: a millisecond. */
const RECORDS_AT_ONCE = 100;

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

  /** Stores the rows of a piece, in one transaction unless somebody else waits to write. Throws `MappingFault`, SQLite's errors. */
  store(piece: RecordPiece): void {
    const { database, isWanted, writeOn } = this.#writer;
    const { length } = piece.records;
    let start = 0;
    while (start < length) {
      writeOn(() => {
        do {
          insertDraftRows(database, this.#draftId, this.#checked(piece, start));
          start += RECORDS_AT_ONCE;
        } while (start < length && !isWanted());
      });
    }
  }

  /** The rows among the next records. */
  #checked({ records, lines, broken, facts }: RecordPiece, start: number): NewDraftRow[] {
    const rows: NewDraftRow[] = [];
    for (let index = start; index < Math.min(records.length, start + RECORDS_AT_ONCE); index += 1) {
      const cells = records[index] ?? [];
      const rowNo = this.#numbers.next(cells, lines?.[index] ?? null, facts !== null);
      if (rowNo === null) continue;
      const row = checkRow(cells, null, this.#context);
      if (broken?.has(cells) === true) row.issues.push(brokenQuotes(null));
      const checked = checkedColumns(row);
      if (checked.email_key !== null) this.domains.add(checked.email_key, rowNo);
      rows.push({ rowNo, cells: JSON.stringify(cells), checked });
    }
    return rows;
  }
}
