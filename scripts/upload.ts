import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { runTerminalUpload } from '../main/hosts/terminal-upload.ts';
import { SandboxBusyError, startSandbox, type Sandbox } from './sandbox/start-sandbox.ts';

/** `npm run upload -- FILE`: the terminal command, against the project of the environment or the sandbox. */
const root = path.resolve(import.meta.dirname, '..');
const project = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')));
const chosen = process.env['PARTNER_CONSOLE_DATA'];
const dataFolder = chosen ?? path.join(root, '.cache', 'demo');
const note = (text: string): void => void process.stderr.write(`${text}\n`);

const started: Sandbox[] = [];
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

async function demoServer(): Promise<NodeJS.ProcessEnv> {
  const sandbox = await startSandbox({ dataFolder: path.join(dataFolder, 'sandbox'), onNotice: note });
  started.push(sandbox);
  return {
    SUPABASE_URL: sandbox.url,
    SUPABASE_PUBLISHABLE_KEY: sandbox.publishableKey,
    PARTNER_CONSOLE_DEMO_EMAIL: sandbox.demo.email,
    PARTNER_CONSOLE_DEMO_PASSWORD: sandbox.demo.password,
  };
}

const isDemo = !process.env['SUPABASE_URL'] || !process.env['SUPABASE_PUBLISHABLE_KEY'];
try {
  process.exitCode = await runTerminalUpload({
    arguments: process.argv.slice(2),
    environment: isDemo ? { ...process.env, PARTNER_CONSOLE_DATA: dataFolder } : process.env,
    version: project.version,
    importWorker: new URL('../main/uploads/import-worker.ts', import.meta.url),
    output: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
    ...(process.stderr.isTTY ? { progress: (text: string) => void process.stderr.write(`\r\u001B[K${text}`) } : {}),
    stop: stop.signal,
    sandbox: demoServer,
  });
} catch (error) {
  if (!(error instanceof SandboxBusyError)) throw error;
  note(error.message);
  process.exitCode = 2;
} finally {
  for (const sandbox of started) await sandbox.stop();
}
