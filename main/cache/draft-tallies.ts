import type { UploadField } from '../../shared/contract/uploads.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';

/** Row numbers in one block of the tallies, as in migration 0005. */
export const BLOCK_ROWS = 2_048;
/** Blocks that are counted in one piece: a few milliseconds. */
const BLOCKS_AT_ONCE = 4;

export interface Block {
  readonly block: number;
  readonly rows: number;
}

/** Rows of one kind, over the whole draft. `result` is null before submission. */
export interface Tally {
  readonly severity: number;
  readonly skipped: number;
  readonly result: string | null;
  readonly rows: number;
  readonly credits: number;
}

/** How many rows that are not skipped break a rule. `severity`: 2 error, 1 warning. */
export interface IssueTally {
  readonly code: string;
  readonly field: UploadField | null;
  readonly severity: number;
  readonly rows: number;
}

/**
 * Counts the rows of a draft that has all of them now and was not submitted; from here on a trigger keeps the counts. Each call counts
 * some blocks, a few milliseconds, and answers whether there are more. The counts are those of the draft once it answers false.
 */
export function tallier(database: WriteDatabase, draftId: string): () => boolean {
  const last = lastRow(database, draftId);
  let block = 0;
  return () => {
    if (block === 0) forgetTallies(database, draftId);
    for (const end = block + BLOCKS_AT_ONCE; block < end; block += 1) tallyBlock(database, draftId, block);
    return block * BLOCK_ROWS <= last;
  };
}

/** By the one index that holds all that is counted: the rows themselves are not read. */
function tallyBlock(database: WriteDatabase, draftId: string, block: number): void {
  database.run(
    `insert into draft_tallies (draft_id, severity, skipped, result, block, rows, credits)
     select draft_id, severity, skipped, '', @block, count(*), coalesce(sum(credits), 0)
     from draft_rows indexed by draft_rows_by_severity
     where draft_id = @draftId and severity in (0, 1, 2) and skipped in (0, 1)
       and row_no >= @from and row_no < @from + ${BLOCK_ROWS}
     group by draft_id, severity, skipped`,
    { draftId, block, from: block * BLOCK_ROWS },
  );
}

/** The highest row number, 0 without rows. */
export function lastRow(database: ReadDatabase, draftId: string): number {
  const sql = 'select row_no from draft_rows where draft_id = ? order by row_no desc limit 1';
  return database.get<{ row_no: number }>(sql, draftId)?.row_no ?? 0;
}

/** Whether the rows of a draft have been counted. */
export function isTallied(database: ReadDatabase, draftId: string): boolean {
  return database.get('select 1 as found from draft_tallies where draft_id = ? limit 1', draftId) !== undefined;
}

/** Forgets the counts: the rows are about to go, or to be read anew. */
export function forgetTallies(database: WriteDatabase, draftId: string): void {
  database.run('delete from draft_tallies where draft_id = ?', draftId);
}

/** Rows by severity, skipped and the server's answer. Without tallies (while rows come in) one pass over all rows. */
export function readTallies(database: ReadDatabase, draftId: string): Tally[] {
  const tallied = database.all<Tally>(
    `select severity, skipped, nullif(result, '') as result, sum(rows) as rows, sum(credits) as credits
     from draft_tallies where draft_id = ? group by severity, skipped, result`,
    draftId,
  );
  if (tallied.length > 0) return tallied;
  return database.all<Tally>(
    `select severity, skipped, result, count(*) as rows, coalesce(sum(credits), 0) as credits
     from draft_rows where draft_id = ? group by severity, skipped, result`,
    draftId,
  );
}

/**
 * Rows by block, in order, over the given conditions on severity, skipped and result; with a code, of the rows that break this
 * rule. Null when the rows of the draft have not been counted.
 */
export function tallyBlocks(
  database: ReadDatabase,
  draftId: string,
  code: string | null,
  conditions: readonly string[],
): Block[] | null {
  const either = conditions.map((condition) => `(${condition})`).join(' or ');
  if (code !== null) {
    return database.all<Block>(
      `select block, sum(rows) as rows from draft_issue_tallies
       where draft_id = ? and code = ? and (${either.replaceAll('severity', 'row_severity')}) group by block order by block`,
      draftId,
      code,
    );
  }
  if (!isTallied(database, draftId)) return null;
  return database.all<Block>(
    `select block, sum(rows) as rows from draft_tallies where draft_id = ? and (${either}) group by block order by block`,
    draftId,
  );
}

/** Credits of the ready rows by block, in order; none when the rows have not been counted. */
export function readyCredits(
  database: ReadDatabase,
  draftId: string,
): { readonly block: number; readonly credits: number }[] {
  return database.all(
    `select block, sum(credits) as credits from draft_tallies
     where draft_id = ? and severity < 2 and skipped = 0 group by block order by block`,
    draftId,
  );
}

/** Broken rules over the rows that are not skipped, the most frequent first. */
export function readIssueTallies(database: ReadDatabase, draftId: string): IssueTally[] {
  return database.all<IssueTally>(
    `select code, nullif(field, '') as field, severity, sum(rows) as rows from draft_issue_tallies
     where draft_id = ? and skipped = 0 group by code, field, severity having sum(rows) > 0 order by 4 desc, 1, 2, 3`,
    draftId,
  );
}
