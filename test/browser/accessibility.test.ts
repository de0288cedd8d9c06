import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import {
  launchChromium,
  openPage,
  startBrowserHost,
  type BrowserHost,
  type BrowserPage,
} from '../../scripts/drive/launch-browser.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { type ScreenName, walkScreens } from '../../scripts/drive/walk-screens.ts';
import { readServerFacts } from '../pages/server-facts.ts';

let prepared: SandboxedConsole;
let host: BrowserHost;
let browser: Browser;
let opened: BrowserPage;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  prepared = await prepareSandboxedConsole();
  host = await startBrowserHost(prepared.environment);
  opened = await openPage(browser, host.entryAddress, { reducedMotion: 'reduce', locale: 'en-GB' });
});
afterEach(async () => {
  await opened.context.close();
  await host.stop();
  await prepared.remove();
});

/** Serious and critical findings. Light and dark differ in nothing but colours, so dark is checked for these alone. */
async function seriousFaults(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
  const { violations } = await (colorScheme === 'dark' ? axe.withRules(['color-contrast']) : axe).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}

describe('every screen of the console', () => {
  it('has no serious accessibility fault, in light and dark', async () => {
    const { page } = opened;
    const visited: ScreenName[] = [];
    const faults: string[] = [];
    await walkScreens(new ConsolePage(page), prepared, async (name) => {
      visited.push(name);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
        faults.push(...(await seriousFaults(page, colorScheme)).map((fault) => `${name} ${colorScheme}: ${fault}`));
      }
    });
    expect(visited.toSorted()).toEqual(
      [
        'dashboard',
        'dashboard-empty',
        'dashboard-offline',
        'diagnostics',
        'member-history',
        'member-panel',
        'members',
        'settings',
        'sign-in',
        'sync',
        'sync-history',
      ]
        .concat(['members-selected', 'assign-many', 'member-revoke', 'member-extend', 'member-status'])
        .concat(['columns', 'file', 'fix', 'new', 'review', 'send'].map((step) => `upload-${step}`))
        .concat(['history', 'mode', 'refused', 'review-errors', 'undo'].map((scene) => `upload-${scene}`))
        .concat('uploads')
        .toSorted(),
    );
    expect(faults).toEqual([]);
    expect(opened.complaints).toEqual([]);
    // Some forty checks of whole screens: a busy computer takes its time for them.
  }, 600_000);
});

describe('the check itself', () => {
  it.each(['light', 'dark'] as const)('finds a planted fault (%s)', async (colorScheme) => {
    const { page } = opened;
    await page.emulateMedia({ colorScheme });
    await page.getByLabel('E-mail').waitFor();
    await page.getByRole('heading', { name: 'Sign in' }).evaluate((heading) => {
      heading.style.color = '#808080';
      heading.style.backgroundColor = '#888888';
    });
    expect((await seriousFaults(page, colorScheme)).join()).toContain('color-contrast');
  });
});

describe('the keyboard alone', () => {
  it('signs in, finds a member, assigns credits and reaches the sync centre', async () => {
    const { page } = opened;
    const { keyboard } = page;
    const { demo } = prepared.sandbox;
    await page.locator('input[type="email"]:focus').waitFor();
    await keyboard.type(demo.email);
    await keyboard.press('Tab');
    await keyboard.type(demo.password);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Recent allocations' }).waitFor();

    await keyboard.press('ControlOrMeta+2');
    await page.getByRole('row', { name: /Anna/ }).first().waitFor();
    await keyboard.press('/');
    await page.locator('input[type="search"]:focus').waitFor();
    await keyboard.type('chlo');
    await page.getByText('1 of 60 members').waitFor();
    await keyboard.press('ArrowDown');
    await page.locator('[role="grid"]:focus').waitFor();
    await keyboard.press('Enter');
    await page.locator('aside h2:focus', { hasText: 'Chloé' }).waitFor();
    await keyboard.press('a');
    await page.getByRole('form', { name: 'Assign credits' }).locator('input:focus').waitFor();
    await keyboard.type('3');
    await keyboard.press('Enter');
    await page.getByText('Confirmed: 3 credits for Chloé').waitFor();
    await page.getByTestId('sync-badge').getByText('Everything confirmed').waitFor();

    const badge = page.locator('[data-testid="sync-badge"]:focus');
    for (let presses = 0; presses < 40 && !(await badge.isVisible()); presses += 1) await keyboard.press('Shift+Tab');
    await keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Sync' }).waitFor();
    expect(await page.getByText(/nothing planned/).textContent()).toMatch(/^Everything confirmed at \d\d:\d\d/);
    expect((await readServerFacts(prepared.sandbox)).balance).toBe(997);
  });
});
