import type { ReadDatabase, WriteDatabase } from './database.ts';

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

export type RowFilter = 'all' | 'errors' | 'warnings' | 'skipped' | 'ready' | 'refused' | 'confirmed';

const conditions: Readonly<Record<RowFilter, string>> = {
  all: 'true',
  errors: 'severity = 2 and skipped = 0',
  warnings: 'severity = 1 and skipped = 0',
  skipped: 'severity in (0, 1, 2) and skipped = 1',
  ready: 'severity < 2 and skipped = 0',
  refused: `result = 'refused'`,
  confirmed: `result = 'confirmed'`,
};

/** Adds one row as read and checked. */
export function insertDraftRow(
  database: WriteDatabase,
  draftId: string,
  rowNo: number,
  cells: string,
  checked: CheckedColumns,
): void {
  database.run(
    `insert into draft_rows (draft_id, row_no, cells, email_key, first_name, credits, validity_days, expires_on, issues, severity)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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

const shownColumns = `select draft_rows.*,
  exists (select 1 from members where members.email_key = draft_rows.email_key) as is_member from draft_rows`;

/** One row, or undefined. */
export function readDraftRow(database: ReadDatabase, draftId: string, rowNo: number): ShownRowRecord | undefined {
  return database.get<ShownRowRecord>(`${shownColumns} where draft_id = ? and row_no = ?`, draftId, rowNo);
}

/** A slice of the rows that pass the filter, in file order. */
export function pageDraftRows(
  database: ReadDatabase,
  draftId: string,
  filter: RowFilter,
  slice: { readonly offset: number; readonly limit: number },
): ShownRowRecord[] {
  return database.all<ShownRowRecord>(
    `${shownColumns} where draft_id = ? and ${conditions[filter]} order by row_no limit ? offset ?`,
    draftId,
    slice.limit,
    slice.offset,
  );
}

/** How many rows pass the filter. */
export function countDraftRows(database: ReadDatabase, draftId: string, filter: RowFilter): number {
  const sql = `select count(*) as rows from draft_rows where draft_id = ? and ${conditions[filter]}`;
  return database.get<{ rows: number }>(sql, draftId)?.rows ?? 0;
}

/** The rows with one e-mail, in file order. */
export function rowsWithEmail(
  database: ReadDatabase,
  draftId: string,
  emailKey: string,
): Pick<DraftRowRecord, 'row_no' | 'skipped' | 'issues'>[] {
  return database.all(
    'select row_no, skipped, issues from draft_rows where draft_id = ? and email_key = ? order by row_no',
    draftId,
    emailKey,
  );
}

/** The e-mails that stand in more than one row of the draft. */
export function repeatedEmails(database: ReadDatabase, draftId: string): string[] {
  return database
    .all<{ email_key: string }>(
      `select email_key from draft_rows where draft_id = ? and email_key is not null
       group by email_key having count(*) > 1`,
      draftId,
    )
    .map((row) => row.email_key);
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

/** Of the given rows (or of those with errors), the numbers of those that are not yet as wanted. */
export function rowsToSkip(
  database: ReadDatabase,
  draftId: string,
  rows: readonly number[] | 'all_errors',
  skipped: boolean,
): number[] {
  const wanted = skipped ? 1 : 0;
  const found =
    rows === 'all_errors'
      ? database.all<{ row_no: number }>(
          'select row_no from draft_rows where draft_id = ? and severity = 2 and skipped = ? order by row_no',
          draftId,
          1 - wanted,
        )
      : database.all<{ row_no: number }>(
          `select row_no from draft_rows where draft_id = ? and skipped = ?
             and row_no in (select value from json_each(?)) order by row_no`,
          draftId,
          1 - wanted,
          JSON.stringify(rows),
        );
  return found.map((row) => row.row_no);
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
  return database.run(
    `delete from draft_rows where draft_id = @draftId
       and row_no in (select row_no from draft_rows where draft_id = @draftId order by row_no limit @limit)`,
    { draftId, limit },
  );
}

/**
 * Takes the rows without an effect (refused, or never sent) over into another draft, with their numbers and edits. Rows that
 * another draft has taken over already stay there. Answers how many.
 */
export function copyRowsWithoutEffect(database: WriteDatabase, from: string, to: string): number {
  const free = `draft_id = @from and result in ('refused', 'waiting') and retried_in is null`;
  return database.transaction(() => {
    database.run(
      `insert into draft_rows (draft_id, row_no, cells, edits, email_key, first_name, credits, validity_days, expires_on, issues, severity)
       select @to, row_no, cells, edits, email_key, first_name, credits, validity_days, expires_on, issues, severity
       from draft_rows where ${free}`,
      { from, to },
    );
    return database.run(`update draft_rows set retried_in = @to where ${free}`, { from, to });
  });
}

/** The draft that has taken over rows of this one, or null. */
export function draftOfRetriedRows(database: ReadDatabase, draftId: string): string | null {
  const row = database.get<{ draft_id: string }>(
    `select drafts.draft_id from draft_rows join drafts on drafts.draft_id = draft_rows.retried_in
     where draft_rows.draft_id = ? and draft_rows.result in ('refused', 'waiting') order by drafts.created_at desc limit 1`,
    draftId,
  );
  return row?.draft_id ?? null;
}

/** Before a draft goes: the rows it had taken over and that had no effect can be taken over again from where they came. */
export function returnRetriedRows(database: WriteDatabase, draftId: string): void {
  database.run(
    `update draft_rows as source set retried_in = copy.retried_in
     from (select row_no, retried_in from draft_rows where draft_id = @draftId and result is not 'confirmed') as copy
     where source.retried_in = @draftId and copy.row_no = source.row_no`,
    { draftId },
  );
}
