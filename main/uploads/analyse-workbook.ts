import type { AppError } from '../../shared/app-error.ts';
import type { FileAnalysis, UploadField } from '../../shared/contract/uploads.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { isBlankRecord } from './record-reader.ts';
import { SAMPLE_ROWS, sampleTable } from './sample-table.ts';
import { findSheet, openWorkbook, type Workbook, type WorkbookSheet } from './spreadsheet/open-workbook.ts';
import { readSharedStrings, readSheet, rowTexts } from './spreadsheet/read-sheet.ts';
import type { SheetFacts, SheetRow } from './spreadsheet/sheet-scanner.ts';

/** How much of a sheet is looked at for what may surprise: some 50,000 rows. The reading counts all. Inflated, in bytes. */
const FACTS_BYTES = 8_388_608;

/**
 * Recognises the columns of a sheet: the named one, or the first that is visible. Errors: `unreadable_file`, `invalid_input`
 * (no sheet of this name). Throws `ReadFault` and what `stopWhenCancelled` throws.
 */
export async function analyseWorkbook(
  file: string,
  sheetName: string | null,
  earlier: ReadonlyMap<string, UploadField>,
  stopWhenCancelled: () => void,
): Promise<Result<FileAnalysis, AppError>> {
  const workbook = await openWorkbook(file);
  const sheet = findSheet(workbook, sheetName);
  if (sheet === undefined) return err({ code: 'invalid_input', field: 'sheet', reason: 'unknown_sheet' });
  const { rows, facts, isWhole } = await readSample(workbook, sheet, stopWhenCancelled);
  const needed = 1 + Math.max(-1, ...rows.flatMap((row) => row.cells.filter((cell) => typeof cell === 'number')));
  const strings = await readSharedStrings(workbook, needed, stopWhenCancelled);
  const records = rows.map((row) => rowTexts(row, strings)).filter((record) => !isBlankRecord(record));
  if (records.length === 0) return err({ code: 'unreadable_file', reason: 'empty' });
  const widest = (of: readonly (readonly string[])[]): number => Math.max(...of.map((record) => record.length));
  const { hasRows, linesAbove, columns } = sampleTable(records, widest, earlier);
  if (!hasRows && isWhole) return err({ code: 'unreadable_file', reason: 'header_only' });
  return ok({
    ...columns,
    encoding: 'utf-8',
    encodingCertain: true,
    decoded: [],
    separator: ',',
    format: 'spreadsheet',
    sheets: workbook.sheets.map(({ name, isHidden }) => ({ name, hidden: isHidden })),
    sheet: sheet.name,
    warnings: sheetWarnings(facts, linesAbove),
  });
}

/** What of a sheet may be other than the person thinks. */
export function sheetWarnings(facts: Readonly<SheetFacts>, linesAbove: number): FileAnalysis['warnings'] {
  const warnings: FileAnalysis['warnings'] = [
    { code: 'hidden_rows', count: facts.hiddenRows },
    { code: 'merged_cells', count: facts.mergedAreas },
    { code: 'formulas_without_value', count: facts.formulasWithoutValue },
    { code: 'lines_above_table', count: linesAbove },
  ];
  return warnings.filter(({ count }) => count > 0);
}

interface SheetSample {
  readonly rows: readonly SheetRow[];
  readonly facts: Readonly<SheetFacts>;
  readonly isWhole: boolean;
}

async function readSample(
  workbook: Workbook,
  sheet: WorkbookSheet,
  stopWhenCancelled: () => void,
): Promise<SheetSample> {
  const rows: SheetRow[] = [];
  let facts: Readonly<SheetFacts> = { hiddenRows: 0, mergedAreas: 0, formulasWithoutValue: 0 };
  for await (const piece of readSheet(workbook, sheet)) {
    stopWhenCancelled();
    for (const row of piece.rows) if (rows.length <= SAMPLE_ROWS && row.cells.length > 0) rows.push(row);
    ({ facts } = piece);
    if (piece.inflatedBytes > FACTS_BYTES && rows.length > SAMPLE_ROWS) return { rows, facts, isWhole: false };
  }
  return { rows, facts, isWhole: true };
}
