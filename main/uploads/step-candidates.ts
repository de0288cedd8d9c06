import type { RuleContext } from '../../shared/csv/check-row.ts';
import type { ReadDatabase } from '../cache/database.ts';
import { countList, nextRows, type RowList } from '../cache/draft-lists.ts';
import { rowsToSkip, scanRows } from '../cache/draft-rows.ts';
import type { StepRecord } from '../cache/draft-steps.ts';
import { lastRow } from '../cache/draft-tallies.ts';
import { rowsWithText } from './find-text.ts';
import type { StepRequest } from './step-request.ts';

/** The rows that a step looks at next. */
export interface Candidates {
  readonly rows: readonly number[];
  /** The row number up to which it has looked then. */
  readonly through: number;
  /** The progress it has made then, out of `totalOf`. */
  readonly done: number;
  readonly isEnd: boolean;
}

/** Row numbers that are passed over at once while looking for a text: some 0.1 ms. */
const SPAN = 200;

/** The list that a step works through, null when it looks at every row that is not skipped. */
function listOf(request: StepRequest): RowList | null {
  if (request.kind === 'skip_errors') return { show: request.skipped ? 'errors' : 'skipped_errors', code: null };
  if (request.kind !== 'fix') return null;
  const { fix } = request;
  return fix.kind === 'skip' || fix.kind === 'suggestions' ? { show: 'all_issues', code: fix.code } : null;
}

/** How far the progress of a step that is to be made can go: rows of its list, or row numbers. */
export function totalOf(database: ReadDatabase, draftId: string, request: StepRequest): number {
  if (request.kind === 'skip_rows') return request.rows?.length ?? 0;
  const list = listOf(request);
  return list === null ? lastRow(database, draftId) : countList(database, draftId, list);
}

/** What a step that is being made looks at next, behind `step.done_through`. At most `limit` rows. */
export function candidatesOf(
  database: ReadDatabase,
  step: Pick<StepRecord, 'draft_id' | 'done_through' | 'done'>,
  request: StepRequest,
  context: RuleContext,
  limit: number,
): Candidates {
  const { draft_id: draftId, done_through: after } = step;
  if (request.kind === 'skip_rows') {
    const wanted = (request.rows ?? []).filter((row) => row > after).toSorted((one, other) => one - other);
    const some = wanted.slice(0, limit);
    return {
      rows: rowsToSkip(database, draftId, some, request.skipped),
      through: some.at(-1) ?? after,
      done: step.done + some.length,
      isEnd: wanted.length <= limit,
    };
  }
  const list = listOf(request);
  if (list !== null) {
    const rows = nextRows(database, draftId, list, after, limit);
    return { rows, through: rows.at(-1) ?? after, done: step.done + rows.length, isEnd: rows.length < limit };
  }
  return scan(database, draftId, after, request, context, limit);
}

function scan(
  database: ReadDatabase,
  draftId: string,
  after: number,
  request: StepRequest,
  context: RuleContext,
  limit: number,
): Candidates {
  const last = lastRow(database, draftId);
  const sought = request.kind === 'fix' && request.fix.kind === 'value' ? request.fix : null;
  const through = Math.min(last, after + (sought === null ? limit : SPAN));
  const range = { after, through };
  const rows =
    sought === null || sought.field === 'ignore'
      ? scanRows(database, draftId, range)
      : rowsWithText(database, draftId, sought.field, sought.from, range, context);
  return { rows: rows.map((row) => row.row_no), through, done: through, isEnd: through >= last };
}
