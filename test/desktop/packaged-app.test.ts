import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { getCurrentFuseWire, FuseV1Options } from '@electron/fuses';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectPackage } from '../../scripts/package/inspect-package.ts';
import { projectRoot } from '../../scripts/drive/built-project.ts';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';

const release = path.join(projectRoot, 'release');
let appFolder: string;
let executable: string;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [path.join(projectRoot, 'scripts/package-dir.ts')]);
  const folder = readdirSync(release).find((name) => name.endsWith('unpacked'));
  if (folder === undefined) throw new Error('nothing was packaged');
  appFolder = path.join(release, folder);
  const names = ['partner-console', 'Partner Console.exe'].map((name) => path.join(appFolder, name));
  executable = names.find((file) => existsSync(file)) ?? '';
});

describe.runIf(process.platform !== 'darwin')('packaged app', () => {
  it('holds nothing but the built app', () => {
    const report = inspectPackage(appFolder, path.join(appFolder, 'resources/app.asar'));
    expect(report.problems).toEqual([]);
    expect(report.archiveSize).toBeLessThan(12e6);
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(executable);
    const state = (fuse: FuseV1Options): string => String.fromCodePoint(Number(wire[fuse]));
    expect(state(FuseV1Options.RunAsNode)).toBe('0');
    expect(state(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe('0');
    expect(state(FuseV1Options.EnableNodeCliInspectArguments)).toBe('0');
    expect(state(FuseV1Options.EnableCookieEncryption)).toBe('1');
    expect(state(FuseV1Options.OnlyLoadAppFromAsar)).toBe('1');
    expect(state(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe('1');
  });

  describe('started', () => {
    let prepared: SandboxedConsole;
    let app: ChildProcess;
    let browser: Browser;

    beforeAll(async () => {
      prepared = await prepareSandboxedConsole();
      const asRoot = process.platform === 'linux' && process.getuid?.() === 0;
      app = spawn(executable, ['--remote-debugging-port=0', ...(asRoot ? ['--no-sandbox'] : [])], {
        env: { ...process.env, ...prepared.environment },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      // Its fuses leave no way in through Node; Chromium's own debugging port is the page's side only.
      const address = await new Promise<string>((resolve, reject) => {
        app.once('exit', (code) => reject(new Error(`the packaged app ended early with ${code ?? 'a signal'}`)));
        if (app.stderr === null) throw new Error('the packaged app has no output');
        createInterface({ input: app.stderr }).on('line', (line) => {
          const found = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
          if (found !== undefined) resolve(found);
        });
      });
      browser = await chromium.connectOverCDP(address, { timeout: 100_000 });
    });
    afterAll(async () => {
      await browser.close();
      if (app.exitCode === null && app.signalCode === null) {
        const ended = once(app, 'exit');
        app.kill('SIGKILL');
        await ended;
      }
      await prepared.remove();
    });

    it('opens its window, loads its database, signs in, and reads a file in its worker', async () => {
      const context = browser.contexts()[0];
      const page = context?.pages()[0] ?? (await context?.waitForEvent('page'));
      if (page === undefined) throw new Error('no window');
      const screen = new ConsolePage(page);
      await screen.signIn(prepared.sandbox.demo);
      await expect.poll(() => screen.balance('confirmed'), { timeout: 30_000 }).toBe(1_000);
      expect(page.url()).toMatch(/^app:\/\/console\//);
      await screen.beginUpload(path.join(projectRoot, 'examples/members.csv'));
      await page.getByText(/^Errors 12$/).waitFor();
    });

    it('ends in order when it is told to', async () => {
      const ended = once(app, 'exit');
      app.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    });
  });
});
