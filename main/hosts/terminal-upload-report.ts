import type { DraftDetail, DryRun, RowIssue, UploadMode, UploadRow } from '../../shared/contract/uploads.ts';
import { MAX_CREDITS_PER_ALLOCATION, MAX_WHOLE_ROWS, type BalanceNumbers } from '../../shared/contract/values.ts';
import { issueWords, refusalWords } from '../../shared/csv/row-words.ts';

/** What became of one row. `planned` stands in a dry run for what would be sent. */
export interface ReportedRow {
  /** 1 is the first row below the header. */
  readonly row: number;
  readonly email: string | null;
  readonly credits: string | null;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'refused' | 'error' | 'waiting' | 'planned';
  /** The server's reason, or the code of the first rule that the row breaks. */
  readonly reason: string | null;
  /** The column at fault, by its header in the file where it has one. */
  readonly column: string | null;
  readonly message: string | null;
  /** Credits that the balance was short of. */
  readonly shortfall: number | null;
  /** The id of the allocation on the server. */
  readonly receipt: string | null;
  readonly warnings: readonly string[];
}

/** The machine-readable report, as `--json` prints it. */
export interface UploadReport {
  readonly file: string;
  readonly dryRun: boolean;
  /** The id under which the server keeps the receipts; null when nothing was sent. */
  readonly uploadId: string | null;
  /** The id of the upload on this computer, for `--draft`. Of a dry run of a file it means nothing afterwards. */
  readonly draftId: string;
  /** Where the rows were written that were not done; null without `--errors`. */
  readonly errorFile: string | null;
  /** How this run met the file: for the first time, unfinished, or finished before. */
  readonly run: 'new' | 'resumed' | 'finished_before';
  readonly summary: {
    readonly rows: number;
    readonly done: number;
    readonly planned: number;
    readonly refused: number;
    readonly errors: number;
    readonly waiting: number;
    readonly credits: number;
  };
  readonly balance: BalanceNumbers;
  /** In a dry run: the first row that the balance cannot pay. */
  readonly exceeds: DryRun['exceeds'];
  /** In a dry run of all or nothing: why nothing would be sent, or be done. */
  readonly heldBack: WholeFault | null;
  /** In a dry run: the last upload of the same file, by content or name, and how many members differ. */
  readonly lastUpload: NonNullable<DryRun['lastUpload']> | null;
  readonly exitCode: ExitCode;
  readonly rows: readonly ReportedRow[];
}

export type ExitCode = 0 | 1 | 2;

/** Everything the report is made of. */
export interface ReportInput {
  readonly file: string;
  readonly errorFile: string | null;
  readonly run: UploadReport['run'];
  readonly draft: DraftDetail;
  readonly rows: readonly ReportedRow[];
  readonly balance: BalanceNumbers;
  /** Present in a dry run of what was not submitted. */
  readonly dryRun: DryRun | null;
  readonly isDryRun: boolean;
  readonly mode: UploadMode;
}

/** Puts the report of an upload together, with its exit code. */
export function buildReport(input: ReportInput): UploadReport {
  const { file, errorFile, run, draft, rows, balance, dryRun, isDryRun, mode } = input;
  const count = (...outcomes: ReportedRow['outcome'][]): number =>
    rows.filter((row) => outcomes.includes(row.outcome)).length;
  const summary = {
    rows: rows.length,
    done: count('created', 'updated', 'unchanged'),
    planned: count('planned'),
    refused: count('refused'),
    errors: count('error'),
    waiting: count('waiting'),
    credits: draft.credits,
  };
  const exceeds = dryRun?.exceeds ?? null;
  const good = dryRun === null ? summary.done : summary.planned;
  const heldBack = dryRun === null || mode === 'valid_only' ? null : wholeFault(dryRun);
  const exitCode = good === 0 || heldBack !== null ? 2 : good === summary.rows && exceeds === null ? 0 : 1;
  const uploadId = draft.outboxItemId;
  const { draftId } = draft;
  const lastUpload = dryRun?.lastUpload ?? null;
  const head = { file, dryRun: isDryRun, uploadId, draftId, errorFile, run };
  return { ...head, summary, balance, exceeds, heldBack, lastUpload, exitCode, rows };
}

type WholeFault = 'errors' | 'balance' | 'too_many_rows' | 'too_many_credits';

/** Why the server would do none of the rows. */
function wholeFault({ errors, ready, credits, exceeds }: DryRun): WholeFault | null {
  if (errors > 0) return 'errors';
  if (ready > MAX_WHOLE_ROWS) return 'too_many_rows';
  if (credits > MAX_CREDITS_PER_ALLOCATION) return 'too_many_credits';
  return exceeds === null ? null : 'balance';
}

const wholeFaultWords: Readonly<Record<WholeFault, string>> = {
  errors: 'rows have errors',
  balance: 'the balance does not pay all rows',
  too_many_rows: `at most ${MAX_WHOLE_ROWS.toLocaleString('en')} rows go at once`,
  too_many_credits: `at most ${MAX_CREDITS_PER_ALLOCATION.toLocaleString('en')} credits go at once`,
};

/** What a row is reported as. */
export function reportRow(row: UploadRow, draft: DraftDetail, isDryRun: boolean): ReportedRow {
  const error = row.issues.find((issue) => issue.severity === 'error');
  const isRefused = row.outcome?.outcome === 'refused';
  const base = {
    row: row.row,
    email: row.values.email ?? null,
    credits: row.values.credits ?? null,
    outcome: outcomeOf(row, isDryRun),
    shortfall: row.outcome?.shortfall ?? null,
    receipt: row.outcome?.allocationId ?? null,
    warnings: row.issues.filter((issue) => issue.severity === 'warning').map(issueWords),
  };
  if (error !== undefined) {
    return { ...base, reason: error.code, column: columnOf(error, draft), message: issueWords(error) };
  }
  if (!isRefused) return { ...base, reason: null, column: null, message: null };
  const reason = row.outcome?.reason ?? null;
  return { ...base, reason, column: null, message: refusalWords(reason, base.shortfall) };
}

function outcomeOf(row: UploadRow, isDryRun: boolean): ReportedRow['outcome'] {
  switch (row.state) {
    case 'error':
    case 'skipped':
      return 'error';
    case 'ready':
      return isDryRun ? 'planned' : 'waiting';
    case 'queued':
    case 'waiting':
      return 'waiting';
    case 'refused':
      return 'refused';
    case 'confirmed':
      return confirmedAs(row.outcome?.outcome);
  }
}

function confirmedAs(outcome: string | undefined): ReportedRow['outcome'] {
  return outcome === 'created' || outcome === 'unchanged' ? outcome : 'updated';
}

function columnOf(issue: RowIssue, draft: DraftDetail): string | null {
  if (issue.field === null || draft.analysis === null) return issue.field;
  const column = draft.analysis.mapping.indexOf(issue.field);
  return draft.analysis.columns[column]?.header ?? issue.field;
}

/** Rows that are written at once. */
const ROWS_A_PIECE = 1_000;

/** The report as JSON, in pieces: that of a million rows is longer than a text can be. */
export function* formatJson(report: UploadReport): Generator<string> {
  const whole = JSON.stringify({ ...report, rows: [] }, null, 2);
  if (report.rows.length === 0) return yield `${whole}\n`;
  yield whole.slice(0, whole.lastIndexOf(']'));
  for (let start = 0; start < report.rows.length; start += ROWS_A_PIECE) {
    const some = JSON.stringify(report.rows.slice(start, start + ROWS_A_PIECE), null, 2).slice(1, -2);
    yield `${start === 0 ? '' : ','}${some.replaceAll('\n', '\n  ')}`;
  }
  yield '\n  ]\n}\n';
}

/** The report for people, in pieces. Rows that are done are counted, and listed when `all` is asked for. */
export function* formatReport(report: UploadReport, all: boolean): Generator<string> {
  const { summary, balance } = report;
  const isGood = ({ outcome }: ReportedRow): boolean => !['refused', 'error', 'waiting'].includes(outcome);
  const shown = report.rows.filter((row) => all || !isGood(row) || row.warnings.length > 0);
  yield* table(shown);
  const lines = shown.length === 0 ? [] : [''];
  const counts = [
    [summary.planned, 'would be sent'],
    [summary.done, 'done'],
    [summary.refused, 'refused'],
    [summary.errors, report.dryRun ? 'with errors' : 'with errors, left out'],
    [summary.waiting, 'waiting on this computer'],
  ] as const;
  const parts = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  lines.push(`${report.file}: ${summary.rows} rows · ${parts.join(' · ')} · ${summary.credits} credits`);
  if (report.exceeds !== null) {
    lines.push(
      `Row ${report.exceeds.row} exceeds the balance; all rows together are ${report.exceeds.by} credits over.`,
    );
  }
  if (report.heldBack !== null)
    lines.push(`All or nothing: nothing would be sent, because ${wholeFaultWords[report.heldBack]}.`);
  const unknown = 'not known';
  lines.push(
    `Balance: confirmed ${balance.confirmed ?? unknown} · planned ${balance.planned} · left ${balance.left ?? unknown}`,
  );
  if (report.uploadId !== null) lines.push(`Upload ${report.uploadId}`);
  if (report.lastUpload !== null) {
    const { fileName, sentAt, added, removed, changed } = report.lastUpload;
    lines.push(`Since ${fileName} of ${sentAt}: ${added} added, ${removed} gone, ${changed} changed.`);
  }
  if (report.errorFile !== null) lines.push(`Rows to correct: ${report.errorFile}`);
  if (report.run === 'resumed') {
    const then = report.dryRun ? 'the next run goes on where it has stopped' : 'it went on where it had stopped';
    lines.push(`This file was uploaded in part before: ${then}.`);
  }
  if (report.run === 'finished_before') {
    const now = report.dryRun ? 'nothing would be sent' : 'nothing was sent now';
    lines.push(`This file was uploaded before: ${now}. --again uploads it once more.`);
  }
  if (summary.waiting > 0 && !report.dryRun) {
    lines.push(
      report.uploadId === null
        ? 'All or nothing: nothing was sent. Correct the rows with errors, then run the command again.'
        : 'Run the same command again to go on with the rows that wait.',
    );
  }
  yield `${lines.join('\n')}\n`;
}

const headings = ['row', 'outcome', 'e-mail', 'credits', 'reason', 'receipt'];

function* table(rows: readonly ReportedRow[]): Generator<string> {
  if (rows.length === 0) return;
  const widths = headings.map((heading) => heading.length);
  for (const row of rows) {
    for (const [column, cell] of cellsOf(row).entries()) {
      widths[column] = Math.min(60, Math.max(widths[column] ?? 0, cell.length));
    }
  }
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => plain(cell).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  yield `${lineOf(headings)}\n`;
  for (let start = 0; start < rows.length; start += ROWS_A_PIECE) {
    const some = rows.slice(start, start + ROWS_A_PIECE).map((row) => `${lineOf(cellsOf(row))}\n`);
    yield some.join('');
  }
}

function cellsOf(row: ReportedRow): string[] {
  return [String(row.row), row.outcome, row.email ?? '', row.credits ?? '', details(row), row.receipt ?? ''];
}

function details(row: ReportedRow): string {
  const fault = row.message === null ? [] : [row.column === null ? row.message : `${row.column}: ${row.message}`];
  return [...fault, ...row.warnings].join('; ');
}

/** A cell of the file must not move the terminal's cursor. */
function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
