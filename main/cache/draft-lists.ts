import type { ReadDatabase } from './database.ts';
import { BLOCK_ROWS, tallyBlocks, type Block } from './draft-tallies.ts';

export type RowFilter =
  | 'all'
  | 'errors'
  | 'warnings'
  | 'all_issues'
  | 'skipped'
  | 'skipped_errors'
  | 'ready'
  | 'refused'
  | 'confirmed';

/** Rows of a draft in file order; with a code, only those that break this rule. */
export interface RowList {
  readonly show: RowFilter;
  readonly code: string | null;
}

/** Each part is one range of an index in which row numbers rise; a list is its parts merged. */
const parts: Readonly<Record<Exclude<RowFilter, 'all' | 'refused' | 'confirmed'>, readonly string[]>> = {
  errors: ['severity = 2 and skipped = 0'],
  warnings: ['severity = 1 and skipped = 0'],
  all_issues: ['severity = 2 and skipped = 0', 'severity = 1 and skipped = 0'],
  skipped: ['severity = 0 and skipped = 1', 'severity = 1 and skipped = 1', 'severity = 2 and skipped = 1'],
  skipped_errors: ['severity = 2 and skipped = 1'],
  ready: ['severity = 0 and skipped = 0', 'severity = 1 and skipped = 0'],
};
const everyIssue = [...parts.all_issues, 'severity = 2 and skipped = 1', 'severity = 1 and skipped = 1'];

function partsOf({ show, code }: RowList): readonly string[] {
  if (show === 'refused' || show === 'confirmed') {
    if (code === null) return [`result = '${show}'`];
    const answered = `exists (select 1 from draft_rows as answered where answered.draft_id = draft_issues.draft_id
      and answered.row_no = draft_issues.row_no and answered.result = '${show}')`;
    return everyIssue.map((part) => `${part} and ${answered}`);
  }
  if (show === 'all') return code === null ? ['true'] : everyIssue;
  return parts[show];
}

/** The list as one statement with `order`, its rows limited to those that meet `bound`. */
function numbersSql(list: RowList, bound: string, order: 'asc' | 'desc'): string {
  const selects = partsOf(list).map((part) =>
    list.code === null
      ? `select row_no from draft_rows where draft_id = @draftId and ${part} and ${bound}`
      : `select row_no from draft_issues where draft_id = @draftId and code = @code
           and ${part.replace('severity', 'row_severity')} and ${bound}`,
  );
  return `${selects.join(' union all ')} order by row_no ${order}`;
}

function parameters(draftId: string, list: RowList): Record<string, string> {
  return list.code === null ? { draftId } : { draftId, code: list.code };
}

/** How many rows stand in each block, or null where only counting the rows themselves can tell. */
function blocksOf(database: ReadDatabase, draftId: string, list: RowList): Block[] | null {
  const isAnswer = list.show === 'refused' || list.show === 'confirmed';
  if (list.code !== null && isAnswer) return null;
  return tallyBlocks(database, draftId, list.code, partsOf(list));
}

/** How many rows the list has. */
export function countList(database: ReadDatabase, draftId: string, list: RowList): number {
  const blocks = blocksOf(database, draftId, list);
  if (blocks !== null) return blocks.reduce((rows, block) => rows + block.rows, 0);
  const sql = `select count(*) as rows from (${numbersSql(list, 'row_no > 0', 'asc')})`;
  return database.get<{ rows: number }>(sql, parameters(draftId, list))?.rows ?? 0;
}

/**
 * The numbers of a slice of the list and how many rows the list has. As fast at the end as at the beginning: the tallies say
 * in which block the slice begins.
 */
export function pageList(
  database: ReadDatabase,
  draftId: string,
  list: RowList,
  slice: { readonly offset: number; readonly limit: number },
): { readonly rows: number[]; readonly total: number } {
  const blocks = blocksOf(database, draftId, list);
  let from = 0;
  let before = 0;
  let total = 0;
  if (blocks === null) total = countList(database, draftId, list);
  else {
    for (const block of blocks) {
      if (total <= slice.offset) {
        from = block.block * BLOCK_ROWS;
        before = total;
      }
      total += block.rows;
    }
  }
  if (slice.offset >= total) return { rows: [], total };
  const sql = `${numbersSql(list, 'row_no >= @from', 'asc')} limit @limit offset @offset`;
  const range = { ...parameters(draftId, list), from, limit: slice.limit, offset: slice.offset - before };
  return { rows: database.all<{ row_no: number }>(sql, range).map((row) => row.row_no), total };
}

/** The numbers of the next rows of the list behind `after`, in file order. */
export function nextRows(
  database: ReadDatabase,
  draftId: string,
  list: RowList,
  after: number,
  limit: number,
): number[] {
  const sql = `${numbersSql(list, 'row_no > @after', 'asc')} limit @limit`;
  return database.all<{ row_no: number }>(sql, { ...parameters(draftId, list), after, limit }).map((row) => row.row_no);
}

/** The first row of the list behind `after`, or the last one before it; null when there is none. */
export function rowBeside(
  database: ReadDatabase,
  draftId: string,
  list: RowList,
  after: number,
  direction: 'next' | 'previous',
): number | null {
  const [bound, order] =
    direction === 'next' ? (['row_no > @after', 'asc'] as const) : (['row_no < @after', 'desc'] as const);
  const sql = `${numbersSql(list, bound, order)} limit 1`;
  return database.get<{ row_no: number }>(sql, { ...parameters(draftId, list), after })?.row_no ?? null;
}

/** How many rows of the list stand before a row number. */
export function positionInList(database: ReadDatabase, draftId: string, list: RowList, row: number): number {
  const blocks = blocksOf(database, draftId, list);
  const from = blocks === null ? 0 : row - (row % BLOCK_ROWS);
  const whole = (blocks ?? []).filter((block) => (block.block + 1) * BLOCK_ROWS <= row);
  const sql = `select count(*) as rows from (${numbersSql(list, 'row_no >= @from and row_no < @row', 'asc')})`;
  const rest = database.get<{ rows: number }>(sql, { ...parameters(draftId, list), from, row })?.rows ?? 0;
  return whole.reduce((rows, block) => rows + block.rows, 0) + rest;
}
