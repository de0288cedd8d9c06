import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

let uploads: UploadsHarness;

beforeEach(() => {
  uploads = openHarness();
});
afterEach(async () => {
  await uploads.close();
});

async function issuesOf(draftId: string) {
  const { rows } = await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 200 });
  return rows.map((row) => row.issues);
}
const edit = (draftId: string, row: number, value: string) =>
  uploads.value('uploads.editCell', { draftId, row, field: 'email', value });
const table = (...emails: string[]): string => `Email,Credits\n${emails.map((email) => `${email},1\n`).join('')}`;

const inactive = (value: string) => ({ code: 'member_inactive', severity: 'error', field: 'email', data: { value } });
const waiting = (value: string, where: string, name: string) => ({
  code: 'member_waiting',
  severity: 'warning',
  field: 'email',
  data: { value, where, name },
});

test('an inactive member is an error, when the file is read, and when the e-mail is typed, undone and redone', async () => {
  uploads.addMember('left@firma.example');
  uploads.addMember('here@firma.example');
  uploads.database.run(`update members set status = 'inactive' where email_key = 'left@firma.example'`);
  const { draftId } = await uploads.read(table('left@firma.example', 'here@firma.example', 'new@firma.example'));
  expect(await issuesOf(draftId)).toEqual([[inactive('left@firma.example')], [], []]);
  await edit(draftId, 1, 'other@firma.example');
  await edit(draftId, 3, 'left@firma.example');
  expect(await issuesOf(draftId)).toEqual([[], [], [inactive('left@firma.example')]]);
  await uploads.value('uploads.undo', { draftId });
  await uploads.value('uploads.undo', { draftId });
  expect(await issuesOf(draftId)).toEqual([[inactive('left@firma.example')], [], []]);
});

test('an e-mail of another open draft is a warning that names the file; one that is skipped there is none', async () => {
  const other = await uploads.read(table('ann@firma.example', 'bo@firma.example'));
  await uploads.value('uploads.setSkipped', { draftId: other.draftId, rows: [2], skipped: true });
  const { draftId } = await uploads.read(table('bo@firma.example', 'ann@firma.example', 'ann@firma.example'));
  const warning = waiting('ann@firma.example', 'draft', 'members.csv');
  expect(await issuesOf(draftId)).toEqual([
    [],
    [warning],
    [expect.objectContaining({ code: 'email_duplicate' }), warning],
  ]);
});

test('an e-mail that waits in the outbox is a warning until it is confirmed', async () => {
  const sent = await uploads.read(table('ann@firma.example', 'bo@firma.example'));
  await uploads.value('uploads.submit', { draftId: sent.draftId });
  const { draftId } = await uploads.read(table('ann@firma.example'));
  expect(await issuesOf(draftId)).toEqual([[waiting('ann@firma.example', 'outbox', 'members.csv')]]);
  uploads.database.run(`update draft_rows set result = 'confirmed' where draft_id = ?`, sent.draftId);
  const next = await uploads.read(table('cy@firma.example', 'ann@firma.example'));
  await uploads.value('uploads.discard', { draftId });
  await edit(next.draftId, 1, 'bo@firma.example');
  expect((await issuesOf(next.draftId))[0]).toEqual([]);
});

test('the most frequent domain of the file is what a rare one beside it is a slip of', async () => {
  const many = Array.from({ length: 30 }, (_, index) => `p${index}@firma.example`);
  const { draftId } = await uploads.read(table(...many, 'ann@fimra.example', 'bo@other.example', 'cy@firma.exampel'));
  const found = await issuesOf(draftId);
  const slip = (value: string, suggestion: string) => ({
    code: 'email_domain_typo',
    severity: 'warning',
    field: 'email',
    data: { value, suggestion },
  });
  expect(found.slice(30)).toEqual([
    [slip('ann@fimra.example', 'ann@firma.example')],
    [],
    [slip('cy@firma.exampel', 'cy@firma.example')],
  ]);
  await uploads.value('uploads.editCell', { draftId, row: 31, field: 'credits', value: '2' });
  expect((await issuesOf(draftId))[30]).toEqual([slip('ann@fimra.example', 'ann@firma.example')]);
  await edit(draftId, 31, 'ann@firma.example');
  expect((await issuesOf(draftId))[30]).toEqual([]);
});

test('a few rows have no domain of their own', async () => {
  const few = Array.from({ length: 19 }, (_, index) => `p${index}@firma.example`);
  const { draftId } = await uploads.read(table(...few, 'ann@fimra.example'));
  expect((await issuesOf(draftId)).flat()).toEqual([]);
});

test('the dry run tells how many known members change: by credits, or by another name', async () => {
  for (const name of ['ann', 'bo', 'cy']) uploads.addMember(`${name}@firma.example`);
  uploads.database.run(`update members set first_name = 'Known'`);
  const rows = [
    'Known,ann@firma.example,0',
    'Other,bo@firma.example,',
    ',cy@firma.example,2',
    'New,di@firma.example,1',
  ];
  const { draftId } = await uploads.read(`First name,Email,Credits\n${rows.join('\n')}\n`);
  expect(await uploads.value('uploads.dryRun', { draftId })).toMatchObject({
    newMembers: 1,
    existingMembers: 3,
    changed: 2,
  });
});
