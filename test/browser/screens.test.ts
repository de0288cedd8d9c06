import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
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
let opened: BrowserPage;
let screen: ConsolePage;

beforeAll(async () => {
  prepared = await prepareSandboxedConsole();
  host = await startBrowserHost(prepared.environment);
  browser = await launchChromium();
  opened = await openPage(browser, host.entryAddress);
  screen = new ConsolePage(opened.page);
});
afterAll(async () => {
  await browser.close();
  await host.stop();
  await prepared.remove();
});

/** What an accessibility check finds that is serious, as rule and first place. */
async function serious(): Promise<string[]> {
  await opened.page.waitForLoadState('networkidle');
  const { violations } = await new AxeBuilder({ page: opened.page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
}

describe('screens', () => {
  it.each(['light', 'dark'] as const)('sign-in has no serious accessibility fault (%s)', async (colorScheme) => {
    await opened.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await opened.page.getByLabel('E-mail').waitFor();
    expect(await serious()).toEqual([]);
  });

  it('opens every section after sign-in, without a complaint of its policy', async () => {
    await screen.signIn(prepared.sandbox.demo);
    for (const section of ['Dashboard', 'Members', 'Uploads', 'Sync', 'Settings'] as const) {
      await screen.open(section);
      expect(await opened.page.getByRole('heading', { level: 1 }).textContent()).not.toBe('');
    }
    await screen.open('Dashboard');
    await expect.poll(() => screen.balance('confirmed')).toBe(1_000);
    expect(opened.complaints).toEqual([]);
  });

  it('opens dialogs and panels without a complaint of its policy', async () => {
    await screen.open('Members');
    await opened.page.keyboard.press('?');
    await opened.page.getByRole('dialog').waitFor();
    expect(await serious()).toEqual([]);
    await opened.page.keyboard.press('Escape');
    await opened.page.getByRole('dialog').waitFor({ state: 'detached' });
    await opened.page.getByRole('row').nth(1).dblclick();
    await opened.page.keyboard.press('a');
    await opened.page.getByRole('textbox', { name: 'Credits' }).waitFor();
    expect(await serious()).toEqual([]);
    await opened.page.keyboard.press('Escape');
    expect(opened.complaints).toEqual([]);
  });

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it.each(['Dashboard', 'Members', 'Uploads', 'Sync', 'Settings'] as const)(
      '%s has no serious accessibility fault',
      async (section) => {
        await opened.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await screen.open(section);
        expect(await serious()).toEqual([]);
      },
    );
  });
});
