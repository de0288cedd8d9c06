import type { Workbook, WorkbookSheet } from './open-workbook.ts';
import { scanPart } from './scan-part.ts';
import { SharedStrings } from './shared-strings.ts';
import { SheetScanner, type SheetFacts, type SheetRow } from './sheet-scanner.ts';

/** What may be inflated of a sheet and of the shared strings. In bytes. */
const MAX_SHEET_BYTES = 8_589_934_592;
const MAX_STRINGS_BYTES = 2_147_483_648;
/** Cells that are handed on together. */
const CELLS_AT_ONCE = 20_000;

/** Rows of a sheet, and how much has been read for them. */
export interface SheetPiece {
  readonly rows: readonly SheetRow[];
  readonly facts: Readonly<SheetFacts>;
  /** Of the file, in bytes. */
  readonly bytesRead: number;
  /** Inflated, in bytes. */
  readonly inflatedBytes: number;
}

/** The rows of a sheet, piece by piece. Nobody has to read on to the end. Throws `ReadFault`. */
export async function* readSheet(workbook: Workbook, sheet: WorkbookSheet): AsyncGenerator<SheetPiece> {
  const scanner = new SheetScanner(workbook);
  let last = { bytesRead: 0, inflatedBytes: 0 };
  for await (const place of scanPart(workbook.archive, sheet.part, scanner, MAX_SHEET_BYTES)) {
    const isNextPiece = place.inflatedBytes !== last.inflatedBytes;
    last = place;
    if (isNextPiece || scanner.pendingCells >= CELLS_AT_ONCE)
      yield { rows: scanner.take(), facts: scanner.facts, ...last };
  }
  yield { rows: scanner.take(), facts: scanner.facts, ...last };
}

/**
 * The shared strings of a workbook, or only as many as `count`. `between` is called with the bytes read of the file, after every
 * piece; what it throws ends the reading.
 */
export async function readSharedStrings(
  workbook: Workbook,
  count: number,
  between: (bytesRead: number) => void,
): Promise<SharedStrings> {
  const strings = new SharedStrings();
  const part = workbook.stringsPart;
  if (part === null || count === 0 || !workbook.archive.has(part)) return strings;
  for await (const { bytesRead } of scanPart(workbook.archive, part, strings.sink(), MAX_STRINGS_BYTES)) {
    between(bytesRead);
    if (strings.count >= count) return strings;
  }
  return strings;
}

/** The cells of a row as texts. Throws `ReadFault` (`damaged`) for a number without a shared string. */
export function rowTexts(row: SheetRow, strings: SharedStrings): string[] {
  return row.cells.map((cell) => (typeof cell === 'number' ? strings.at(cell) : cell));
}
