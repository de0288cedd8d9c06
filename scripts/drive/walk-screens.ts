import path from 'node:path';
import { addEmptyPartner } from './add-empty-partner.ts';
import { correctCredits } from './correct-credits.ts';
import { projectRoot } from './built-project.ts';
import type { ConsolePage } from './console-page.ts';
import { type MemberScreenName, memberScreens } from './member-screens.ts';
import type { SandboxedConsole } from './sandbox-console.ts';
import { type UploadScreenName, uploadScreens } from './upload-screens.ts';

export type ScreenName =
  | 'sign-in'
  | 'dashboard'
  | 'dashboard-empty'
  | 'dashboard-offline'
  | 'members'
  | 'member-panel'
  | 'member-history'
  | MemberScreenName
  | 'uploads'
  | UploadScreenName
  | 'upload-columns'
  | 'sync'
  | 'sync-edit'
  | 'sync-discard'
  | 'sync-history'
  | 'settings'
  | 'sign-out'
  | 'diagnostics';

/**
 * Goes through every screen of the console as one person does in a day, from a fresh sandbox to the moment when the
 * server is gone, and stops at each for the visitor. The page must show the sign-in; the sandbox is stopped at the end.
 */
export async function walkScreens(
  screen: ConsolePage,
  prepared: SandboxedConsole,
  visit: (name: ScreenName) => Promise<void>,
): Promise<void> {
  const { page } = screen;
  await page.getByLabel('E-mail').waitFor();
  await visit('sign-in');

  await screen.signIn(await addEmptyPartner(prepared));
  await page.getByText('Have a balance').waitFor();
  await visit('dashboard-empty');
  await screen.signOut();

  await correctCredits(prepared.sandbox, 'beatriz.sousa@nordlicht-werke.example');
  await screen.signIn(prepared.sandbox.demo);
  await page.getByRole('heading', { name: 'Recent allocations' }).waitFor();
  await visit('dashboard');
  await screen.open('Members');
  await page.getByRole('row', { name: /Anna/ }).first().waitFor();
  await visit('members');
  await page
    .getByRole('row', { name: /Beatriz/ })
    .first()
    .click();
  await page
    .getByText(/^Expiry of \d+ credits? moved to/)
    .first()
    .waitFor();
  await page
    .getByText(/^\d+ credits? revoked$/)
    .first()
    .scrollIntoViewIfNeeded();
  await visit('member-history');
  await page.getByRole('button', { name: 'Close the member panel' }).click();
  await memberScreens(screen, visit);
  await screen.assign('Amélie', 5, () => visit('member-panel'));
  await page.getByText('Confirmed: 5 credits for Amélie').waitFor();
  await screen.assign('Lars', 1_200);
  await page.getByText('Refused: 1,200 credits for Lars').waitFor();

  await uploadScreens(screen, visit);
  // The columns of a foreign system are looked at by a person; the draft then waits among the uploads.
  await screen.chooseUpload(path.join(projectRoot, 'examples/hr-export.csv'));
  await page.getByText('Do names and signs look right?').waitFor();
  await page.getByRole('navigation', { name: 'Steps of the upload' }).getByText('Columns').click();
  await page.getByRole('heading', { name: 'What is in each column' }).waitFor();
  await visit('upload-columns');
  await screen.openUploads();
  await page.getByRole('columnheader', { name: 'File' }).waitFor();
  await visit('uploads');

  await screen.open('Sync');
  await page.getByRole('button', { name: 'Pause sending' }).click();
  await screen.assign('Chloé', 4);
  await page.getByText('Planned: 4 credits for Chloé').waitFor();
  await screen.open('Sync');
  await page.getByText('All', { exact: true }).click();
  await page.getByRole('list', { name: 'Items' }).getByText('Confirmed').first().waitFor();
  await visit('sync');
  const items = page.getByRole('list', { name: 'Items' }).getByRole('listitem');
  await items.getByRole('button', { name: /^Edit.*4 credits for Chloé/ }).click();
  await page.getByRole('dialog').getByLabel('Credits').waitFor();
  await visit('sync-edit');
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('cell', { name: 'Signing in' }).first().waitFor();
  await visit('sync-history');
  await screen.open('Settings');
  await visit('settings');
  await page.getByRole('button', { name: 'Sign out…' }).click();
  await page.getByRole('dialog').getByRole('radio', { name: 'Remove it' }).waitFor();
  await visit('sign-out');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Run diagnostics' }).click();
  await page.getByRole('button', { name: 'Copy for IT' }).waitFor();
  await page.getByRole('list', { name: 'Findings' }).scrollIntoViewIfNeeded();
  await visit('diagnostics');

  await screen.open('Sync');
  await page.getByText(/^Need attention/).click();
  // By their items: for a moment the list still holds those that the filter is about to hide.
  for (const what of ['1,200 credits', 'Pasted rows']) {
    const refused = items.filter({ hasText: what });
    await refused.getByRole('button', { name: 'Discard' }).click();
    await page
      .getByRole('dialog')
      .getByLabel(/^Type “discard”/)
      .fill('discard');
    if (what === 'Pasted rows') await visit('sync-discard');
    await page.keyboard.press('Enter');
    await refused.waitFor({ state: 'detached' });
  }
  await page.getByText('Nothing needs your attention').waitFor();
  await prepared.sandbox.stop();
  await page.getByRole('button', { name: 'Resume sending' }).click();
  await page.getByRole('button', { name: 'Sync now' }).click();
  await page
    .getByText(/^Offline, data from/)
    .first()
    .waitFor({ timeout: 60_000 });
  await screen.open('Dashboard');
  await visit('dashboard-offline');
}
