import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { findElectron, hasDisplay } from './find-electron.ts';

export type ChosenHost =
  | {
      readonly kind: 'electron';
      readonly executable: string;
      readonly arguments: readonly string[];
      readonly note: string | null;
    }
  | { readonly kind: 'browser'; readonly note: string | null };

export interface HostQuestion {
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly system: NodeJS.Platform;
  /** The user's number; null on Windows. */
  readonly userId: number | null;
  /** Set by `npm start -- --browser`. */
  readonly wantsBrowser: boolean;
  /** Tries to fetch Electron's binary, for at most a short time; answers whether it may be there now. */
  readonly fetchElectron: () => Promise<void>;
}

const browserInstead = 'the console opens in your browser instead.';

/**
 * Electron where its binary and a display are, else the browser. Never fails: each reason for the browser is one line.
 */
export async function chooseHost(question: HostQuestion): Promise<ChosenHost> {
  const { root, environment, system, userId } = question;
  if (question.wantsBrowser) return { kind: 'browser', note: null };
  if (!hasDisplay(environment, system)) {
    return { kind: 'browser', note: `No display is there for a window: ${browserInstead}` };
  }
  if (findElectron(root, environment, system) === null) await question.fetchElectron();
  const executable = findElectron(root, environment, system);
  if (executable === null) {
    return { kind: 'browser', note: `Electron is not installed and cannot be fetched here: ${browserInstead}` };
  }
  // Chromium's sandbox refuses to start as root on Linux.
  const asRoot = system === 'linux' && userId === 0;
  return {
    kind: 'electron',
    executable,
    arguments: asRoot ? ['--no-sandbox'] : [],
    note: asRoot
      ? 'Running as root: Chromium’s sandbox is off (--no-sandbox). Start as another user to have it.'
      : null,
  };
}

/** Runs the installer of the electron package for at most `limit` milliseconds; what it prints is not shown. */
export async function fetchElectron(root: string, limit: number): Promise<void> {
  const installer = path.join(root, 'node_modules', 'electron', 'install.js');
  if (!existsSync(installer)) return;
  await new Promise<void>((resolve) => {
    // Success shows in the file that chooseHost looks for; a failure is one of its reasons for the browser.
    execFile(process.execPath, [installer], { timeout: limit, killSignal: 'SIGKILL' }, () => resolve());
  });
}
