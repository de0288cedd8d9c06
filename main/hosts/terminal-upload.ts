import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { composeApplication } from '../compose.ts';
import { copyAccountsPaused } from '../copy-accounts.ts';
import { claimDataFolder, DataFolderBusyError, defaultDataFolder } from '../platform/data-folder.ts';
import { createNodePlatform } from '../platform/node.ts';
import { CommandFault, Session } from './terminal-session.ts';
import { readUploadOptions, uploadHelp, UsageFault, type UploadOptions } from './terminal-upload-options.ts';
import { formatJson, formatReport, type ExitCode, type UploadReport } from './terminal-upload-report.ts';
import { TerminalUploadRun, type Watcher } from './terminal-upload-run.ts';

/** What the command is given by whoever starts it. */
export interface TerminalUpload extends Watcher {
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly importWorker: URL;
  readonly output: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Provides a server where the environment names none; answers the environment completed by it. */
  readonly sandbox?: () => Promise<NodeJS.ProcessEnv>;
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
    for (const piece of options.json ? formatJson(report) : formatReport(report, options.all)) command.output(piece);
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
  // A dry run must not set anything going that waits in the permanent folder: it works on a copy.
  const permanent = permanentFolder(command.environment);
  const dataFolder = options.dryRun ? mkdtempSync(path.join(tmpdir(), 'partner-console-dry-run-')) : permanent;
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
    if (options.dryRun) await copyAccountsPaused(permanent, dataFolder);
    const release = await claimDataFolder(platform.dataFolder, 'terminal');
    const application = await composeApplication(platform);
    try {
      const startedAt = new Date(platform.clock.now()).toISOString();
      await application.start();
      const session = new Session(application, platform);
      await session.signIn(environment);
      return await new TerminalUploadRun(command, options, session, startedAt).report(size);
    } finally {
      await application.close();
      await release();
    }
  } finally {
    platform.closeLog();
    if (options.dryRun) rmSync(dataFolder, { recursive: true });
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
