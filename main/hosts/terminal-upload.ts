import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { AppError } from '../../shared/app-error.ts';
import type { OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';
import type { DraftDetail, DraftSummary, FileAnalysis, UploadRow } from '../../shared/contract/uploads.ts';
import type { Application } from '../application.ts';
import { composeApplication } from '../compose.ts';
import { createDispatch } from '../ipc/dispatch.ts';
import { claimDataFolder, DataFolderBusyError, defaultDataFolder } from '../platform/data-folder.ts';
import { createNodePlatform } from '../platform/node.ts';
import type { Platform } from '../platform/platform.ts';
import { mapColumns } from './terminal-upload-columns.ts';
import { readUploadOptions, uploadHelp, UsageFault, type UploadOptions } from './terminal-upload-options.ts';
import { buildReport, formatReport, type ExitCode, type UploadReport } from './terminal-upload-report.ts';
import { faultWords } from './terminal-upload-words.ts';

const PIECE_BYTES = 1_048_576;
const PAGE_ROWS = 200;

/** What the command is given by whoever starts it. */
export interface TerminalUpload {
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly importWorker: URL;
  readonly output: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Shows how far it is, over and over on one line; absent where nobody watches. */
  readonly progress?: (text: string) => void;
  /** Aborted when the person wants to stop: what is on its way lands, the rest waits for the next run. */
  readonly stop?: AbortSignal;
  /** Provides a server where the environment names none; answers the environment completed by it. */
  readonly sandbox?: () => Promise<NodeJS.ProcessEnv>;
}

/** A fault that ends the command: nothing (more) can be done. */
class CommandFault extends Error {
  readonly error: AppError | null;
  constructor(message: string, error: AppError | null) {
    super(message);
    this.error = error;
  }
}

/** Runs `npm run upload` and answers its exit code: 0 all done, 1 some rows refused, wrong or waiting, 2 nothing done. */
export async function runTerminalUpload(command: TerminalUpload): Promise<ExitCode> {
  const wantsJson = command.arguments.includes('--json');
  try {
    const options = readUploadOptions(command.arguments);
    if (options === null) {
      command.output(uploadHelp);
      return 0;
    }
    const report = await upload(command, options);
    command.output(options.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, options.all));
    return report.exitCode;
  } catch (error) {
    if (!(error instanceof CommandFault || error instanceof UsageFault || error instanceof DataFolderBusyError))
      throw error;
    command.complain(`${error.message}\n`);
    const fault = error instanceof CommandFault ? error.error : null;
    if (wantsJson)
      command.output(`${JSON.stringify({ error: fault, message: error.message, exitCode: 2 }, null, 2)}\n`);
    return 2;
  }
}

async function upload(command: TerminalUpload, options: UploadOptions): Promise<UploadReport> {
  const size = options.file === null ? 0 : fileSize(options.file);
  const environment = await serverOf(command);
  // A dry run must not set anything going that waits in the permanent folder.
  const isPassing = options.dryRun && options.draft === null;
  const dataFolder = isPassing
    ? mkdtempSync(path.join(tmpdir(), 'partner-console-dry-run-'))
    : permanentFolder(command.environment);
  const { version, importWorker } = command;
  const inspectWorker = new URL('../diagnostics/inspect-worker.ts', import.meta.url);
  const platform = createNodePlatform({
    kind: 'terminal',
    version,
    importWorker,
    inspectWorker,
    dataFolder,
    environment,
  });
  try {
    const release = await claimDataFolder(platform.dataFolder, 'terminal');
    const application = await composeApplication(platform);
    try {
      const startedAt = new Date(platform.clock.now()).toISOString();
      await application.start();
      const session = new Session(application, platform);
      await session.signIn(environment);
      return await new Run(command, options, session, startedAt).report(size);
    } finally {
      await application.close();
      await release();
    }
  } finally {
    platform.closeLog();
    if (isPassing) rmSync(dataFolder, { recursive: true });
  }
}

function fileSize(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new CommandFault(`There is no file ${file}.`, null);
  if (!found.isFile()) throw new CommandFault(`${file} is no file.`, null);
  return found.size;
}

/** Beside the desktop console's own data, because both may run at the same time. */
function permanentFolder(environment: NodeJS.ProcessEnv): string {
  const base = environment['PARTNER_CONSOLE_DATA'] ?? defaultDataFolder(environment, process.platform, homedir());
  return path.join(base, 'terminal');
}

async function serverOf({ environment, sandbox }: TerminalUpload): Promise<NodeJS.ProcessEnv> {
  const { SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: key } = environment;
  if (url !== undefined && url !== '' && key !== undefined && key !== '') return environment;
  if (sandbox === undefined)
    throw new CommandFault('Which project? Set SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY.', null);
  return { ...environment, ...(await sandbox()) };
}

/** The signed-in application; a fault of any operation ends the command. */
class Session {
  readonly application: Application;
  readonly #platform: Platform;
  readonly #dispatch: ReturnType<typeof createDispatch>;

  constructor(application: Application, platform: Platform) {
    this.application = application;
    this.#platform = platform;
    this.#dispatch = createDispatch(application.handlers, { log: platform.log, newIncident: randomUUID });
  }

  async call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>> {
    const result = await this.#dispatch(name, input);
    if (!result.ok) throw new CommandFault(faultWords(result.error), result.error);
    // The dispatch has parsed the answer by this operation's own schema.
    return result.value as OperationOutput<Name>;
  }

  async signIn(environment: NodeJS.ProcessEnv): Promise<void> {
    const { presetServer, demo } = this.#platform;
    const email = environment['PARTNER_CONSOLE_EMAIL'] ?? demo?.email;
    const password = environment['PARTNER_CONSOLE_PASSWORD'] ?? demo?.password;
    if (presetServer === null || email === undefined || password === undefined) {
      throw new CommandFault('Who uploads? Set PARTNER_CONSOLE_EMAIL and PARTNER_CONSOLE_PASSWORD.', null);
    }
    const { url: serverUrl, publishableKey } = presetServer;
    await this.call('session.signIn', { serverUrl, publishableKey, email, password });
    // Balance and members of now, before anything is counted against them.
    await this.call('sync.now', {});
  }
}

/** One file on its way through the pipeline. */
class Run {
  readonly #command: TerminalUpload;
  readonly #options: UploadOptions;
  readonly #session: Session;
  /** Before the sign-in, which sets going what waited on this computer. */
  readonly #startedAt: string;

  constructor(command: TerminalUpload, options: UploadOptions, session: Session, startedAt: string) {
    this.#command = command;
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
      this.#command.progress?.(`${event.rows} rows read`);
    });
    try {
      await this.#session.call('uploads.importRows', { draftId, options: { encoding, separator, sheet }, mapping });
    } finally {
      unsubscribe();
      this.#command.progress?.('');
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
    this.#command.progress?.('');
    return this.#build(draftId, run, false);
  }

  async #settled(draftId: string): Promise<void> {
    const { application } = this.#session;
    let answered = -1;
    let lastProgress = Date.now();
    for (;;) {
      const changed = nextChange(application, this.#command.stop);
      const draft = await this.#session.call('uploads.read', { draftId });
      const now = draft.confirmed + draft.refused;
      if (now !== answered) lastProgress = Date.now();
      answered = now;
      this.#command.progress?.(`${now} of ${now + draft.waiting} sent · ${draft.refused} refused`);
      const isStuck = Date.now() - lastProgress > this.#options.patience;
      if (isFinished(draft) || draft.stage === 'paused' || isStuck || this.#command.stop?.aborted === true) return;
      await changed;
    }
  }

  async #build(draftId: string, run: UploadReport['run'], isDryRun: boolean): Promise<UploadReport> {
    const dryRun = isDryRun ? await this.#session.call('uploads.dryRun', { draftId }) : null;
    const draft: DraftDetail = await this.#session.call('uploads.read', { draftId });
    const { balance } = await this.#session.call('dashboard.read', {});
    const rows: UploadRow[] = [];
    for (let total = 1; rows.length < total;) {
      const page = await this.#session.call('uploads.rows', {
        draftId,
        show: 'all',
        offset: rows.length,
        limit: PAGE_ROWS,
      });
      rows.push(...page.rows);
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
