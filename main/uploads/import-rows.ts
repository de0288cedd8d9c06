import type { AppError } from '../../shared/app-error.ts';
import { ruleContext } from '../../shared/csv/check-row.ts';
import type { FileAnalysis } from '../../shared/contract/uploads.ts';
import type { OwnDomain } from '../../shared/csv/own-domain.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { classifyCacheFault } from '../cache/classify-cache-fault.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { deleteChanges } from '../cache/draft-changes.ts';
import { deleteSomeRows, repeatedEmails } from '../cache/draft-rows.ts';
import { tallier } from '../cache/draft-tallies.ts';
import { readDraft, updateDraft } from '../cache/drafts.ts';
import { emailsKnownElsewhere } from '../cache/waiting-emails.ts';
import { sheetWarnings } from './analyse-workbook.ts';
import { Cancelled } from './cancelled.ts';
import { DraftTable, MappingFault, RowNumbers } from './draft-table.ts';
import { refreshSomeDuplicates } from './duplicates.ts';
import type { EmailDomains } from './email-domains.ts';
import { markOwnDomain } from './own-domain-slips.ts';
import type { ImportJob, ImportReport } from './import-job.ts';
import { logFlusher, type LogFlusher } from './log-flusher.ts';
import { ReadFault } from './read-fault.ts';
import { isWorkbook, readRecords, SheetFault } from './record-source.ts';
import type { SheetFacts } from './spreadsheet/sheet-scanner.ts';
import { yieldingWriter, type YieldingWriter } from './yielding-writer.ts';

/**
 * How long the log gets before this thread copies it into the file, in pages of 4 kB: the pages of the index of e-mails are written in
 * nearly every transaction, and copied once for many of them.
 */
const CHECKPOINT_PAGES = 16_000;

/** Rows of an earlier reading that are removed in one transaction: short enough that the console's own writes need not wait. */
const REMOVED_AT_ONCE = 2_000;
/** How many rows are stored before what is written is brought onto the disk. */
const FLUSHED_AT_ONCE = 10_000;
/** Rows whose e-mails are compared at once, before somebody may say stop. */
const EMAILS_AT_ONCE = 20_000;
/** E-mails, and rows of each, that are marked in one transaction: at most some 2,000 rows. */
const EMAILS_A_TRANSACTION = 20;
const ROWS_OF_AN_EMAIL = 100;

/** What was read. */
interface Stored {
  readonly rows: number;
  readonly facts: Readonly<SheetFacts> | null;
  readonly domains: EmailDomains;
}

/**
 * Reads the file of a draft, checks every row and stores them, replacing what an earlier reading left. Rows of an earlier reading stay
 * until the file has been read once to its end. Only the last transaction moves the draft to `fix`: cut off while it stores, the draft
 * stands at `columns` as if nothing had been read.
 * Errors: `unreadable_file`, `invalid_input` (mapping or sheet do not fit the file), `cancelled`, `cache_unavailable`.
 */
export async function importRows(
  database: WriteDatabase,
  job: ImportJob,
  report: (report: ImportReport) => void,
): Promise<Result<null, AppError>> {
  const stopWhenCancelled = (): void => {
    if (Atomics.load(job.cancelled, 0) === 1) throw new Cancelled();
  };
  const flusher = logFlusher(job.databaseFile);
  const yielding = yieldingWriter(database, job, stopWhenCancelled);
  try {
    stopWhenCancelled();
    // Nothing of this reading counts before its last commit, and that one flushes all that was written before it.
    database.execute('pragma synchronous = normal');
    // What a statement may have to take back, else in a file: three quarters of all writes. These statements are short.
    database.execute('pragma temp_store = memory');
    // Half of what the console's own connection keeps, which has it beside this one. In KB.
    database.execute('pragma cache_size = -16000');
    database.execute(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    if (job.hasRows) await giveUpRows(database, job, stopWhenCancelled);
    removeRows(yielding, job.draftId);
    const { rows, facts, domains } = await storeRows(yielding, job, { flusher, report });
    if (rows === 0) return err({ code: 'unreadable_file', reason: 'header_only' });
    const ownDomain = markOwnDomain(yielding, job.draftId, domains);
    markDuplicates(yielding, job.draftId, rows, report);
    const tallyNext = tallier(database, job.draftId);
    while (yielding.writeOn(tallyNext)) stopWhenCancelled();
    flusher.finish();
    database.execute('pragma synchronous = full');
    finish(database, job, facts, ownDomain);
    return ok(null);
  } catch (error) {
    if (error instanceof Cancelled) return err({ code: 'cancelled' });
    if (error instanceof ReadFault) return err(error.fault);
    if (error instanceof MappingFault) return err({ code: 'invalid_input', field: 'mapping', reason: 'other_columns' });
    if (error instanceof SheetFault) return err({ code: 'invalid_input', field: 'sheet', reason: 'unknown_sheet' });
    const fault = classifyCacheFault(error);
    if (fault === null) throw error;
    return err(fault);
  }
}

/** How many records above the table were found when the file was looked at. */
function linesAbove({ analysis }: ImportJob): number {
  const { warnings = [] }: { warnings?: FileAnalysis['warnings'] } = JSON.parse(analysis);
  return warnings.find(({ code }) => code === 'lines_above_table')?.count ?? 0;
}

/** Copies what is left of the log into the file: else the next commit of the console would have to. */
export function copyLog(database: WriteDatabase): void {
  try {
    database.execute('pragma wal_checkpoint(passive)');
  } catch (error) {
    // A disk that is full, say: nothing is lost, and whoever writes next is told.
    if (classifyCacheFault(error) === null) throw error;
  }
}

/** Reads the file once to see that it can be read: only then the rows that the draft has are given up. */
async function giveUpRows(database: WriteDatabase, job: ImportJob, stopWhenCancelled: () => void): Promise<void> {
  const numbering = new RowNumbers(job.mapping.length, linesAbove(job));
  for await (const piece of readRecords(job, stopWhenCancelled)) {
    stopWhenCancelled();
    numbering.add(piece);
  }
  if (numbering.rows === 0) throw new ReadFault('header_only');
  const { analysis, options, now } = job;
  const mapping = JSON.stringify(job.mapping);
  updateDraft(database, job.draftId, { stage: 'columns', failure: null, analysis, mapping, ...options }, now);
}

function removeRows({ database, write }: YieldingWriter, draftId: string): void {
  write(() => deleteChanges(database, draftId));
  while (write(() => deleteSomeRows(database, draftId, REMOVED_AT_ONCE)) > 0);
}

async function storeRows(
  yielding: YieldingWriter,
  job: ImportJob,
  { flusher, report }: { readonly flusher: LogFlusher; readonly report: (report: ImportReport) => void },
): Promise<Stored> {
  const { stopWhenCancelled } = yielding;
  const today = new Date(job.now).toISOString().slice(0, 10);
  const context = ruleContext(job.mapping, isWorkbook(job.sourceFile) ? null : job.options.separator, today);
  const table = new DraftTable(yielding, job.draftId, context, linesAbove(job));
  let facts: Readonly<SheetFacts> | null = null;
  let flushed = 0;
  for await (const piece of readRecords(job, stopWhenCancelled)) {
    stopWhenCancelled();
    table.store(piece);
    if (table.rows - flushed >= FLUSHED_AT_ONCE) {
      await flusher.begin();
      flushed = table.rows;
    }
    ({ facts } = piece);
    report({ report: 'reading', bytes: piece.bytesRead, rows: table.rows });
  }
  await flusher.begin();
  return { rows: table.rows, facts, domains: table.domains };
}

function markDuplicates(
  yielding: YieldingWriter,
  draftId: string,
  rows: number,
  report: (report: ImportReport) => void,
): void {
  let done = 0;
  let after: string | null = '';
  while (after !== null) {
    const { emails: repeated, through } = repeatedEmails(yielding.database, draftId, after, EMAILS_AT_ONCE);
    const elsewhere = emailsKnownElsewhere(yielding.database, draftId, { after, through });
    const emails = [...new Set([...repeated, ...elsewhere])];
    for (let start = 0; start < emails.length; start += EMAILS_A_TRANSACTION) {
      markSome(yielding, draftId, emails.slice(start, start + EMAILS_A_TRANSACTION));
    }
    done = Math.min(rows, done + EMAILS_AT_ONCE);
    after = through;
    report({ report: 'checking', done: after === null ? rows : done, total: rows, rows });
    yielding.stopWhenCancelled();
  }
}

/** A whole file can have one e-mail: of each, the rows behind the first ones are marked in transactions of their own. */
function markSome({ database, write }: YieldingWriter, draftId: string, emails: readonly string[]): void {
  const limit = ROWS_OF_AN_EMAIL;
  const ends = write(() => emails.map((email) => refreshSomeDuplicates(database, draftId, email, { after: 0, limit })));
  for (const [index, email] of emails.entries()) {
    let after = ends[index] ?? null;
    while (after !== null) {
      const slice = { after, limit };
      after = write(() => refreshSomeDuplicates(database, draftId, email, slice));
    }
  }
}

function finish(
  database: WriteDatabase,
  job: ImportJob,
  facts: Readonly<SheetFacts> | null,
  ownDomain: OwnDomain | null,
): void {
  const mapping = JSON.stringify(job.mapping);
  const clear_blank = JSON.stringify(job.clearBlank);
  const own_domain = ownDomain === null ? null : JSON.stringify(ownDomain);
  const chosen = { ...job.options, mapping, clear_blank, own_domain };
  const fields = { stage: 'fix', ...chosen, failure: null, undo_position: 0 } as const;
  database.transaction(() => {
    const analysis = facts === null ? null : (readDraft(database, job.draftId)?.analysis ?? null);
    if (facts === null || analysis === null) return updateDraft(database, job.draftId, fields, job.now);
    // The whole sheet has been seen only now.
    const seen = JSON.stringify({ ...JSON.parse(analysis), warnings: sheetWarnings(facts, linesAbove(job)) });
    return updateDraft(database, job.draftId, { ...fields, analysis: seen }, job.now);
  });
}
