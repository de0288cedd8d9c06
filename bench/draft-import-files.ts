import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { sheetOf, workbook } from '../test/builders/workbook.ts';

const header = ['First name', 'Email', 'Credits', 'Valid for (days)', 'Department'];

/** Rows as an HR system writes them: a fifth of the names quoted, one error in a thousand. */
function cellsOf(row: number): string[] {
  const name = row % 5 === 0 ? `Müller, Ann ${row}` : `Søren ${row}`;
  const email = row % 1_000 === 0 ? `member${row}.firma.example` : `member.${row}@firma.example`;
  return [name, email, String(row % 4), String(90 + (row % 3) * 90), `Department ${row % 17}`];
}

/** Writes a CSV of so many rows, or of so many bytes when that is more. Answers the number of rows. */
export function writeMembers(file: string, rows: number, bytes = 0): number {
  const descriptor = openSync(file, 'w');
  let written = 0;
  let text = `${header.join(',')}\n`;
  let row = 0;
  while (row < rows || written + text.length < bytes) {
    row += 1;
    text += `${cellsOf(row)
      .map((cell) => (cell.includes(',') ? `"${cell}"` : cell))
      .join(',')}\n`;
    if (text.length > 1_000_000) {
      written += writeSync(descriptor, text);
      text = '';
    }
  }
  writeSync(descriptor, text);
  closeSync(descriptor);
  return row;
}

/** The same rows as a workbook. */
export function writeWorkbook(file: string, rows: number): void {
  const cells = Array.from({ length: rows }, (_, index) => cellsOf(index + 1));
  writeFileSync(file, workbook({ sheets: { Members: sheetOf([header, ...cells]) } }));
}
