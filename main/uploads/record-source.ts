import { containerOf } from '../../shared/csv/detect-encoding.ts';
import type { ImportJob } from './import-job.ts';
import { ReadFault } from './read-fault.ts';
import { RecordReader } from './record-reader.ts';
import { readHead, readSourceText } from './source-text.ts';
import { findSheet, openWorkbook } from './spreadsheet/open-workbook.ts';
import { readSharedStrings, readSheet, rowTexts } from './spreadsheet/read-sheet.ts';
import type { SheetFacts } from './spreadsheet/sheet-scanner.ts';

/** Cells of a sheet, blank ones among others included: a million rows of a hundred columns are below. */
const MAX_CELLS = 134_217_728;

/** Records of a file, in order, and how many of its bytes have been read for them. */
export interface RecordPiece {
  readonly records: readonly string[][];
  /** The line of each record, from 1; null where every record is the next line. */
  readonly lines: readonly number[] | null;
  /** Those of the records that have a broken quote; null where there can be none. */
  readonly broken: RecordReader['broken'] | null;
  /** Of a sheet, as far as it is read; null for a text. */
  readonly facts: Readonly<SheetFacts> | null;
  readonly bytesRead: number;
}

/** The sheet that was chosen is not in the workbook. */
export class SheetFault extends Error {}

/**
 * The records of the file of a draft, piece by piece; the next piece is read when it is asked for. `stopWhenCancelled` is called
 * after each piece that gives no records; what it throws ends the reading. Throws `ReadFault`, `SheetFault`.
 */
export async function* readRecords(job: ImportJob, stopWhenCancelled: () => void): AsyncGenerator<RecordPiece> {
  switch (containerOf(readHead(job.sourceFile, 8).bytes)) {
    case 'archive':
      yield* sheetRecords(job, stopWhenCancelled);
      return;
    case 'ole2':
      throw new ReadFault('old_spreadsheet');
    case null:
      yield* textRecords(job);
  }
}

function* textRecords({ sourceFile, options }: ImportJob): Generator<RecordPiece> {
  const reader = new RecordReader(options.separator);
  let last = 0;
  for (const { text, bytesRead } of readSourceText(sourceFile, options.encoding)) {
    yield { records: reader.push(text), lines: null, broken: reader.broken, facts: null, bytesRead };
    last = bytesRead;
  }
  yield { records: reader.finish(), lines: null, broken: reader.broken, facts: null, bytesRead: last };
}

/** Whether a file is a workbook, whose cells nothing parts. */
export function isWorkbook(file: string): boolean {
  return containerOf(readHead(file, 8).bytes) === 'archive';
}

/** Cells behind the last one with a value are not in the file: every row is made as wide as the table. */
async function* sheetRecords(job: ImportJob, stopWhenCancelled: () => void): AsyncGenerator<RecordPiece> {
  const workbook = await openWorkbook(job.sourceFile);
  const sheet = findSheet(workbook, job.options.sheet);
  if (sheet === undefined) throw new SheetFault();
  const width = job.mapping.length;
  let stringsBytes = 0;
  const strings = await readSharedStrings(workbook, Number.POSITIVE_INFINITY, (bytesRead) => {
    stringsBytes = bytesRead;
    stopWhenCancelled();
  });
  let cellCount = 0;
  for await (const { rows, facts, bytesRead } of readSheet(workbook, sheet)) {
    const records = rows.map((row) => {
      const cells = rowTexts(row, strings);
      // A blank row stays blank.
      while (cells.length > 0 && cells.length < width) cells.push('');
      cellCount += cells.length;
      if (cellCount > MAX_CELLS) throw new ReadFault('too_large');
      return cells;
    });
    yield { records, lines: rows.map((row) => row.line), broken: null, facts, bytesRead: stringsBytes + bytesRead };
  }
}
