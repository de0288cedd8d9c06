import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { electronArguments, findElectron } from '../../scripts/start/find-electron.ts';
import { ensureBuilt, projectRoot } from '../../scripts/drive/built-project.ts';

export interface DesktopConsole {
  readonly electron: ElectronApplication;
  readonly page: Page;
  /** Errors the page threw or reported, refused resources included. */
  readonly complaints: string[];
  /** Closes in order, as closing the window does. */
  close(): Promise<void>;
  /** Ends the process as a power cut would. */
  kill(): Promise<void>;
}

/** Starts the checkout's app in the Electron of this computer and waits for its window. */
export async function launchDesktop(environment: Readonly<Record<string, string>>): Promise<DesktopConsole> {
  await ensureBuilt();
  const executablePath = findElectron(projectRoot, process.env, process.platform);
  if (executablePath === null) throw new Error('no Electron on this computer');
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const electron = await _electron.launch({
    executablePath,
    args: [
      ...electronArguments(projectRoot),
      ...(process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      projectRoot,
    ],
    env: { ...Object.fromEntries(inherited), ...environment },
    timeout: 60_000,
  });
  const page = await electron.firstWindow({ timeout: 60_000 });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.waitForLoadState('domcontentloaded');
  return {
    electron,
    page,
    complaints,
    close: () => electron.close(),
    kill: async () => {
      const child = electron.process();
      const ended = new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
      });
      child.kill('SIGKILL');
      await ended;
    },
  };
}
