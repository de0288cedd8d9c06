import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/drive/built-project.ts';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { expectWholeUpload } from '../pages/upload-journey.ts';
import { launchDesktop, type DesktopConsole } from './launch-desktop.ts';

let prepared: SandboxedConsole;
let desktop: DesktopConsole;

beforeEach(async () => {
  prepared = await prepareSandboxedConsole();
  desktop = await launchDesktop(prepared.environment);
});
afterEach(async () => {
  await desktop.close();
  await prepared.remove();
});

/** Tab after Tab, as a person does, until the focus is on what has this name. */
async function tabTo(page: Page, name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
    });
    if (name.test(focused.trim())) return;
    seen.push(focused.trim().slice(0, 40));
    await page.keyboard.press(key);
  }
  throw new Error(`${String(name)} is not reached by ${key}: ${seen.join(' | ')}`);
}

/** From issue to issue until the row is the one. */
async function goToError(page: Page, row: number): Promise<void> {
  for (let presses = 0; presses < 20; presses += 1) {
    const details = page.getByRole('region', { name: /^Row \d+$/ });
    const before = await details.getAttribute('aria-label');
    if (before === `Row ${row}`) return;
    await page.keyboard.press('F8');
    await page.waitForFunction(
      (label) => document.querySelector('section[aria-label^="Row "]')?.getAttribute('aria-label') !== label,
      before,
    );
  }
  throw new Error(`row ${row} is not reached with F8`);
}

describe('the keyboard alone', () => {
  it('takes a whole file from its folder to the receipts', async () => {
    const { page } = desktop;
    const { keyboard } = page;
    const { demo } = prepared.sandbox;
    // From now on no dialog of the system opens: asked for only with the key, it may come too late.
    const asked = page.waitForEvent('filechooser', { timeout: 120_000 });
    await page.locator('input[type="email"]:focus').waitFor();
    await keyboard.type(demo.email);
    await keyboard.press('Tab');
    await keyboard.type(demo.password);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Recent allocations' }).waitFor();

    await keyboard.press('ControlOrMeta+U');
    await page.locator('button:focus', { hasText: 'Choose a file' }).waitFor();
    await keyboard.press('Enter');
    const chooser = await asked;
    await chooser.setFiles(path.join(projectRoot, 'examples/members.csv'));

    await page.locator('section[aria-label="Step 1 of 5: File"]:focus').waitFor();
    await tabTo(page, /^Look at the columns$/);
    await keyboard.press('Enter');
    await page.locator('section[aria-label="Step 2 of 5: Columns"]:focus').waitFor();
    await tabTo(page, /^Continue$/);
    await keyboard.press('Enter');

    const grid = page.getByRole('grid', { name: 'Rows of members.csv' });
    await page.locator('[role="grid"]:focus').waitFor();
    await page.getByText('12 rows with errors').waitFor();
    await goToError(page, 17);
    await page.getByRole('region', { name: 'Row 17' }).waitFor();
    await keyboard.press('F2');
    await page.getByLabel('E-mail, row 17').waitFor();
    await keyboard.press('ControlOrMeta+A');
    await keyboard.type('malgorzata.peeters@nordlicht-werke.example');
    await keyboard.press('Enter');
    await page.getByText('11 rows with errors').waitFor();
    await goToError(page, 42);
    await keyboard.type('2');
    await page.getByLabel('Credits, row 42').waitFor();
    await keyboard.press('Enter');
    await page.getByText('10 rows with errors').waitFor();

    // A correction too much is taken back, and made again.
    await keyboard.press('ControlOrMeta+Z');
    await page.getByText('11 rows with errors').waitFor();
    await keyboard.press('ControlOrMeta+Shift+Z');
    await page.getByText('10 rows with errors').waitFor();
    await tabTo(page, /^Skip all remaining errors$/, 'Shift+Tab');
    await keyboard.press('Enter');
    await page.getByText('No errors left').first().waitFor();
    expect(await grid.count()).toBe(1);
    await tabTo(page, /^Review$/);
    await keyboard.press('Enter');

    await page.locator('section[aria-label="Step 4 of 5: Review"]:focus').waitFor();
    await page.getByRole('heading', { name: 'What this upload does' }).waitFor();
    await tabTo(page, /^Send 490 rows, /);
    const button = await page.locator('button:focus').textContent();
    await keyboard.press('Enter');
    await page.locator('section[aria-label="Step 5 of 5: Send"]:focus').waitFor();
    const credits = Number(/(\d+) credits$/.exec(button ?? '')?.[1]);
    await expectWholeUpload(new ConsolePage(page), prepared, { rows: 490, credits });
    expect(desktop.complaints).toEqual([]);
  });
});
