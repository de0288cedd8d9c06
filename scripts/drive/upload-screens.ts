import path from 'node:path';
import { projectRoot } from './built-project.ts';
import type { ConsolePage } from './console-page.ts';

/** What an upload goes through: names of the screens that `uploadScreens` stops at. */
export type UploadScreenName = `upload-${
  | 'new'
  | 'file'
  | 'fix'
  | 'fill'
  | 'review-errors'
  | 'review'
  | 'mode'
  | 'send'
  | 'paste'
  | 'refused'
  | 'history'
  | 'undo'}`;

/** Takes the example from the file to its receipts, then one that is refused as a whole, and looks at what was sent. */
export async function uploadScreens(
  screen: ConsolePage,
  visit: (name: UploadScreenName) => Promise<void>,
): Promise<void> {
  const { page } = screen;
  await screen.chooseUpload(path.join(projectRoot, 'examples/members.csv'), () => visit('upload-new'));
  await page.getByText('Do names and signs look right?').waitFor();
  await visit('upload-file');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('two', { exact: true }).waitFor();
  await visit('upload-fix');
  await page.getByRole('button', { name: 'Many rows' }).click();
  await page.getByRole('menuitem', { name: 'Fill a column…' }).click();
  await page.getByRole('dialog', { name: 'Fill a column' }).getByLabel('Value').fill('2');
  await visit('upload-fill');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Review', exact: true }).click();
  await page.getByText(/^12 rows with errors are neither corrected/).waitFor();
  await visit('upload-review-errors');
  await page.getByRole('button', { name: 'Correct them' }).click();
  await screen.skipErrorsAndReview();
  await page.getByRole('heading', { name: 'What this upload does' }).waitFor();
  await visit('upload-review');
  const whole = page.getByRole('radio', { name: 'All or nothing' });
  await whole.click();
  await whole.scrollIntoViewIfNeeded();
  await visit('upload-mode');
  await page.getByRole('radio', { name: 'Send the valid rows' }).click();
  await screen.send();
  await page.getByText('Every row is confirmed').waitFor({ timeout: 60_000 });
  await visit('upload-send');

  await screen.openUploads();
  await page.getByRole('button', { name: 'New upload' }).first().click();
  await page.getByRole('button', { name: 'Paste rows' }).click();
  const rows = ['E-mail\tFirst name\tCredits', 'ines@nordlicht-werke.example\tInês\t2'];
  await page
    .getByRole('dialog', { name: 'Paste rows' })
    .getByRole('textbox')
    .fill(`${rows.join('\n')}\nper@nordlicht-werke.example\tPer\t5000\n`);
  await visit('upload-paste');
  await page.getByRole('button', { name: 'Read these rows' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Review', exact: true }).click();
  await page.getByText(/^Row 2 is the first that the balance cannot pay/).waitFor();
  await page.getByRole('radio', { name: 'All or nothing' }).click();
  await screen.send();
  await page.getByText('Refused as a whole: nothing was changed').waitFor({ timeout: 60_000 });
  await visit('upload-refused');

  await screen.openUploads();
  await page.getByText('History', { exact: true }).click();
  await page.getByRole('table', { name: 'Uploads that were sent' }).waitFor();
  await visit('upload-history');
  await page
    .getByRole('button', { name: /^Undo… members\.csv/ })
    .first()
    .click();
  await page.getByText(/^taken back from/).waitFor();
  await visit('upload-undo');
  await page.getByRole('button', { name: 'Cancel' }).click();
}
