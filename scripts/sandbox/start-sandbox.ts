import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { memorySavingFlags } from './baked-file.ts';
import { demoSignIn } from './demo.ts';
import { sandboxMessage, type SandboxMessage, type StartMessage } from './sandbox-messages.ts';

export interface SandboxOptions {
  /** Holds the database between starts. One sandbox a folder. */
  readonly dataFolder: string;
  /** Throws the data away and begins with the demo data. */
  readonly fresh?: boolean;
  /** Told in plain words about anything that takes long or loses data. */
  readonly onNotice?: (notice: string) => void;
}

export interface Sandbox {
  readonly url: string;
  readonly publishableKey: string;
  readonly demo: { readonly email: string; readonly password: string };
  /** True when another start already runs this folder's sandbox; `stop` then leaves it running. */
  readonly shared: boolean;
  stop(): Promise<void>;
}

/** The sandbox of this folder is held by another start that is not ready yet, or is to be emptied while it runs. */
export class SandboxBusyError extends Error {
  override readonly name = 'SandboxBusyError';
}

type FinalMessage = Exclude<SandboxMessage, { kind: 'notice' }>;

async function finalMessage(child: ChildProcess, onNotice: (notice: string) => void): Promise<FinalMessage> {
  return new Promise((resolve, reject) => {
    child.on('message', (content) => {
      const message = sandboxMessage.parse(content);
      if (message.kind === 'notice') onNotice(message.text);
      else resolve(message);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`The sandbox ended early (${signal ?? code ?? 'unknown'})`)));
  });
}

/**
 * Starts the local Supabase with demo data in a child process on loopback. The child ends when `stop` is called or this
 * process ends in whatever way. What it prints is thrown away: failed statements carry personal data.
 *
 * @throws SandboxBusyError when another start holds the folder and is not ready, or `fresh` is asked for.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const child = fork(path.join(import.meta.dirname, 'sandbox-process.ts'), [], {
    execArgv: [...memorySavingFlags],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const fresh = options.fresh ?? false;
  child.send({ dataFolder: path.resolve(options.dataFolder), fresh } satisfies StartMessage);
  const answer = await finalMessage(child, options.onNotice ?? (() => undefined));
  if (answer.kind === 'ready') {
    return {
      url: answer.url,
      publishableKey: answer.publishableKey,
      demo: demoSignIn,
      shared: false,
      stop: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        if (child.connected) child.disconnect();
        const impatient = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await ended;
        clearTimeout(impatient);
      },
    };
  }
  if (answer.kind === 'failed') throw new Error(`The sandbox cannot start: ${answer.error}`);
  const running = answer.ready === '' || fresh ? null : sandboxMessage.parse(JSON.parse(answer.ready));
  if (running?.kind === 'ready') {
    return {
      url: running.url,
      publishableKey: running.publishableKey,
      demo: demoSignIn,
      shared: true,
      stop: () => Promise.resolve(),
    };
  }
  throw new SandboxBusyError('Another start is using the sandbox of this folder; stop it first or wait a moment.');
}
