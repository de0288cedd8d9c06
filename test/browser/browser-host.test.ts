import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import {
  launchChromium,
  openPage,
  startBrowserHost,
  type BrowserHost,
  type BrowserPage,
} from '../../scripts/drive/launch-browser.ts';

let prepared: SandboxedConsole;
let host: BrowserHost;
let browser: Browser;
let first: BrowserPage;

beforeAll(async () => {
  prepared = await prepareSandboxedConsole();
  host = await startBrowserHost(prepared.environment);
  browser = await launchChromium();
  first = await openPage(browser, host.entryAddress);
});
afterAll(async () => {
  await browser.close();
  await host.stop();
  await prepared.remove();
});

describe('console in a browser', () => {
  it('opens from the printed address, takes the token out of it, and has no complaint of its policy', async () => {
    await first.page.getByLabel('E-mail').waitFor();
    expect(first.page.url()).toBe(`${host.origin}/`);
    expect(first.complaints).toEqual([]);
  });

  it('survives a reload', async () => {
    await first.page.reload();
    await first.page.getByLabel('E-mail').waitFor();
    expect(first.complaints).toEqual([]);
  });

  it('shows a second browser why it is refused', async () => {
    const second = await openPage(browser, host.entryAddress);
    expect(await second.page.getByRole('heading').textContent()).toBe('This console is open for another browser');
    await second.context.close();
  });

  it('cannot be reached by another page of the same browser', async () => {
    const foreign = await first.context.newPage();
    await foreign.goto('data:text/html,<title>foreign</title>');
    const outcome = await foreign.evaluate(async (origin) => {
      const socket = await new Promise<string>((resolve) => {
        const attempt = new WebSocket(`${origin.replace('http', 'ws')}/bridge`);
        attempt.addEventListener('open', () => resolve('open'));
        attempt.addEventListener('error', () => resolve('refused'));
      });
      const page = await fetch(origin, { credentials: 'include' }).then(
        () => 'read',
        () => 'refused',
      );
      return { socket, page };
    }, host.origin);
    expect(outcome).toEqual({ socket: 'refused', page: 'refused' });
    await foreign.close();
  });

  it('ends in order when it is told to', async () => {
    expect(await host.stop()).toBe(0);
  });
});
