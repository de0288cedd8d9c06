import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { composeApplication } from '../compose.ts';
import { createDispatch } from '../ipc/dispatch.ts';
import { createNodePlatform } from '../platform/node.ts';
import { claimDataFolder, DataFolderBusyError, DataFolderUnusableError } from '../platform/data-folder.ts';
import { serveConsole } from './serve-console.ts';

/** Longest wait, in milliseconds, for an ordered shutdown. */
const SHUTDOWN_LIMIT = 10_000;

/**
 * The console in a browser, for computers without Electron or without a display: a process that prints
 * `PARTNER_CONSOLE_ADDRESS=…` and serves until SIGINT, SIGTERM, or the end of the process that started it.
 */
async function run(): Promise<void> {
  const project = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));
  const platform = createNodePlatform({
    kind: 'browser',
    version: project.version,
    importWorker: new URL('./import-worker.js', import.meta.url),
    inspectWorker: new URL('./inspect-worker.js', import.meta.url),
  });
  const release = await claimDataFolder(platform.dataFolder, 'browser');
  const application = await composeApplication(platform);
  const dispatch = createDispatch(application.handlers, { log: platform.log, newIncident: randomUUID });
  await application.start();
  const server = await serveConsole({
    rendererFolder: fileURLToPath(new URL('../renderer', import.meta.url)),
    dispatch,
    onEvent: (listener) => application.onEvent(listener),
    log: platform.log,
    port: Number(process.env['PARTNER_CONSOLE_PORT'] ?? 0),
  });
  platform.log('info', 'console_started', { host: 'browser', version: platform.version });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    const limit = setTimeout(() => process.exit(1), SHUTDOWN_LIMIT);
    void server
      .close()
      .then(() => application.close())
      .then(() => release())
      .finally(() => {
        clearTimeout(limit);
        platform.log('info', 'console_stopped');
        platform.closeLog();
        process.exit(0);
      });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  process.stdout.write(`PARTNER_CONSOLE_ADDRESS=${server.entryAddress}\n`);
}

run().catch((error: unknown) => {
  if (error instanceof DataFolderBusyError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(3);
  }
  if (error instanceof DataFolderUnusableError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  process.stderr.write(`The console cannot start: ${error instanceof Error ? error.message : 'unknown fault'}\n`);
  process.exit(1);
});
