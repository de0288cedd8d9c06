import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/drive/built-project.ts';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
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
    await page.getByText(/^This file belongs to “members\.csv”: /).waitFor();
    await page.getByRole('button', { name: 'Take the corrections over' }).click();
    await page.getByText('Corrections taken over').waitFor();
    await page.getByRole('heading', { level: 1, name: 'members.csv' }).waitFor();
    await page.getByText(/^Errors 12$/).waitFor();
    expect(desktop.complaints).toEqual([]);
  });
});
