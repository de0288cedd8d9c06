import type { ConsolePage } from './console-page.ts';

/** What can be done to members: names of the screens that `memberScreens` stops at. */
export type MemberScreenName = 'members-selected' | `member-${'revoke' | 'extend' | 'status'}` | 'assign-many';

/** Opens each form that changes members, filled but not sent: some members selected, then one in the panel. */
export async function memberScreens(
  screen: ConsolePage,
  visit: (name: MemberScreenName) => Promise<void>,
): Promise<void> {
  const { page } = screen;
  await screen.open('Members');
  await page.getByLabel('Search by name or e-mail').fill('');
  await page.getByRole('row', { name: /Anna/ }).first().waitFor();
  const boxes = page.getByRole('checkbox', { name: /^Select / });
  for (const place of [1, 2, 4]) await boxes.nth(place).click();
  await page.getByText(/^3 members selected/).waitFor();
  await visit('members-selected');
  await page.getByRole('button', { name: 'Assign credits to selected' }).click();
  const many = page.getByRole('dialog', { name: 'Assign credits to the selected members' });
  await many.getByLabel('Credits for each').fill('3');
  await visit('assign-many');
  await many.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Clear selection' }).click();

  await page.getByRole('row', { name: /Anna/ }).first().click();
  await page.getByRole('button', { name: 'Take back' }).click();
  await page.getByLabel('Credits to take back').fill('2');
  await visit('member-revoke');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Extend', exact: true }).click();
  await visit('member-extend');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Deactivate' }).click();
  await visit('member-status');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Close the member panel' }).click();
}
