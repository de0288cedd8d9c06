import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { DraftDetail, DraftSummary, FileAnalysis } from '../../shared/contract/uploads.ts';
import type { Application } from '../application.ts';
import type { Session } from './terminal-session.ts';
import { mapColumns } from './terminal-upload-columns.ts';
import { UsageFault, type UploadOptions } from './terminal-upload-options.ts';
import { buildReport, reportRow, type ReportedRow, type UploadReport } from './terminal-upload-report.ts';

const PIECE_BYTES = 1_048_576;
const PAGE_ROWS = 200;

/** Who watches, and may stop it. */
export interface Watcher {
  /** Shows how far it is, over and over on one line; absent where nobody watches. */
  readonly progress?: (text: string) => void;
  /** Aborted when the person wants to stop: what is on its way lands, the rest waits for the next run. */
  readonly stop?: AbortSignal;
}

/** One file on its way through the pipeline. */
export class TerminalUploadRun {
  readonly #watcher: Watcher;
  readonly #options: UploadOptions;
  readonly #session: Session;
  /** Before the sign-in, which sets going what waited on this computer. */
  readonly #startedAt: string;

  constructor(watcher: Watcher, options: UploadOptions, session: Session, startedAt: string) {
    this.#watcher = watcher;
    this.#options = options;
    this.#session = session;
    this.#startedAt = startedAt;
  }

  report(size: number): Promise<UploadReport> {
    const { file, draft } = this.#options;
    return file === null ? this.#ofDraft(draft ?? '') : this.#ofFile(file, size);
  }

  /** Goes on with an upload that is on this computer; what was never submitted is submitted, unless it is a dry run. */
  async #ofDraft(draftId: string): Promise<UploadReport> {
    const { drafts } = await this.#session.call('uploads.list', {});
    const known = drafts.find((it) => it.draftId === draftId);
    if (known === undefined) throw new UsageFault(unknownDraft(draftId, drafts));
    if (isFinished(known)) return this.#build(draftId, 'finished_before', false);
    if (isSubmitted(known))
      return this.#options.dryRun ? this.#build(draftId, 'resumed', false) : this.#finish(draftId, 'resumed');
    if (known.stage !== 'fix')
      throw new UsageFault(`The rows of ${draftId} have not been read. Upload its file again.`);
    return this.#send(draftId);
  }

  async #ofFile(file: string, size: number): Promise<UploadReport> {
    const known = await this.#sameFile(file);
    const isOpen = known !== null && (!isFinished(known) || known.changedAt >= this.#startedAt);
    if (isOpen && this.#options.dryRun) return this.#build(known.draftId, 'resumed', false);
    if (isOpen) return this.#finish(known.draftId, 'resumed');
    if (known !== null && !this.#options.again) return this.#build(known.draftId, 'finished_before', false);
    return this.#send(await this.#read(file, size));
  }

  async #send(draftId: string): Promise<UploadReport> {
    if (this.#options.dryRun) return this.#build(draftId, 'new', true);
    const { mode } = this.#options;
    // Compares the rows once more with what changed since they were read.
    await this.#session.call('uploads.dryRun', { draftId });
    const { rows, errors, skipped } = await this.#session.call('uploads.read', { draftId });
    const isHeldBack = mode === 'all_or_nothing' && errors > 0;
    if (isHeldBack || errors + skipped === rows) return this.#build(draftId, 'new', false);
    await this.#session.call('uploads.submit', { draftId, mode });
    return this.#finish(draftId, 'new');
  }

  /** The latest submitted upload of a file with this content; what was read and not submitted is forgotten. */
  async #sameFile(file: string): Promise<DraftSummary | null> {
    const fingerprint = await fingerprintOf(file);
    const { drafts } = await this.#session.call('uploads.list', {});
    const same = drafts.filter((draft) => draft.fingerprint === fingerprint);
    for (const draft of same.filter((it) => !isSubmitted(it))) {
      await this.#session.call('uploads.discard', { draftId: draft.draftId });
    }
    return same.find((draft) => isSubmitted(draft)) ?? null;
  }

  async #read(file: string, size: number): Promise<string> {
    const { draftId } = await this.#session.call('uploads.begin', { fileName: path.basename(file), size });
    for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES })) {
      await this.#session.call('uploads.append', { draftId, bytes: piece });
    }
    const analysis = await this.#analyse(draftId);
    const { encoding, separator, sheet } = analysis;
    const mapping = mapColumns(analysis, this.#options.map);
    const unsubscribe = this.#session.application.onEvent((event) => {
      if (event.event !== 'import_progress' || event.draftId !== draftId) return;
      this.#watcher.progress?.(`${event.rows} rows read`);
    });
    try {
      await this.#session.call('uploads.importRows', { draftId, options: { encoding, separator, sheet }, mapping });
    } finally {
      unsubscribe();
      this.#watcher.progress?.('');
    }
    return draftId;
  }

  /** Recognises the file, and then once more with what was asked for otherwise. */
  async #analyse(draftId: string): Promise<FileAnalysis> {
    const { encoding, separator, sheet } = this.#options;
    const { analysis: found } = await this.#session.call('uploads.analyse', { draftId, options: null });
    if (found === null) throw new Error('a file that was analysed has no analysis');
    if (encoding === null && separator === null && sheet === null) return found;
    if (found.format === 'text' && sheet !== null) throw new UsageFault('--sheet: the file is no workbook.');
    if (found.format === 'spreadsheet' && (encoding ?? separator) !== null) {
      throw new UsageFault('--encoding and --separator: a workbook has neither.');
    }
    if (sheet !== null && !found.sheets.some(({ name }) => name === sheet)) {
      throw new UsageFault(
        `--sheet: no "${sheet}". The workbook has: ${found.sheets.map(({ name }) => name).join(', ')}`,
      );
    }
    const options = {
      encoding: encoding ?? found.encoding,
      separator: separator ?? found.separator,
      sheet: sheet ?? found.sheet,
    };
    const { analysis } = await this.#session.call('uploads.analyse', { draftId, options });
    return analysis ?? found;
  }

  /** Writes the rows that were not done, with their reasons; answers how many bytes, and removes a file of earlier. */
  async #writeErrors(draftId: string, file: string): Promise<void> {
    const format = path.extname(file).toLowerCase() === '.xlsx' ? 'xlsx' : 'csv';
    const what = { kind: 'rows', draftId, rows: 'problems', format } as const;
    const { exportId, size } = await this.#session.call('exports.begin', { what });
    const handle = await open(file, 'w');
    try {
      for (let offset = 0; offset < size;) {
        const { bytes } = await this.#session.call('exports.read', { exportId, offset });
        if (bytes.length === 0) break;
        await handle.appendFile(bytes);
        offset += bytes.length;
      }
    } finally {
      await handle.close();
      await this.#session.call('exports.end', { exportId });
    }
  }

  /** Waits until every row has its answer, or nothing moves any more. */
  async #finish(draftId: string, run: UploadReport['run']): Promise<UploadReport> {
    await this.#session.call('uploads.resume', { draftId });
    await this.#settled(draftId);
    this.#watcher.progress?.('');
    return this.#build(draftId, run, false);
  }

  async #settled(draftId: string): Promise<void> {
    const { application } = this.#session;
    let answered = -1;
    let lastProgress = Date.now();
    for (;;) {
      const changed = nextChange(application, this.#watcher.stop);
      const draft = await this.#session.call('uploads.read', { draftId });
      const now = draft.confirmed + draft.refused;
      if (now !== answered) lastProgress = Date.now();
      answered = now;
      this.#watcher.progress?.(`${now} of ${now + draft.waiting} sent · ${draft.refused} refused`);
      const isStuck = Date.now() - lastProgress > this.#options.patience;
      if (isFinished(draft) || draft.stage === 'paused' || isStuck || this.#watcher.stop?.aborted === true) return;
      await changed;
    }
  }

  async #build(draftId: string, run: UploadReport['run'], isDryRun: boolean): Promise<UploadReport> {
    const dryRun = isDryRun ? await this.#session.call('uploads.dryRun', { draftId }) : null;
    const draft: DraftDetail = await this.#session.call('uploads.read', { draftId });
    const { balance } = await this.#session.call('dashboard.read', {});
    const rows: ReportedRow[] = [];
    for (let total = 1; rows.length < total;) {
      const page = await this.#session.call('uploads.rows', {
        draftId,
        show: 'all',
        offset: rows.length,
        limit: PAGE_ROWS,
      });
      rows.push(...page.rows.map((row) => reportRow(row, draft, dryRun !== null)));
      total = page.total;
    }
    if (this.#options.errors !== null) await this.#writeErrors(draftId, this.#options.errors);
    return buildReport({
      file: draft.fileName,
      errorFile: this.#options.errors,
      run,
      draft,
      rows,
      balance: dryRun?.balance ?? balance,
      dryRun,
      isDryRun: this.#options.dryRun,
      mode: this.#options.mode,
    });
  }
}

/** The ids that there are, the last changed first. */
function unknownDraft(draftId: string, drafts: readonly DraftSummary[]): string {
  const known = drafts.slice(0, 10).map((it) => `  ${it.draftId}  ${it.fileName}  ${it.stage}  ${it.changedAt}`);
  const those = known.length === 0 ? 'There is none.' : `There are:\n${known.join('\n')}`;
  return `--draft: there is no upload ${draftId} on this computer. ${those}`;
}

function isSubmitted(draft: DraftSummary): boolean {
  return ['queued', 'sending', 'paused', 'stopped', 'done'].includes(draft.stage);
}

function isFinished(draft: DraftSummary): boolean {
  return draft.stage === 'done' || draft.stage === 'stopped';
}

async function fingerprintOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest('hex');
}

/** Resolves with the next change of the drafts, when the person stops, or after a second to look at the time. */
function nextChange(application: Application, stop: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', end);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(end, 1_000);
    stop?.addEventListener('abort', end);
    const unsubscribe = application.onEvent((event) => {
      if (event.event === 'tables_changed' && event.tables.includes('drafts')) end();
    });
  });
}
