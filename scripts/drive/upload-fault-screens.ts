import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './built-project.ts';
import type { ConsolePage } from './console-page.ts';

/** What an upload meets on its way besides: a file that cannot be read, columns that cannot be used, credits that are spent. */
export type UploadFaultScreenName = `upload-${'file-error' | 'columns-error' | 'undo-spent'}`;

/** Goes through them. Some credits of the upload of `members.csv` are spent. */
export async function uploadFaultScreens(
  screen: ConsolePage,
  folder: string,
  visit: (name: UploadFaultScreenName) => Promise<void>,
): Promise<void> {
  const { page } = screen;
  const broken = path.join(folder, 'werk-bremen.csv');
  const rows = [
    'E-mail;Vorname;Guthaben',
    'juergen.koch@nordlicht-werke.example;Jürgen;2',
    'chloe.dubois@nordlicht-werke.example;Chloé;1',
    'zoe.madsen@nordlicht-werke.example;"Zoë;1',
    'lukasz.nowak@nordlicht-werke.example;Łukasz;3',
  ];
  writeFileSync(broken, `${rows.join('\r\n')}\r\n`);
  await screen.chooseUpload(broken);
  await page.getByText('Do names and signs look right?').waitFor();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page
    .getByText(/quotation mark/)
    .first()
    .waitFor();
  await visit('upload-file-error');

  await screen.chooseUpload(path.join(projectRoot, 'examples/hr-export.csv'));
  await page.getByText('Do names and signs look right?').waitFor();
  await page.getByRole('navigation', { name: 'Steps of the upload' }).getByText('Columns').click();
  await page.getByRole('heading', { name: 'What is in each column' }).waitFor();
  await page
    .getByRole('combobox', { name: /^Use “/ })
    .first()
    .click();
  await page.getByRole('option', { name: 'E-mail' }).click();
  await page.getByText(/^Two columns are used as/).scrollIntoViewIfNeeded();
  await visit('upload-columns-error');

  await screen.openUploads();
  await page.getByText('History', { exact: true }).click();
  await page
    .getByRole('button', { name: /^Undo… members\.csv/ })
    .first()
    .click();
  await page.getByText(/^taken back from/).waitFor();
  await visit('upload-undo-spent');
  await page.getByRole('button', { name: 'Cancel' }).click();
}
