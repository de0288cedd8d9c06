import type { FileHandle } from 'node:fs/promises';
import { guard } from '../../shared/csv/formula-guard.ts';

/** A table in pieces; the first row of the first piece is its header. */
export type TablePieces = AsyncIterable<readonly (readonly string[])[]>;

const BYTE_ORDER_MARK = '\uFEFF';

/** One line as it stands in the file: every cell quoted and guarded against formulas. */
export function csvLine(cells: readonly string[], separator: string): string {
  return `${cells.map((cell) => `"${guard(cell).replaceAll('"', '""')}"`).join(separator)}\r\n`;
}

/**
 * Writes a table as Excel opens it: UTF-8 with a byte order mark, CRLF, every cell quoted and guarded. Reading it back gives the same
 * texts.
 */
export async function writeCsv(handle: FileHandle, pieces: TablePieces, separator: string): Promise<void> {
  let start = BYTE_ORDER_MARK;
  for await (const rows of pieces) {
    await handle.appendFile(start + rows.map((row) => csvLine(row, separator)).join(''));
    start = '';
  }
}
