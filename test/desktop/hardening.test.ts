import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../scripts/drive/built-project.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { checkResult } from '../../shared/contract/diagnostics.ts';
import { launchDesktop, type DesktopConsole } from './launch-desktop.ts';

let prepared: SandboxedConsole;
let desktop: DesktopConsole;

beforeAll(async () => {
  prepared = await prepareSandboxedConsole();
  desktop = await launchDesktop(prepared.environment);
  await desktop.page.getByLabel('E-mail').waitFor();
});
afterAll(async () => {
  await desktop.close();
  await prepared.remove();
});

describe('desktop window', () => {
  it('shows the page of our own origin without a complaint of its policy', async () => {
    expect(desktop.page.url()).toMatch(/^app:\/\/console\//);
    expect(desktop.complaints).toEqual([]);
  });

  it('gives the page the bridge and nothing of Node or Electron', async () => {
    const seen = await desktop.page.evaluate(() => {
      const page: Record<string, unknown> = { ...globalThis };
      const names = ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron', '__dirname', 'global'];
      return {
        present: names.filter((name) => name in globalThis || name in page),
        bridge: Object.keys((globalThis as { bridge?: object }).bridge ?? {}).toSorted(),
      };
    });
    expect(seen).toEqual({ present: [], bridge: ['call', 'onEvent'] });
  });

  it('looks at the way to the server with Chromium’s own network, before anybody has signed in', async () => {
    const report = await desktop.page.evaluate(async () => {
      const { bridge } = globalThis as { bridge?: { call(name: string, input: unknown): Promise<unknown> } };
      return bridge?.call('diagnostics.run', {});
    });
    const { value } = z.object({ value: z.object({ results: z.array(checkResult) }) }).parse(report);
    const found = Object.fromEntries(
      value.results.map(({ check, verdict, found: text }) => [check, `${verdict}: ${text}`]),
    );
    expect(found).toMatchObject({
      proxy: expect.stringMatching(/^pass: No proxy/),
      connection: expect.stringMatching(/^pass/),
      sign_in_server: expect.stringMatching(/^pass/),
      data_server: expect.stringMatching(/^pass/),
      clock: expect.stringMatching(/^pass/),
      versions: expect.stringMatching(/\(electron\) · Electron \d/),
    });
  });

  it('has every switch of its web preferences in the safe position', async () => {
    const preferences = await desktop.electron.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as
        | { getLastWebPreferences?(): Record<string, unknown> }
        | undefined;
      return contents?.getLastWebPreferences?.() ?? {};
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
    });
    const dangerous = ['nodeIntegrationInWorker', 'nodeIntegrationInSubFrames', 'webviewTag', 'experimentalFeatures'];
    // Some are left out of the answer where they are off.
    expect([...dangerous, 'allowRunningInsecureContent'].filter((name) => preferences[name] === true)).toEqual([]);
  });

  it('serves the page with a policy without unsafe parts', async () => {
    const policy = await desktop.page.evaluate(async () =>
      (await fetch('app://console/')).headers.get('content-security-policy'),
    );
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  it('refuses inline scripts, eval and foreign connections', async () => {
    const { page } = desktop;
    const outcome = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      document.body.append(script);
      // In a task of the page's own: what the test driver itself runs is exempt from the policy.
      const evaluated = await new Promise<string>((resolve) => {
        setTimeout(() => {
          try {
            // oxlint-disable-next-line no-eval -- the refusal of eval is what is tested
            (0, eval)('1');
            resolve('yes');
          } catch (error) {
            resolve(error instanceof EvalError ? 'refused' : 'other');
          }
        });
      });
      const connected = await fetch('http://127.0.0.1:1/').then(
        () => 'yes',
        (error: unknown) => (error instanceof TypeError ? 'refused' : 'other'),
      );
      return { inline: 'inlineRan' in window, evaluated, connected };
    });
    expect(outcome).toEqual({ inline: false, evaluated: 'refused', connected: 'refused' });
  });

  it('serves no file outside the built page', async () => {
    const statuses = await desktop.page.evaluate(async () => {
      const paths = ['/..%2f..%2fpackage.json', '/../../package.json', '/%2e%2e/main/main.js', '/package.json'];
      return Promise.all(paths.map(async (target) => (await fetch(`app://console${target}`)).status));
    });
    expect(statuses).toEqual([404, 404, 404, 404]);
  });

  it('cannot be navigated away, neither by script nor by a link', async () => {
    const { page } = desktop;
    const before = page.url();
    for (const address of ['https://example.com/', 'file:///etc/passwd', 'data:text/html,x', 'app://other/']) {
      await page.evaluate((target) => {
        const link = document.createElement('a');
        link.href = target;
        document.body.append(link);
        link.click();
        link.remove();
      }, address);
    }
    await page.evaluate(() => {
      location.href = 'https://example.com/';
    });
    // A round trip through the page: a navigation that was let through would have replaced it.
    expect(await page.evaluate(() => document.getElementById('root') !== null)).toBe(true);
    expect(page.url()).toBe(before);
  });

  it('cannot open windows or embed pages', async () => {
    const opened = await desktop.page.evaluate(() => window.open('https://example.com/') !== null);
    expect(opened).toBe(false);
    await desktop.page.evaluate(() => {
      const view = document.createElement('webview');
      view.setAttribute('src', 'https://example.com/');
      document.body.append(view);
    });
    const count = await desktop.electron.evaluate(({ webContents }) => webContents.getAllWebContents().length);
    expect(count).toBe(1);
  });

  it('is granted no permission', async () => {
    const answers = await desktop.page.evaluate(async () => {
      const query = async (name: string): Promise<string> =>
        (await navigator.permissions.query({ name: name as PermissionName })).state;
      const media = await navigator.mediaDevices.getUserMedia({ audio: true }).then(
        () => 'granted',
        () => 'refused',
      );
      const place = await new Promise<string>((resolve) => {
        navigator.geolocation.getCurrentPosition(
          () => resolve('granted'),
          () => resolve('refused'),
        );
      });
      const notice = await Notification.requestPermission();
      return { media, place, notice, camera: await query('camera'), geolocation: await query('geolocation') };
    });
    expect(answers).toEqual({
      media: 'refused',
      place: 'refused',
      notice: 'denied',
      camera: 'denied',
      geolocation: 'denied',
    });
  });

  it('answers only operations of the contract', async () => {
    const results = await desktop.page.evaluate(async () => {
      const { bridge } = globalThis as { bridge?: { call(name: string, input: unknown): Promise<unknown> } };
      return [await bridge?.call('session.steal', {}), await bridge?.call('session.state', { odd: 1 })];
    });
    expect(results).toMatchObject([
      { ok: false, error: { code: 'not_found', what: 'operation' } },
      { ok: false, error: { code: 'invalid_input' } },
    ]);
  });

  it('refuses calls of any other window, though it has the same preload', async () => {
    const preloadFile = path.join(projectRoot, 'dist/preload/preload.cjs');
    const result = await desktop.electron.evaluate(async ({ BrowserWindow }, preload) => {
      const other = new BrowserWindow({ show: false, webPreferences: { sandbox: true, preload } });
      await other.loadURL('app://console/');
      const answer: unknown = await other.webContents.executeJavaScript("window.bridge.call('session.state', {})");
      other.destroy();
      return answer;
    }, preloadFile);
    expect(result).toEqual({ ok: false, error: { code: 'forbidden', reason: 'sender' } });
  });

  it('keeps its data readable by this user alone', () => {
    expect(statSync(prepared.dataFolder).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(prepared.dataFolder, 'console.log')).mode & 0o777).toBe(0o600);
  });
});
