import { checkRow, type RuleContext } from '../../shared/csv/check-row.ts';
import { isHeaderRow } from '../../shared/csv/match-columns.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { insertDraftRows, type NewDraftRow } from '../cache/draft-rows.ts';
import { checkedColumns } from './checked-columns.ts';
import { isBlankRecord } from './record-reader.ts';
import type { RecordPiece } from './record-source.ts';

/** Rows in one transaction: short enough that the console's own writes need not wait, long enough to be quick. */
export const BATCH_ROWS = 2_000;

/** The mapping is for another number of columns than the file has with these options. */
export class MappingFault extends Error {}

/** Numbers the records of a file, checks those that are rows and stores them. */
export class DraftTable {
  readonly #database: WriteDatabase;
  readonly #draftId: string;
  readonly #context: RuleContext;
  #pending: NewDraftRow[] = [];
  /** The line of row 0: of the header, or before the first row. Null until the first record that is not blank. */
  #lineBefore: number | null = null;
  #lastLine = 0;
  /** How many rows there are so far. */
  rows = 0;

  constructor(database: WriteDatabase, draftId: string, context: RuleContext) {
    this.#database = database;
    this.#draftId = draftId;
    this.#context = context;
  }

  /** Takes records; stores when there are enough of them. Throws `MappingFault`, SQLite's errors. */
  add({ records, lines, facts }: RecordPiece): void {
    for (const [index, record] of records.entries()) {
      const line = lines?.[index] ?? this.#lastLine + 1;
      this.#lastLine = line;
      this.#addOne(record, line, facts !== null);
      if (this.#pending.length >= BATCH_ROWS) this.flush();
    }
  }

  /** Stores what is left. To be called at the end. */
  flush(): void {
    const rows = this.#pending;
    if (rows.length === 0) return;
    this.#database.transaction(() => insertDraftRows(this.#database, this.#draftId, rows));
    this.#pending = [];
  }

  /** A blank line is no row, but keeps its number: row n stays n lines below the header. */
  #addOne(cells: string[], line: number, isPadded: boolean): void {
    if (isBlankRecord(cells)) return;
    if (this.#lineBefore === null) {
      const { columnCount } = this.#context;
      if (isPadded ? cells.length > columnCount : cells.length !== columnCount) throw new MappingFault();
      const isHeader = isHeaderRow(cells);
      this.#lineBefore = isHeader ? line : line - 1;
      if (isHeader) return;
    }
    const checked = checkedColumns(checkRow(cells, null, this.#context));
    this.#pending.push({ rowNo: line - this.#lineBefore, cells: JSON.stringify(cells), checked });
    this.rows += 1;
  }
}
