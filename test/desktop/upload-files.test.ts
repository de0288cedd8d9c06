import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/drive/built-project.ts';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { readServerFacts } from '../pages/server-facts.ts';
import { setStatusElsewhere } from '../pages/set-status-elsewhere.ts';
import { launchDesktop, type DesktopConsole } from './launch-desktop.ts';

let prepared: SandboxedConsole;
let desktop: DesktopConsole;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'partner-console-downloads-'));
  prepared = await prepareSandboxedConsole();
  desktop = await launchDesktop(prepared.environment);
  // Where a person would choose a place in the dialog of the system.
  await desktop.electron.evaluate(({ BrowserWindow }, target) => {
    const { session } = BrowserWindow.getAllWindows()[0]?.webContents ?? {};
    session?.on('will-download', (_event, item) => item.setSavePath(`${target}/${item.getFilename()}`));
  }, folder);
});
afterEach(async () => {
  await desktop.close();
  await prepared.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Does what makes a file, and answers the path of it once it is whole. */
async function downloaded(act: () => Promise<void>): Promise<string> {
  const done = desktop.electron.evaluate(
    ({ BrowserWindow }) =>
      new Promise<string>((resolve) => {
        BrowserWindow.getAllWindows()[0]?.webContents.session.once('will-download', (_event, item) => {
          item.once('done', (_done, state) => resolve(`${state} ${item.getFilename()}`));
        });
      }),
  );
  await act();
  const [state = '', ...name] = (await done).split(' ');
  expect(state).toBe('completed');
  return path.join(folder, name.join(' '));
}

describe('files on the desktop', () => {
  it.each(['Excel template', 'CSV template'])('reads its own %s without a question', async (template) => {
    const { page } = desktop;
    const screen = new ConsolePage(page);
    await screen.signIn(prepared.sandbox.demo);
    await screen.openUploads();
    await page.getByRole('button', { name: 'New upload' }).first().click();
    const file = await downloaded(() => page.getByRole('button', { name: template }).click());
    await page.getByTestId('upload-file').setInputFiles(file);
    await page.getByRole('button', { name: 'Look at the columns' }).waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('No errors left').first().waitFor();
    await page.getByRole('button', { name: 'Review', exact: true }).click();
    await page.getByRole('button', { name: /^Send \d+ rows?, / }).waitFor();
    expect(desktop.complaints).toEqual([]);
  });

  // With fewer columns than today's, and other names: files that people have kept go on being filled in.
  it.each(['members-template.csv', 'mitglieder-vorlage.csv'])(
    'reads an older template, %s, without a question',
    async (name) => {
      const { page } = desktop;
      const screen = new ConsolePage(page);
      await screen.signIn(prepared.sandbox.demo);
      await screen.chooseUpload(path.join(import.meta.dirname, 'older-templates', name));
      await page.getByRole('button', { name: 'Look at the columns' }).waitFor();
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText('No errors left').first().waitFor();
      const headers = await page.getByRole('grid').getByRole('columnheader').allInnerTexts();
      expect(headers).toEqual(expect.arrayContaining(['E-mail', 'First name', 'Credits', 'Valid for (days)']));
      await page.getByRole('button', { name: 'Review', exact: true }).click();
      expect(await screen.send()).toEqual({ rows: 2, credits: 8 });
      await page.getByText('Every row is confirmed').waitFor({ timeout: 60_000 });
      const { uploaded } = await readServerFacts(prepared.sandbox);
      expect(uploaded.map(({ credits }) => credits).toSorted((one, other) => one - other)).toEqual([3, 5]);
      expect(desktop.complaints).toEqual([]);
    },
  );

  it('takes rows that were refused back, corrected in their file, and sends these alone', async () => {
    const { page } = desktop;
    const screen = new ConsolePage(page);
    await screen.signIn(prepared.sandbox.demo);
    const [gone, there] = ['beatriz.sousa@nordlicht-werke.example', 'chloe.martin@nordlicht-werke.example'];
    const source = path.join(folder, 'june.csv');
    writeFileSync(source, `E-mail,Note,Credits\nnew1@ost.example,kept,2\n${gone},=1+1,3\nnew2@ost.example,,4\n`);
    await screen.chooseUpload(source);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'What is in each column' }).waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Review', exact: true }).waitFor();
    await setStatusElsewhere(prepared, gone, 'inactive');
    await page.getByRole('button', { name: 'Review', exact: true }).click();
    expect(await screen.send()).toEqual({ rows: 3, credits: 9 });
    await page.getByText('3 of 3 sent · 2 confirmed · 1 refused').waitFor({ timeout: 60_000 });
    await page.getByTestId('sync-badge').getByText('1 needs attention').waitFor();
    await page.getByRole('button', { name: 'Download' }).click();
    const file = await downloaded(() => page.getByRole('menuitem', { name: 'Rows to correct, CSV' }).click());
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('the member is inactive; reactivate them first');
    writeFileSync(file, text.replace(gone, there));

    await screen.chooseUpload(file);
    await page.getByText('This file belongs to “june.csv”, an upload of 3 rows').waitFor();
    await page.getByRole('button', { name: 'Take the corrections over' }).click();
    await page.getByText('1 row changed.').waitFor();
    await page.getByTestId('sync-badge').getByText('Everything confirmed').waitFor();
    await page.getByRole('grid').getByText(there).waitFor();
    await page.getByRole('button', { name: 'Review', exact: true }).click();
    expect(await screen.send()).toEqual({ rows: 1, credits: 3 });
    await page.getByText('Every row is confirmed').waitFor({ timeout: 60_000 });
    const { balance, uploaded } = await readServerFacts(prepared.sandbox);
    expect(balance).toBe(991);
    expect(uploaded.map(({ credits }) => credits).toSorted((one, other) => one - other)).toEqual([2, 3, 4]);
    expect(desktop.complaints).toEqual([]);
  });

  it('takes a file of rows to correct back into the upload it came from', async () => {
    const { page } = desktop;
    const screen = new ConsolePage(page);
    await screen.signIn(prepared.sandbox.demo);
    await screen.beginUpload(path.join(projectRoot, 'examples/members.csv'));
    await page.getByRole('button', { name: 'Many rows' }).click();
    const file = await downloaded(() =>
      page.getByRole('menuitem', { name: 'Correct the errors in Excel (download)' }).click(),
    );
    await screen.chooseUpload(file);
    await page.getByText(/^This file belongs to “members\.csv”, /).waitFor();
    await page.getByRole('button', { name: 'Take the corrections over' }).click();
    await page.getByText('Corrections taken over').waitFor();
    await page.getByRole('heading', { level: 1, name: 'members.csv' }).waitFor();
    await page.getByText(/^Errors 12$/).waitFor();
    expect(desktop.complaints).toEqual([]);
  });
});
