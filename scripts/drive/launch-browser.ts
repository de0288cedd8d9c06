import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { locateChromium } from '../suites/locate-chromium.ts';
import { ensureBuilt, projectRoot } from './built-project.ts';

export interface BrowserHost {
  /** Works once. */
  readonly entryAddress: string;
  readonly origin: string;
  /** Ends it in order, as Ctrl+C does; answers its exit code. */
  stop(): Promise<number | null>;
  /** Ends the process as a power cut would. */
  kill(): Promise<void>;
}

/**
 * Runs the built browser host as `npm start` does. `asBuilt` takes dist as it stands: whoever starts a second host in one
 * run wants the one from before, also when somebody has changed the sources meanwhile.
 */
export async function startBrowserHost(
  environment: Readonly<Record<string, string>>,
  asBuilt = false,
): Promise<BrowserHost> {
  if (!asBuilt) await ensureBuilt();
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist/main/browser-host.js')], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const entryAddress = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the browser host ended early with ${code ?? 'a signal'}`)));
    if (child.stdout === null) throw new Error('the browser host has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /^PARTNER_CONSOLE_ADDRESS=(.*)$/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    entryAddress,
    origin: new URL(entryAddress).origin,
    stop: () => end('SIGINT'),
    kill: async () => void (await end('SIGKILL')),
  };
}

export interface BrowserPage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors the page threw or reported, refused resources included. */
  readonly complaints: string[];
}

/** Starts the Chromium of this computer. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = await locateChromium();
  if (executablePath === null) throw new Error('no Chromium on this computer; set CHROMIUM_PATH');
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

/** Opens an address in a browser profile of its own. */
export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<BrowserPage> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 820 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(address);
  return { context, page, complaints };
}
