import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { expectWholeUpload, prepareExample } from '../pages/upload-journey.ts';
import { launchChromium, openPage, startBrowserHost, type BrowserHost } from '../../scripts/drive/launch-browser.ts';

let prepared: SandboxedConsole;
let host: BrowserHost;
let browser: Browser;

beforeAll(async () => {
  prepared = await prepareSandboxedConsole();
  host = await startBrowserHost(prepared.environment);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await host.stop();
  await prepared.remove();
});

describe('upload in a browser', () => {
  it('ends every valid row with a receipt', async () => {
    const { page, complaints } = await openPage(browser, host.entryAddress);
    const screen = new ConsolePage(page);
    await screen.signIn(prepared.sandbox.demo);
    await prepareExample(screen);
    const sent = await screen.send();
    await expectWholeUpload(screen, prepared, sent);
    expect(complaints).toEqual([]);
  });
});
