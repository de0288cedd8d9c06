import type { ReadDatabase, SqlValue, WriteDatabase } from './database.ts';
import { forgetTallies } from './draft-tallies.ts';

/** What the rules made of a row; `issues` is JSON, null when there are none. */
export interface CheckedColumns {
  readonly email_key: string | null;
  readonly first_name: string | null;
  readonly credits: number | null;
  readonly validity_days: number | null;
  readonly expires_on: string | null;
  readonly issues: string | null;
  /** 0 nothing found, 1 warnings, 2 at least one error. */
  readonly severity: number;
}

/** A row of a draft as stored; `cells`, `edits`, `issues` and `outcome` are JSON. */
export interface DraftRowRecord extends CheckedColumns {
  readonly row_no: number;
  readonly cells: string;
  readonly edits: string | null;
  readonly skipped: number;
  readonly result: 'queued' | 'confirmed' | 'refused' | 'waiting' | null;
  readonly outcome: string | null;
}

/** A row to show: with whether its e-mail belongs to a member that this computer knows. */
export interface ShownRowRecord extends DraftRowRecord {
  readonly is_member: number;
}

/** A row as read and checked; `cells` is JSON. */
export interface NewDraftRow {
  readonly rowNo: number;
  readonly cells: string;
  readonly checked: CheckedColumns;
}

/** Rows in one statement: half of the time of a short statement is spent around it. */
const ROWS_A_STATEMENT = 20;
const insertInto =
  'insert into draft_rows (draft_id, row_no, cells, email_key, first_name, credits, validity_days, expires_on, issues, severity) values ';
const insertOne = `${insertInto}(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const insertMany =
  insertInto + Array.from({ length: ROWS_A_STATEMENT }, () => '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ');

/** Adds rows. Runs in the caller's transaction. */
export function insertDraftRows(database: WriteDatabase, draftId: string, rows: readonly NewDraftRow[]): void {
  const whole = rows.length - (rows.length % ROWS_A_STATEMENT);
  for (let start = 0; start < whole; start += ROWS_A_STATEMENT) {
    const values: SqlValue[] = [];
    for (const row of rows.slice(start, start + ROWS_A_STATEMENT)) pushValues(values, draftId, row);
    database.run(insertMany, ...values);
  }
  for (const row of rows.slice(whole)) {
    const values: SqlValue[] = [];
    pushValues(values, draftId, row);
    database.run(insertOne, ...values);
  }
}

function pushValues(values: SqlValue[], draftId: string, { rowNo, cells, checked }: NewDraftRow): void {
  values.push(
    draftId,
    rowNo,
    cells,
    checked.email_key,
    checked.first_name,
    checked.credits,
    checked.validity_days,
    checked.expires_on,
    checked.issues,
    checked.severity,
  );
}

/** Stores an edit of a row together with what the rules make of it now. */
export function updateDraftRow(
  database: WriteDatabase,
  draftId: string,
  rowNo: number,
  edits: string | null,
  checked: CheckedColumns,
): void {
  database.run(
    `update draft_rows set edits = ?, email_key = ?, first_name = ?, credits = ?, validity_days = ?, expires_on = ?,
       issues = ?, severity = ? where draft_id = ? and row_no = ?`,
    edits,
    checked.email_key,
    checked.first_name,
    checked.credits,
    checked.validity_days,
    checked.expires_on,
    checked.issues,
    checked.severity,
    draftId,
    rowNo,
  );
}

/** Replaces the issues of a row and nothing else. */
export function updateIssues(
  database: WriteDatabase,
  draftId: string,
  rowNo: number,
  issues: string | null,
  severity: number,
): void {
  database.run(
    'update draft_rows set issues = ?, severity = ? where draft_id = ? and row_no = ?',
    issues,
    severity,
    draftId,
    rowNo,
  );
}

/** The mark of a submission that was cut off, or taken back, means nothing: see `markReadyRows`. */
export const resultOfRow = `iif((select item_id from drafts where drafts.draft_id = draft_rows.draft_id) is null, null, result)`;

const shownColumns = `select draft_rows.*, ${resultOfRow} as result,
  exists (select 1 from members where members.email_key = draft_rows.email_key) as is_member from draft_rows`;

/** One row, or undefined. */
export function readDraftRow(database: ReadDatabase, draftId: string, rowNo: number): ShownRowRecord | undefined {
  return database.get<ShownRowRecord>(`${shownColumns} where draft_id = ? and row_no = ?`, draftId, rowNo);
}

/** The rows with the given numbers, in file order. */
export function readDraftRows(database: ReadDatabase, draftId: string, rows: readonly number[]): ShownRowRecord[] {
  return database.all<ShownRowRecord>(
    `${shownColumns} where draft_id = ? and row_no in (select value from json_each(?)) order by row_no`,
    draftId,
    JSON.stringify(rows),
  );
}

/** What has to be known of a row to type over its cells. */
export type EditedRow = Pick<DraftRowRecord, 'row_no' | 'cells' | 'edits'> & CheckedColumns;

const editedColumns =
  'select row_no, cells, edits, email_key, first_name, credits, validity_days, expires_on, issues, severity from draft_rows';

/** The rows with the given numbers, in file order. */
export function rowsToEdit(database: ReadDatabase, draftId: string, rows: readonly number[]): EditedRow[] {
  return database.all<EditedRow>(
    `${editedColumns} where draft_id = ? and row_no in (select value from json_each(?)) order by row_no`,
    draftId,
    JSON.stringify(rows),
  );
}

/**
 * The rows behind number `after` up to `through` that are not skipped, in file order. With a `needle` only those that have edits, or
 * this text somewhere in the JSON of their cells.
 */
export function scanRows(
  database: ReadDatabase,
  draftId: string,
  range: { readonly after: number; readonly through: number },
  needle = '',
): EditedRow[] {
  return database.all<EditedRow>(
    `${editedColumns} where draft_id = ? and row_no > ? and row_no <= ? and skipped = 0
       and (edits is not null or instr(cells, ?) > 0) order by row_no`,
    draftId,
    range.after,
    range.through,
    needle,
  );
}

/** The first row with an e-mail that is not skipped, or null. */
export function firstRowWithEmail(database: ReadDatabase, draftId: string, emailKey: string): number | null {
  const row = database.get<{ row_no: number }>(
    `select row_no from draft_rows indexed by draft_rows_by_email
     where draft_id = ? and email_key = ? and skipped = 0 order by row_no limit 1`,
    draftId,
    emailKey,
  );
  return row?.row_no ?? null;
}

/** The rows with one e-mail behind row `after`, in file order; a `limit` of -1 means all. */
export function rowsWithEmail(
  database: ReadDatabase,
  draftId: string,
  emailKey: string,
  slice: { readonly after: number; readonly limit: number },
): Pick<DraftRowRecord, 'row_no' | 'credits' | 'issues'>[] {
  return database.all(
    // Without being told, the planner walks all rows of the draft, because they are in order.
    `select row_no, credits, issues from draft_rows indexed by draft_rows_by_email
     where draft_id = ? and email_key = ? and row_no > ? order by row_no limit ?`,
    draftId,
    emailKey,
    slice.after,
    slice.limit,
  );
}

/**
 * Of the e-mails behind `after`, in their own order, those that stand in more than one row of the draft, among the next `places`
 * rows and all rows with the last e-mail of them. `through`: the e-mail to go on behind; null at the end.
 */
export function repeatedEmails(
  database: ReadDatabase,
  draftId: string,
  after: string,
  places: number,
): { readonly emails: string[]; readonly through: string | null } {
  const through =
    database.get<{ email_key: string }>(
      `select email_key from draft_rows indexed by draft_rows_by_email
       where draft_id = ? and email_key > ? order by email_key limit 1 offset ?`,
      draftId,
      after,
      places,
    )?.email_key ?? null;
  const rows = database.all<{ email_key: string }>(
    `select email_key from draft_rows indexed by draft_rows_by_email where draft_id = @draftId and email_key > @after
       ${through === null ? '' : 'and email_key <= @through'}
     group by email_key having count(*) > 1`,
    through === null ? { draftId, after } : { draftId, after, through },
  );
  return { emails: rows.map((row) => row.email_key), through };
}

/** Of the given rows, the e-mails that other rows have too. */
export function sharedEmails(database: ReadDatabase, draftId: string, rows: readonly number[]): string[] {
  return database
    .all<{ email_key: string }>(
      `select distinct email_key from draft_rows as mine
       where draft_id = @draftId and email_key is not null and row_no in (select value from json_each(@rows))
         and exists (select 1 from draft_rows as other where other.draft_id = @draftId
           and other.email_key = mine.email_key and other.row_no <> mine.row_no)`,
      { draftId, rows: JSON.stringify(rows) },
    )
    .map((row) => row.email_key);
}

/** Of the given rows, the numbers of those that are not yet skipped (or taken in) as wanted, in file order. */
export function rowsToSkip(
  database: ReadDatabase,
  draftId: string,
  rows: readonly number[],
  skipped: boolean,
): number[] {
  return database
    .all<{ row_no: number }>(
      `select row_no from draft_rows where draft_id = ? and skipped = ?
         and row_no in (select value from json_each(?)) order by row_no`,
      draftId,
      skipped ? 0 : 1,
      JSON.stringify(rows),
    )
    .map((row) => row.row_no);
}

/** Skips rows, or takes them back in. */
export function setRowsSkipped(
  database: WriteDatabase,
  draftId: string,
  rows: readonly number[],
  skipped: boolean,
): void {
  database.run(
    'update draft_rows set skipped = ? where draft_id = ? and row_no in (select value from json_each(?))',
    skipped ? 1 : 0,
    draftId,
    JSON.stringify(rows),
  );
}

/** Deletes at most `limit` rows of a draft, so that no transaction gets long. Answers how many there were. */
export function deleteSomeRows(database: WriteDatabase, draftId: string, limit: number): number {
  forgetTallies(database, draftId);
  return database.run(
    `delete from draft_rows where draft_id = @draftId
       and row_no in (select row_no from draft_rows where draft_id = @draftId order by row_no limit @limit)`,
    { draftId, limit },
  );
}

/**
 * Takes those of some rows that are without an effect (refused, never sent, or left behind with errors) over into another draft, with their numbers,
 * edits and why they were refused. Rows that another draft has taken over already stay there. Answers how many. The other draft's rows are to be counted
 * once it has all of them.
 */
export function copyRowsWithoutEffect(
  database: WriteDatabase,
  from: string,
  to: string,
  rows: { readonly after: number; readonly through: number },
): number {
  const free = `draft_id = @from and row_no > @after and row_no <= @through and retried_in is null
    and (result in ('refused', 'waiting') or (result is null and skipped = 0 and severity = 2))`;
  const parameters = { from, to, ...rows };
  database.run(
    `insert into draft_rows (draft_id, row_no, cells, edits, email_key, first_name, credits, validity_days, expires_on, issues, severity)
     select @to, row_no, cells, edits, email_key, first_name, credits, validity_days, expires_on,
       iif(outcome ->> 'reason' is null, issues, json_insert(
         (select json_group_array(json(value)) from json_each(iif(json_valid(issues), issues, '[]')) where value ->> 'code' <> 'refused_before'),
         '$[#]', json_object('code', 'refused_before', 'severity', 'warning', 'field', null,
           'data', json_object('reason', outcome ->> 'reason')))),
       iif(outcome ->> 'reason' is null, severity, max(severity, 1))
     from draft_rows where ${free}`,
    parameters,
  );
  return database.run(`update draft_rows set retried_in = @to where ${free}`, parameters);
}

/** Copies the rows with the given numbers into another draft, with their numbers and edits. Its rows are to be counted once it has all. */
export function copyRows(database: WriteDatabase, from: string, to: string, rows: readonly number[]): void {
  database.run(
    `insert into draft_rows (draft_id, row_no, cells, edits, email_key, first_name, credits, validity_days, expires_on, issues, severity, skipped)
     select ?, row_no, cells, edits, email_key, first_name, credits, validity_days, expires_on, issues, severity, skipped
     from draft_rows where draft_id = ? and row_no in (select value from json_each(?))`,
    to,
    from,
    JSON.stringify(rows),
  );
}

/** The draft that has taken over rows of this one, or null. */
export function draftOfRetriedRows(database: ReadDatabase, draftId: string): string | null {
  const row = database.get<{ draft_id: string }>(
    `select drafts.draft_id from draft_rows join drafts on drafts.draft_id = draft_rows.retried_in
     where draft_rows.draft_id = ? and draft_rows.result is not 'confirmed' order by drafts.created_at desc limit 1`,
    draftId,
  );
  return row?.draft_id ?? null;
}

/** Before a draft goes: the rows it had taken over and that had no effect can be taken over again from where they came. */
export function returnRetriedRows(database: WriteDatabase, draftId: string): void {
  // Else every row of the draft is read to find that there is none.
  if (database.get('select 1 from draft_rows where retried_in = ? limit 1', draftId) === undefined) return;
  database.run(
    `update draft_rows as source set retried_in = copy.retried_in
     from (select row_no, retried_in from draft_rows where draft_id = @draftId and result is not 'confirmed') as copy
     where source.retried_in = @draftId and copy.row_no = source.row_no`,
    { draftId },
  );
}
