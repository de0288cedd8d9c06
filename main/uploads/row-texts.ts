import type { RowIssue, UploadField } from '../../shared/contract/uploads.ts';
import { dataFields, type DataField, type RowEdits, type RuleContext } from '../../shared/csv/check-row.ts';
import type { CheckedColumns, DraftRowRecord } from '../cache/draft-rows.ts';
import { parseStored } from '../cache/parse-stored.ts';

/** A row as it stands, read from its JSON. */
export interface RowTexts {
  readonly cells: readonly string[];
  readonly edits: RowEdits | null;
  readonly issues: readonly RowIssue[];
}

type StoredTexts = Pick<DraftRowRecord, 'cells' | 'edits'> & CheckedColumns;

const fields: ReadonlySet<unknown> = new Set<UploadField>([...dataFields, 'ignore']);

/**
 * The texts of a row. Where a fault of the disk has left no JSON of its cells or edits, the values that the rules made of them, which are what is
 * sent, count as typed, and the issues say so: the row can be seen and corrected, and takes no other row with it.
 */
export function readTexts(row: StoredTexts, context: RuleContext): RowTexts {
  const [cells, edits, issues] = [cellsIn(row.cells), editsIn(row.edits), issuesIn(row.issues)];
  const hasTexts = cells !== undefined && edits !== undefined;
  return {
    cells: cells ?? Array.from({ length: context.columnCount }, () => ''),
    edits: hasTexts ? edits : { ...checkedTexts(row, context), ...edits },
    issues: hasTexts && issues !== undefined ? issues : [...(issues ?? []), rowDamaged(row.severity)],
  };
}

/** Edits as they are stored. */
export const storeEdits = (edits: RowEdits | null): string | null => (edits === null ? null : JSON.stringify(edits));

/** Stored cells, edits and issues by themselves; none where a fault of the disk has left none of them. */
export const parseCells = (cells: string): readonly string[] => cellsIn(cells) ?? [];
export const parseEdits = (edits: string | null): RowEdits | null => editsIn(edits) ?? null;
export const parseIssues = (issues: string | null): RowIssue[] => issuesIn(issues) ?? [];

/** Where the row has an error, that may be what cannot be read. */
function rowDamaged(severity: number): RowIssue {
  return { code: 'row_damaged', severity: severity === 2 ? 'error' : 'warning', field: null, data: {} };
}

function cellsIn(text: string): readonly string[] | undefined {
  const cells = parseStored(text);
  return Array.isArray(cells) ? cells : undefined;
}

function editsIn(text: string | null): RowEdits | null | undefined {
  if (text === null) return null;
  const edits = parseStored(text);
  return isEdits(edits) ? edits : undefined;
}

function issuesIn(text: string | null): RowIssue[] | undefined {
  if (text === null) return [];
  const issues = parseStored(text);
  return isIssues(issues) ? issues : undefined;
}

// By hand: a fix over many rows looks at all of them, and the thread that reads files starts faster without the schema library.
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEdits = (value: unknown): value is RowEdits =>
  isRecord(value) && Object.entries(value).every(([field, text]) => fields.has(field) && typeof text === 'string');

const isIssues = (value: unknown): value is RowIssue[] => Array.isArray(value) && value.every(isIssue);

function isIssue(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { code, severity, field, data } = value;
  if (typeof code !== 'string' || (severity !== 'error' && severity !== 'warning')) return false;
  if (field !== null && !fields.has(field)) return false;
  return isRecord(data) && Object.values(data).every((it) => typeof it === 'string' || typeof it === 'number');
}

function checkedTexts(row: StoredTexts, context: RuleContext): RowEdits {
  const checked: Partial<Record<DataField, string | number | null>> = { ...row, email: row.email_key };
  const used = dataFields.filter((field) => context.columns.has(field) || (checked[field] ?? null) !== null);
  return Object.fromEntries(used.map((field) => [field, String(checked[field] ?? '')]));
}
