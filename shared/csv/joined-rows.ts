import type { Separator } from '../contract/uploads.ts';
import { isEmail } from './email-rule.ts';
import { quoted, type Issue } from './finding.ts';
import { unguard } from './formula-guard.ts';

/** What has to be known of a table to tell its rows within a cell. */
export interface TableShape {
  /** Null for a workbook, whose cells nothing parts. */
  readonly separator: Separator | null;
  readonly columnCount: number;
  /** Where the e-mail stands; undefined without one. */
  readonly emailColumn: number | undefined;
}

/** A line of as many cells, give or take one, as a table this wide is no prose. */
const WIDE = 4;

/**
 * The issue of a row that may be several: a quote that nobody closed in its line joins all lines up to the next quote to one cell, and so
 * does a carriage return alone. An error where an e-mail stands in its column, or what would be it; a warning where a line has only the width of the table.
 */
export function joinedRows(cells: readonly string[], table: TableShape): Issue | null {
  let suspicion: Issue | null = null;
  for (let column = 0; column < cells.length; column += 1) {
    const cell = cells[column] ?? '';
    if (!cell.includes('\n') && !cell.includes('\r')) continue;
    const issue = joinedWithin(unguard(cell), column, table);
    if (issue?.severity === 'error') return issue;
    suspicion ??= issue;
  }
  return suspicion;
}

function joinedWithin(cell: string, column: number, table: TableShape): Issue | null {
  const { separator, emailColumn } = table;
  let suspicion: Issue | null = null;
  if (separator !== null) {
    for (const [index, line] of cell.split(/[\r\n]+/).entries()) {
      if (table.columnCount > 1 && !line.includes(separator)) continue;
      const parts = line.split(separator);
      // The first line goes on where the row stands, the others begin rows.
      const start = index === 0 ? column : 0;
      const address = emailColumn === undefined ? undefined : parts[emailColumn - start];
      if (address !== undefined && isEmail(bare(address))) return issueOf(line, 'error');
      if (index > 0 && (isAsWide(parts.length, table.columnCount) || parts.some((part) => isEmail(bare(part))))) {
        suspicion ??= issueOf(line, 'warning');
      }
    }
  }
  // A spreadsheet breaks lines within a cell by LF or CRLF: a CR alone has ended a row, where others end otherwise.
  if (/\r(?!\n)/.test(cell)) suspicion ??= { code: 'row_joined', severity: 'warning', data: {} };
  return suspicion;
}

function isAsWide(width: number, columnCount: number): boolean {
  return columnCount > 1 && Math.abs(width - columnCount) <= (Math.min(width, columnCount) >= WIDE ? 1 : 0);
}

/** A cell without the spaces and quotes around it. */
function bare(cell: string): string {
  return cell.includes('@') ? cell.replaceAll(/^[\s"]+|[\s"]+$/g, '') : '';
}

function issueOf(line: string, severity: Issue['severity']): Issue {
  return { code: 'row_joined', severity, data: { value: quoted(line) } };
}
