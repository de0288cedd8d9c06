import path from 'node:path';
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
import { spendCredits } from '../../scripts/drive/spend-credits.ts';
import { type UploadFaultScreenName, uploadFaultScreens } from '../../scripts/drive/upload-fault-screens.ts';
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
  opened = await openConsolePage();
});
afterEach(async () => {
  await opened.context.close();
  await host.stop();
  await prepared.remove();
});

const openConsolePage = (): Promise<BrowserPage> =>
  openPage(browser, host.entryAddress, { reducedMotion: 'reduce', locale: 'en-GB' });

/** How people may have set their system. High contrast is the system's own colours in place of ours; more contrast is ours, but louder. */
const looks = {
  light: { colorScheme: 'light', contrast: 'no-preference', forcedColors: 'none' },
  dark: { colorScheme: 'dark', contrast: 'no-preference', forcedColors: 'none' },
  'more contrast': { colorScheme: 'light', contrast: 'more', forcedColors: 'none' },
  'more contrast, dark': { colorScheme: 'dark', contrast: 'more', forcedColors: 'none' },
  'high contrast': { colorScheme: 'dark', contrast: 'more', forcedColors: 'active' },
} as const;
type Look = keyof typeof looks;
const everyLook: readonly Look[] = ['light', 'dark', 'more contrast', 'more contrast, dark', 'high contrast'];

/** Once what has changed has its colours and rings: even the shortest transition takes a frame. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}

async function take(page: Page, look: Look): Promise<void> {
  await page.emulateMedia(looks[look]);
  await page.locator(`html[data-mantine-color-scheme="${looks[look].colorScheme}"]`).waitFor();
  await drawn(page);
}

/** Serious and critical findings. The looks differ in nothing but colours, so all but the first are checked for these alone. */
async function seriousFaults(page: Page, look: Look): Promise<string[]> {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
  const { violations } = await (look === 'light' ? axe : axe.withRules(['color-contrast'])).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`)
    .concat(look === 'high contrast' ? await hiddenChoices(page) : []);
}

/** The element that has the keyboard, where no ring shows so. */
async function focusUnseen(page: Page): Promise<string[]> {
  await drawn(page);
  return page.evaluate(() => {
    const focused = document.activeElement;
    if (focused === null || focused === document.body) return [];
    // The choices of a row of radios are hidden; their labels stand for them.
    const shown = focused.matches('.mantine-SegmentedControl-input') ? focused.nextElementSibling : focused;
    if (shown === null) return [];
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 ? [] : [focused.outerHTML.slice(0, 160)];
  });
}

/** What is chosen, and what it stands among. */
const choices: readonly (readonly [string, string])[] = [
  ['nav [aria-current="page"]', 'nav a:not([aria-current])'],
  ['[aria-current="step"] > :first-child', 'nav li > :not([aria-current]) > :first-child'],
  ['[aria-pressed="true"]', '[aria-pressed="false"]'],
  ['[role="tab"][aria-selected="true"]', '[role="tab"][aria-selected="false"]'],
  ['[role="row"][aria-selected="true"]', '[role="row"][aria-selected="false"]'],
  ['.mantine-SegmentedControl-label[data-active]', '.mantine-SegmentedControl-label:not([data-active])'],
];

/** Chosen things that look like what was not chosen. */
async function hiddenChoices(page: Page): Promise<string[]> {
  await drawn(page);
  return page.evaluate((pairs) => {
    const lookOf = (element: Element): string => {
      const { backgroundColor, outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
      return `${backgroundColor} ${outlineStyle === 'none' ? '' : `${outlineWidth} ${outlineColor}`}`;
    };
    return pairs.flatMap(([chosen, others]) => {
      const unchosen = new Set([...document.querySelectorAll(others)].map(lookOf));
      return [...document.querySelectorAll(chosen)]
        .filter((element) => unchosen.has(lookOf(element)))
        .map((element) => `looks like one that is not chosen: ${element.outerHTML.slice(0, 120)}`);
    });
  }, choices);
}

describe('every screen of the console', () => {
  it('has no serious accessibility fault, in light, dark and high contrast', async () => {
    const visited: (ScreenName | UploadFaultScreenName)[] = [];
    const faults: string[] = [];
    const look = async (name: ScreenName | UploadFaultScreenName): Promise<void> => {
      const { page } = opened;
      visited.push(name);
      for (const each of everyLook) {
        await take(page, each);
        faults.push(...(await seriousFaults(page, each)).map((fault) => `${name} ${each}: ${fault}`));
      }
      await take(page, 'light');
    };
    await walkScreens(new ConsolePage(opened.page), prepared, look);
    expect(opened.complaints).toEqual([]);

    await host.stop();
    await spendCredits(prepared, 9);
    await prepared.restartSandbox();
    host = await startBrowserHost(prepared.environment, true);
    await opened.context.close();
    opened = await openConsolePage();
    const screen = new ConsolePage(opened.page);
    await screen.signIn(prepared.sandbox.demo);
    await uploadFaultScreens(screen, path.dirname(prepared.dataFolder), look);
    expect(opened.complaints).toEqual([]);
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
        'sign-out',
        'sync',
        'sync-discard',
        'sync-edit',
        'sync-history',
      ]
        .concat(['members-selected', 'assign-many', 'member-revoke', 'member-extend', 'member-status'])
        .concat(['columns', 'file', 'fix', 'new', 'review', 'send'].map((step) => `upload-${step}`))
        .concat(
          ['fill', 'history', 'mode', 'paste', 'refused', 'review-errors', 'undo'].map((scene) => `upload-${scene}`),
        )
        .concat(['columns-error', 'file-error', 'reattach', 'repeated', 'undo-spent'].map((scene) => `upload-${scene}`))
        .concat('uploads')
        .toSorted(),
    );
    expect(faults).toEqual([]);
    // Some two hundred checks of whole screens: a busy computer takes its time for them.
  }, 1_200_000);
});

describe('the check itself', () => {
  it.each(everyLook)('finds a planted fault (%s)', async (look) => {
    const { page } = opened;
    await take(page, look);
    await page.getByLabel('E-mail').waitFor();
    await page.getByRole('heading', { name: 'Sign in' }).evaluate((heading) => {
      heading.style.forcedColorAdjust = 'none';
      heading.style.color = '#808080';
      heading.style.backgroundColor = '#888888';
    });
    expect((await seriousFaults(page, look)).join()).toContain('color-contrast');
  });

  it('finds a choice that high contrast hides', async () => {
    const { page } = opened;
    await take(page, 'high contrast');
    await new ConsolePage(page).signIn(prepared.sandbox.demo);
    await page.getByRole('heading', { name: 'Recent allocations' }).waitFor();
    expect(await hiddenChoices(page)).toEqual([]);
    await page.locator('nav [aria-current="page"]').evaluate((link) => {
      link.style.forcedColorAdjust = 'auto';
      link.style.background = 'none';
    });
    expect((await hiddenChoices(page)).join()).toContain('aria-current="page"');
  });
});

describe('the keyboard alone', () => {
  it.each(['more contrast', 'high contrast'] as const)('always shows where it is (%s)', async (look) => {
    const { page } = opened;
    await take(page, look);
    const unseen: string[] = [];
    const walk = async (presses: number): Promise<void> => {
      for (let press = 0; press < presses; press += 1) {
        await page.keyboard.press('Tab');
        unseen.push(...(await focusUnseen(page)));
      }
    };
    await page.locator('input[type="email"]:focus').waitFor();
    await walk(6);
    const screen = new ConsolePage(page);
    await screen.signIn(prepared.sandbox.demo);
    await page.getByRole('heading', { name: 'Recent allocations' }).waitFor();
    await walk(20);
    for (const section of ['Members', 'Uploads', 'Sync', 'Settings'] as const) {
      await screen.open(section);
      await walk(20);
    }
    expect(unseen).toEqual([]);
  });

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
