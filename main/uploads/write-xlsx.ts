import type { FileHandle } from 'node:fs/promises';
import { guard, unguard } from '../../shared/csv/formula-guard.ts';
import type { TablePieces } from './write-csv.ts';
import { WorkbookLimit, ZipWriter } from './write-zip.ts';

/** Excel's own limits. */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
const MAX_CELL_LENGTH = 32_767;

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const CONTENT = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const contentTypes = `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${CONTENT}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${CONTENT}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${CONTENT}.styles+xml"/></Types>`;
const packageRelations = `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`;
const workbook = `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="Members" sheetId="1" r:id="rId1"/></sheets></workbook>`;
const workbookRelations = `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`;
/**
 * Style 1 is the header's, 2 that of every cell: format 49 is text, so that 00012 and 12/31 stay what they are when they are typed
 * into the sheet, and with `quotePrefix` an edited cell does not turn into a formula.
 */
const styles = `${XML}<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/></cellXfs></styleSheet>`;

/**
 * Writes a table as a workbook with one sheet; every cell is text. Throws `WorkbookLimit` when Excel could not open it, the file
 * system's errors, and what `pieces` throws.
 */
export async function writeXlsx(handle: FileHandle, pieces: TablePieces): Promise<void> {
  const archive = new ZipWriter(handle);
  await archive.add('[Content_Types].xml', [contentTypes]);
  await archive.add('_rels/.rels', [packageRelations]);
  await archive.add('xl/workbook.xml', [workbook]);
  await archive.add('xl/_rels/workbook.xml.rels', [workbookRelations]);
  await archive.add('xl/styles.xml', [styles]);
  await archive.add('xl/worksheets/sheet1.xml', sheet(pieces));
  await archive.finish();
}

async function* sheet(pieces: TablePieces): AsyncGenerator<string> {
  let written = 0;
  for await (const rows of pieces) {
    if (written === 0) yield sheetStart(rows[0]?.length ?? 1);
    if (written + rows.length > MAX_ROWS) throw new WorkbookLimit('too_many_rows');
    yield rows.map((row, index) => rowXml(row, written + index + 1)).join('');
    written += rows.length;
  }
  yield '</sheetData></worksheet>';
}

function sheetStart(columns: number): string {
  return `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="${columns}" width="26" style="2" customWidth="1"/></cols><sheetData>`;
}

function rowXml(cells: readonly string[], row: number): string {
  if (cells.length > MAX_COLUMNS) throw new WorkbookLimit('too_many_columns');
  const style = row === 1 ? 1 : 2;
  const filled = cells.map((cell, index) => {
    if (cell === '') return '';
    const text = textXml(cell);
    return `<c r="${columnName(index)}${row}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>`;
  });
  return `<row r="${row}">${filled.join('')}</row>`;
}

/** `A` for 0, `AA` for 26. */
function columnName(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnName(Math.floor(index / 26) - 1) + last;
}

/** What XML cannot hold, or does not keep (a carriage return), stands as `_x000D_`; such a text itself is told apart by `_x005F_`. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNWRITABLE = /[\0-\x08\x0B-\x1F\uFFFE\uFFFF]/g;
// oxlint-disable-next-line no-control-regex -- as above: an escape that follows begins with the underscore that would end this one
const LOOKS_ESCAPED = /_(?=x[\dA-Fa-f]{4}(?:_|[\0-\x08\x0B-\x1F\uFFFE\uFFFF]))/g;

/** A string needs no guard in a workbook; one that looks guarded gets one more, because reading takes one off. */
function textXml(cell: string): string {
  const text = unguard(cell) === cell ? cell : guard(cell);
  if (text.length > MAX_CELL_LENGTH) throw new WorkbookLimit('cell_too_long');
  return text
    .replace(LOOKS_ESCAPED, '_x005F_')
    .replace(UNWRITABLE, (one) => `_x${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
