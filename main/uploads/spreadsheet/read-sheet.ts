import { ReadFault } from '../read-fault.ts';
import type { Workbook, WorkbookSheet } from './open-workbook.ts';
import { SharedStrings } from './shared-strings.ts';
import { SheetScanner, type SheetFacts, type SheetRow } from './sheet-scanner.ts';
import { TagScanner } from './tag-scanner.ts';

/** What may be inflated of a sheet and of the shared strings. In bytes. */
const MAX_SHEET_BYTES = 68_719_476_736;
const MAX_STRINGS_BYTES = 2_147_483_648;

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
  const tags = new TagScanner(scanner);
  const decoder = textDecoder();
  let inflatedBytes = 0;
  let last = 0;
  for await (const { bytes, bytesRead } of workbook.archive.read(sheet.part, MAX_SHEET_BYTES)) {
    tags.push(decoder.decode(bytes));
    inflatedBytes += bytes.length;
    last = bytesRead;
    yield { rows: scanner.take(), facts: scanner.facts, bytesRead, inflatedBytes };
  }
  tags.push(decoder.end());
  tags.finish();
  yield { rows: scanner.take(), facts: scanner.facts, bytesRead: last, inflatedBytes };
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
  if (workbook.stringsPart === null || !workbook.archive.has(workbook.stringsPart)) return strings;
  const tags = new TagScanner(strings.sink());
  const decoder = textDecoder();
  for await (const { bytes, bytesRead } of workbook.archive.read(workbook.stringsPart, MAX_STRINGS_BYTES)) {
    tags.push(decoder.decode(bytes));
    between(bytesRead);
    if (strings.count >= count) return strings;
  }
  tags.push(decoder.end());
  tags.finish();
  return strings;
}

/** The cells of a row as texts. Throws `ReadFault` (`damaged`) for a number without a shared string. */
export function rowTexts(row: SheetRow, strings: SharedStrings): string[] {
  return row.cells.map((cell) => (typeof cell === 'number' ? strings.at(cell) : cell));
}

/** Parts of a workbook are UTF-8, without exception in practice. */
function textDecoder(): { decode(bytes: Buffer): string; end(): string } {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const guarded = (work: () => string): string => {
    try {
      return work();
    } catch (error) {
      throw error instanceof TypeError ? new ReadFault('damaged') : error;
    }
  };
  return {
    decode: (bytes) => guarded(() => decoder.decode(bytes, { stream: true })),
    end: () => guarded(() => decoder.decode()),
  };
}
