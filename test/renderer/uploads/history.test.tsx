import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { PastUpload } from '../../../shared/contract/upload-history.ts';
import { err, ok } from '../../../shared/result.ts';
import { draftSummary, id, inDays } from '../demo-data.ts';
import type { FakeHandlers } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { openConsole } from '../render-console.tsx';

const sent: PastUpload = {
  uploadId: id(6, 1),
  fileName: 'members-november.csv',
  actor: 'Dana Weber',
  at: inDays(-1),
  created: 412,
  updated: 63,
  unchanged: 0,
  refused: 3,
  credits: 900,
  unspent: 880,
  used: 15,
  expired: 5,
  revoked: 0,
  draftId: draftSummary.draftId,
};

const preview = { credits: 900, unspent: 880, used: 15, expired: 5, revoked: 0, members: 475 };

async function openHistory(overrides: FakeHandlers = {}) {
  const bridge = fakeConsole({
    'uploads.history': () => ok({ uploads: [sent], more: false }),
    'uploads.undoPreview': () => ok(preview),
    ...overrides,
  });
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByText('History'));
  return { bridge, user };
}

it('lists every upload with its counts, who sent it, and what became of its credits', async () => {
  const { user, bridge } = await openHistory();
  const table = await screen.findByRole('table', { name: 'Uploads that were sent' });
  const line = within(table)
    .getByRole('rowheader', { name: /members-november\.csv/ })
    .closest('tr');
  expect(line?.textContent).toContain('Dana Weber');
  expect(line?.textContent).toContain('412 new · 63 updated · 3 refused');
  expect(line?.textContent).toContain('880 unspent · 15 used · 5 expired');
  await user.click(within(table).getByRole('button', { name: 'Open members-november.csv' }));
  await waitFor(() => expect(bridge.inputsOf('uploads.read')).toHaveLength(1));
});

it('goes back in time page by page', async () => {
  const older = { ...sent, uploadId: id(6, 2), fileName: 'members-october.csv', at: inDays(-30) };
  const { user, bridge } = await openHistory({
    'uploads.history': ({ before }) =>
      ok(before === null ? { uploads: [sent], more: true } : { uploads: [older], more: false }),
  });
  await user.click(await screen.findByRole('button', { name: 'Older' }));
  expect(await screen.findByText('members-october.csv')).toBeTruthy();
  expect(bridge.inputsOf('uploads.history').at(-1)).toEqual({ before: sent.at });
  await user.click(screen.getByRole('button', { name: 'Newer' }));
  expect(await screen.findByText('members-november.csv')).toBeTruthy();
});

const undone = { takenBack: 880, spent: 15, expired: 5, members: 470, remaining: 0, balance: 980, replayed: false };
const noAnswer = err({ code: 'offline', fault: 'reset', host: 'h.example', detail: '' } as const);
const undoButton = { name: 'Undo… members-november.csv: 880 unspent credits' };

it('says what an undo would take back, asks for a reason, and says what was done', async () => {
  const { user, bridge } = await openHistory({ 'uploads.undoUpload': () => ok(undone) });
  const button = await screen.findByRole('button', undoButton);
  expect(undoButton.name).toContain(button.textContent);
  await user.click(button);
  const dialog = await screen.findByRole('dialog');
  const take = await within(dialog).findByRole<HTMLButtonElement>('button', { name: 'Take back 880 credits' });
  expect(dialog.textContent).toContain('880 taken back from 475 members');
  expect(dialog.textContent).toContain('15 stay with the members');
  expect(take.disabled).toBe(true);
  await user.type(within(dialog).getByLabelText('Reason'), 'Wrong list');
  await user.click(take);
  expect(await within(dialog).findByText('880 credits taken back from 470 members')).toBeTruthy();
  expect(dialog.textContent).toContain('The balance is 980. 15 were spent already and stay so; 5 had expired.');
  expect(bridge.inputsOf('uploads.undoUpload')).toMatchObject([{ uploadId: sent.uploadId, reason: 'Wrong list' }]);
});

it('sends an undo without an answer again as it was, also from another dialog, and a new one afterwards', async () => {
  const answers = [noAnswer, noAnswer, ok({ ...undone, takenBack: 500, remaining: 380 }), ok(undone)];
  const { user, bridge } = await openHistory({ 'uploads.undoUpload': () => answers.shift() ?? noAnswer });
  await user.click(await screen.findByRole('button', undoButton));
  await user.type(await screen.findByLabelText('Reason'), 'Wrong list');
  await user.click(await screen.findByRole('button', { name: 'Take back 880 credits' }));
  await screen.findByText('The connection to h.example was cut');
  await user.click(await screen.findByRole('button', { name: 'Ask again' }));
  await waitFor(() => expect(bridge.inputsOf('uploads.undoUpload')).toHaveLength(2));
  await user.click(await screen.findByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());

  await user.click(await screen.findByRole('button', undoButton));
  const reason = await screen.findByLabelText<HTMLInputElement>('Reason');
  expect([reason.value, reason.readOnly]).toEqual(['Wrong list', true]);
  await user.click(screen.getByRole('button', { name: 'Ask again' }));
  expect(await screen.findByText('380 unspent credits are left')).toBeTruthy();

  await user.click(screen.getByRole('button', { name: 'Undo again' }));
  await user.click(await screen.findByRole('button', { name: 'Take back 880 credits' }));
  await screen.findByText('880 credits taken back from 470 members');
  const [first, second, third, fourth] = bridge.inputsOf('uploads.undoUpload');
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  expect(fourth?.requestId).not.toBe(first?.requestId);
});

it('takes a refusal for an answer', async () => {
  const { user, bridge } = await openHistory({
    'uploads.undoUpload': () => err({ code: 'conflict', what: 'item_sending' }),
  });
  await user.click(await screen.findByRole('button', undoButton));
  await user.type(await screen.findByLabelText('Reason'), 'Wrong list');
  const take = await screen.findByRole('button', { name: 'Take back 880 credits' });
  await user.click(take);
  await screen.findByRole('alert');
  await user.click(take);
  await waitFor(() => expect(bridge.inputsOf('uploads.undoUpload')).toHaveLength(2));
  const [first, second] = bridge.inputsOf('uploads.undoUpload');
  expect(second?.requestId).not.toBe(first?.requestId);
});

it('offers no undo of an upload of which nothing is unspent', async () => {
  await openHistory({
    'uploads.history': () => ok({ uploads: [{ ...sent, unspent: 0, revoked: 880, actor: null }], more: false }),
  });
  const line = (await screen.findByRole('rowheader', { name: /members-november\.csv/ })).closest('tr');
  expect(line?.textContent).toContain('15 used · 5 expired · 880 taken back');
  expect(line?.textContent).toContain('not recorded');
  expect(screen.queryByRole('button', { name: /^Undo/ })).toBeNull();
});

it('says without a connection what can be shown, and asks again when told to', async () => {
  let online = false;
  const { user } = await openHistory({
    'uploads.history': () => (online ? ok({ uploads: [sent], more: false }) : noAnswer),
  });
  expect(await screen.findByText('The history is kept by the server')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Uploads of this computer' }));
  expect(await screen.findByRole('button', { name: 'Resume hr-export.csv' })).toBeTruthy();
  await user.click(screen.getByText('History'));
  expect(await screen.findByText('The history is kept by the server')).toBeTruthy();
  online = true;
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('members-november.csv')).toBeTruthy();
});
