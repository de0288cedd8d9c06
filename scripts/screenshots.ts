import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from './drive/built-project.ts';
import { ConsolePage } from './drive/console-page.ts';
import { launchChromium, openPage, startBrowserHost } from './drive/launch-browser.ts';
import { fillCache } from './drive/fill-cache.ts';
import { writeLargeUpload } from './drive/large-upload.ts';
import { prepareSandboxedConsole } from './drive/sandbox-console.ts';
import { startSlowGateway } from './drive/slow-gateway.ts';
import { spendCredits } from './drive/spend-credits.ts';
import { uploadFaultScreens } from './drive/upload-fault-screens.ts';
import { type ScreenName, walkScreens } from './drive/walk-screens.ts';

/**
 * `npm run screenshots`: starts the console on a fresh sandbox, in folders that are thrown away, and pictures each
 * screen in light and dark into docs/screenshots. Names of the screens may follow to picture only these. The pictures get
 * there when all of them are taken: a run that fails half-way leaves the set as it was, and the page where it failed.
 */
const folder = path.join(projectRoot, 'docs/screenshots');
const taken = mkdtempSync(path.join(tmpdir(), 'partner-console-pictures-'));
/** Nothing here is about speed: a busy computer takes the same pictures. Milliseconds. */
const patience = 180_000;
const wide = { width: 1_280, height: 860 };
const narrow = { width: 900, height: 860 };
const narrowToo: ReadonlySet<ScreenName> = new Set([
  'dashboard',
  'members',
  'upload-columns',
  'upload-fix',
  'upload-review',
  'upload-send',
  'upload-refused',
  'upload-history',
]);
const pageOptions = {
  viewport: wide,
  locale: 'en-GB',
  timezoneId: 'Europe/Berlin',
  reducedMotion: 'reduce',
  colorScheme: 'light',
} as const;
const wanted = process.argv.slice(2);
const faults = /^upload-(file-error|columns-error|repeated|reattach|undo-spent)$/;
const isWanted = (names: RegExp): boolean => wanted.length === 0 || wanted.some((name) => names.test(name));
/** Files that are uploaded. */
const sources = mkdtempSync(path.join(tmpdir(), 'partner-console-uploaded-'));

const prepared = await prepareSandboxedConsole();
let host = await startBrowserHost(prepared.environment);
const browser = await launchChromium();
let { page, complaints } = await openPage(browser, host.entryAddress, pageOptions);
page.setDefaultTimeout(patience);

/** Starts the console anew and signs in; what the page before complained of is kept. */
async function enter(environment: Readonly<Record<string, string>>): Promise<ConsolePage> {
  host = await startBrowserHost(environment, true);
  const earlier = complaints;
  ({ page, complaints } = await openPage(browser, host.entryAddress, pageOptions));
  complaints.unshift(...earlier);
  page.setDefaultTimeout(patience);
  const screen = new ConsolePage(page);
  await screen.signIn(prepared.sandbox.demo);
  return screen;
}

try {
  const picture = async (name: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // What follows a change of colours or width is drawn over the next moments.
      await page.waitForTimeout(250);
      const file = path.join(taken, `${name}-${colorScheme}.png`);
      await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
    }
    await page.emulateMedia({ colorScheme: 'light' });
    process.stdout.write(`${name}\n`);
  };
  await walkScreens(new ConsolePage(page), prepared, async (name) => {
    if (wanted.length > 0 && !wanted.includes(name)) return;
    await page.mouse.move(0, 0);
    await picture(name);
    if (!narrowToo.has(name)) return;
    await page.setViewportSize(narrow);
    await picture(`${name}-narrow`);
    await page.setViewportSize(wide);
  });
  if (isWanted(faults) || isWanted(/^upload-sending$|-100000$/)) {
    await host.stop();
    await prepared.sandbox.stop();
    await spendCredits(prepared, 9);
    await prepared.restartSandbox();
  }
  const visit = async (name: string): Promise<void> => {
    if (wanted.length > 0 && !wanted.includes(name)) return;
    await page.mouse.move(0, 0);
    await picture(name);
  };
  if (isWanted(faults)) {
    const screen = await enter(prepared.environment);
    await uploadFaultScreens(screen, sources, visit);
    await host.stop();
  }
  // In front of a server that takes its time.
  if (isWanted(/^upload-sending$/)) {
    const gateway = await startSlowGateway(prepared.sandbox.url, 1);
    const screen = await enter({ ...prepared.environment, SUPABASE_URL: gateway.url });
    await screen.beginUpload(writeLargeUpload(sources, 900));
    await screen.skipErrorsAndReview();
    await screen.send();
    await page
      .getByText(/^[1-9][\d,]* of [\d,]+ sent/)
      .first()
      .waitFor();
    await visit('upload-sending');
    gateway.close();
    await host.stop();
  }
  // The same account with as many members as a large partner has, at the end of the list.
  if (isWanted(/-100000$/)) {
    fillCache(prepared.dataFolder, prepared.sandbox.demo.email, 100_000);
    const screen = await enter(prepared.environment);
    await screen.open('Members');
    await page.getByText(/^100,\d{3} members/).waitFor();
    // By e-mail, because the last names are in scripts for which not every computer has letters.
    await page.getByRole('button', { name: 'E-mail' }).click();
    await page.getByRole('columnheader', { name: 'E-mail' }).and(page.locator('[aria-sort="ascending"]')).waitFor();
    const grid = page.getByRole('grid');
    await grid.focus();
    await page.keyboard.press('End');
    await page.locator(`[aria-rowindex="${await grid.getAttribute('aria-rowcount')}"]:not([aria-busy])`).waitFor();
    await visit('members-100000');
    // And an upload of as many rows, at the errors in the middle of the file.
    await screen.beginUpload(writeLargeUpload(sources, 100_000));
    await page.getByText(/^All 100,000$/).click();
    await page.getByRole('grid').focus();
    for (let presses = 0; presses < 150; presses += 1) await page.keyboard.press('PageDown');
    await page.keyboard.press('F8');
    await page.locator('[data-severity="error"]').first().waitFor();
    await visit('upload-fix-100000');
    await screen.skipErrorsAndReview();
    await page.getByRole('heading', { name: 'What this upload does' }).waitFor();
    await visit('upload-review-100000');
    await screen.send();
    await page
      .getByText(/^[1-9][\d,]* of [\d,]+ sent/)
      .first()
      .waitFor();
    await visit('upload-send-100000');
  }
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(taken)) copyFileSync(path.join(taken, file), path.join(folder, file));
  rmSync(taken, { recursive: true, force: true });
  if (complaints.length > 0) {
    process.stderr.write(`The page complained:\n${complaints.join('\n')}\n`);
    process.exitCode = 1;
  }
} catch (error) {
  await page.screenshot({ path: path.join(taken, 'failed.png') }).catch(() => undefined);
  process.stderr.write(
    `No picture was changed. What was on screen: ${path.join(taken, 'failed.png')}\n${complaints.join('\n')}\n`,
  );
  throw error;
} finally {
  await browser.close();
  await host.stop();
  await prepared.remove();
  rmSync(sources, { recursive: true, force: true });
}
