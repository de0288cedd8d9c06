import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { readServerFacts } from '../pages/server-facts.ts';
import { launchChromium, openPage, startBrowserHost, type BrowserHost } from '../../scripts/drive/launch-browser.ts';

let prepared: SandboxedConsole;
let host: BrowserHost;
let browser: Browser;
const files = mkdtempSync(path.join(tmpdir(), 'offline-journey-'));

beforeAll(async () => {
  prepared = await prepareSandboxedConsole();
  host = await startBrowserHost(prepared.environment);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await host.stop();
  await prepared.remove();
  rmSync(files, { recursive: true, force: true });
});

describe('without a server', () => {
  it('shows the last known data with its age, queues work as planned, and confirms it without a click', async () => {
    const { page } = await openPage(browser, host.entryAddress);
    const screen = new ConsolePage(page);
    const badge = page.getByTestId('sync-badge');
    await screen.signIn(prepared.sandbox.demo);
    await expect.poll(() => screen.balance('confirmed')).toBe(1_000);

    await prepared.sandbox.stop();
    await page.keyboard.press('Control+Shift+S');
    await page
      .getByText(/Offline, data from \d\d:\d\d/)
      .first()
      .waitFor();
    await page.reload();
    await page.getByTestId('sync-badge').waitFor();
    await expect.poll(() => screen.balance('confirmed')).toBe(1_000);
    await screen.open('Members');
    expect(await page.getByRole('grid', { name: 'Members' }).getAttribute('aria-rowcount')).toBe('61');

    await page.getByRole('grid', { name: 'Members' }).getByRole('row').nth(1).click();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary').waitFor();
    await page.keyboard.press('a');
    await page.getByRole('textbox', { name: 'Credits' }).fill('7');
    await page.getByRole('button', { name: 'Assign 7 credits' }).click();
    await page
      .getByText(/Planned: 7 credits/)
      .first()
      .waitFor();

    const file = path.join(files, 'newcomers.csv');
    writeFileSync(file, 'First name,Email,Credits\nÅsa,asa.lind@example.org,3\nBjörn,bjorn.holm@example.org,4\n');
    await screen.beginUpload(file);
    await page.getByRole('button', { name: 'Review', exact: true }).click();
    expect(await screen.send()).toEqual({ rows: 2, credits: 7 });
    await screen.open('Dashboard');
    await expect.poll(() => screen.balance('planned')).toBe(14);
    expect(await screen.balance('confirmed')).toBe(1_000);
    expect(await screen.balance('left')).toBe(986);
    expect(await badge.textContent()).toMatch(/Offline.*2 planned/);

    await prepared.restartSandbox();
    await expect.poll(() => screen.balance('confirmed'), { timeout: 60_000 }).toBe(986);
    await expect.poll(() => screen.balance('planned')).toBe(0);
    await expect.poll(() => badge.textContent()).toMatch(/Everything confirmed/);
    const facts = await readServerFacts(prepared.sandbox);
    expect(facts.balance).toBe(986);
    expect(facts.uploaded).toHaveLength(2);
    expect(facts.members).toBe(62);
  });
});
