import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './built-project.ts';
import type { ConsolePage } from './console-page.ts';

/**
 * What an upload meets on its way besides: a file that cannot be read, columns that cannot be used, a wrong value in many rows, rows that
 * come back corrected, credits that are spent.
 */
export type UploadFaultScreenName = `upload-${'file-error' | 'columns-error' | 'repeated' | 'reattach' | 'undo-spent'}`;

/** Goes through them, behind `uploadScreens`. Some credits of the upload of `members.csv` are spent. */
export async function uploadFaultScreens(
  screen: ConsolePage,
  folder: string,
  visit: (name: UploadFaultScreenName) => Promise<void>,
): Promise<void> {
  const { page } = screen;
  const fileOf = (name: string, people: readonly string[]): string => {
    const file = path.join(folder, name);
    writeFileSync(file, ['E-mail;Vorname;Guthaben', ...people, ''].join('\r\n'));
    return file;
  };
  const [juergen, chloe] = [
    'juergen.koch@nordlicht-werke.example;Jürgen;',
    'chloe.dubois@nordlicht-werke.example;Chloé;',
  ];
  await screen.chooseUpload(
    fileOf('werk-bremen.csv', [
      `${juergen}2`,
      `${chloe}1`,
      'zoe.madsen@nordlicht-werke.example;"Zoë;1',
      'lukasz.nowak@nordlicht-werke.example;Łukasz;3',
    ]),
  );
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
    .selectOption('E-mail');
  await page.getByText(/^Two columns are used as/).scrollIntoViewIfNeeded();
  await visit('upload-columns-error');

  await screen.beginUpload(fileOf('werk-hamburg.csv', [`${juergen}zwei`, `${chloe}zwei`]));
  await page.getByText('zwei', { exact: true }).first().dblclick();
  await page.getByLabel('Credits, row 1').fill('2');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Replace there too' }).waitFor();
  await visit('upload-repeated');

  await screen.openUploads();
  await page.getByRole('button', { name: 'Pasted rows.txt' }).first().click();
  await page.getByRole('button', { name: 'Download' }).click();
  const downloaded = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Rows to correct, CSV' }).click();
  const returned = path.join(folder, 'pasted-rows-corrected.csv');
  await (await downloaded).saveAs(returned);
  await screen.chooseUpload(returned);
  await page.getByText(/^This file belongs to/).waitFor();
  await visit('upload-reattach');

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
