import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ChosenHost } from './choose-host.ts';
import { electronArguments } from './find-electron.ts';

export interface RunOptions {
  readonly host: ChosenHost;
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** Lines that Chromium prints on a healthy start on Linux; they would only worry whoever starts the console. */
const chromiumNoise = /^\[\d+:\d+\/\d+\.\d+:(?:ERROR|WARNING|INFO):/;

/**
 * Runs the console until it ends and answers its exit code. Ctrl+C and SIGTERM are passed on once, so that it closes in
 * order; a second Ctrl+C ends it at once.
 */
export async function runHost({ host, root, environment, say }: RunOptions): Promise<number> {
  const [command, arguments_] =
    host.kind === 'electron'
      ? [host.executable, [...electronArguments(root), ...host.arguments, root]]
      : [process.execPath, [path.join(root, 'dist/main/browser-host.js')]];
  const child = spawn(command, arguments_, {
    env: environment,
    // A group of its own: Ctrl+C in the terminal reaches this process, which passes it on.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe', ...(host.kind === 'browser' ? ['ipc' as const] : [])],
  });
  let signals = 0;
  const passOn = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (signals === 1) say('Closing …');
    child.kill(signals === 1 ? signal : 'SIGKILL');
  };
  process.on('SIGINT', passOn);
  process.on('SIGTERM', passOn);
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /^PARTNER_CONSOLE_ADDRESS=(.*)$/.exec(line)?.[1];
      if (address === undefined) say(line);
      else say(`Open this address in your browser (it works once): ${address}\nCtrl+C stops the console.`);
    });
  }
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!chromiumNoise.test(line)) process.stderr.write(`${line}\n`);
    });
  }
  if (host.kind === 'electron') say('The console’s window is opening. Closing it, or Ctrl+C here, stops everything.');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 0)));
  });
}
