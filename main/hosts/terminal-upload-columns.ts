import type { ColumnMapping, FileAnalysis } from '../../shared/contract/uploads.ts';
import type { DataField } from '../../shared/csv/check-row.ts';
import { UsageFault } from './terminal-upload-options.ts';

/**
 * The columns as `--map` names them: by header as it stands in the file (upper and lower case do not matter), or by place from 1; what
 * it does not name stays as it was recognised. Throws `UsageFault`, which lists the headers of the file.
 */
export function mapColumns(analysis: FileAnalysis, map: ReadonlyMap<DataField, string>): ColumnMapping {
  const mapping = [...analysis.mapping];
  for (const [field, wanted] of map) {
    for (const [column, mapped] of mapping.entries()) if (mapped === field) mapping[column] = 'ignore';
    if (wanted === '') continue;
    mapping[columnOf(analysis, field, wanted)] = field;
  }
  return mapping;
}

function columnOf({ columns }: FileAnalysis, field: DataField, wanted: string): number {
  const folded = wanted.toLowerCase();
  const named = columns.flatMap(({ header }, column) => (header.toLowerCase() === folded ? [column] : []));
  if (named.length > 1)
    throw new UsageFault(`--map: ${named.length} columns are called "${wanted}"; name one by its place.`);
  const [column = Number(wanted) - 1] = named;
  if (columns[column] !== undefined) return column;
  const headers = columns.map(({ header }, index) => `${index + 1} ${header}`).join(', ');
  throw new UsageFault(`--map: no column "${wanted}" for ${field}. The file has: ${headers}`);
}
