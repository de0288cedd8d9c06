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

test('an inactive member is an error only where the row gives credits, also after an edit of them', async () => {
  uploads.addMember('left@firma.example');
  uploads.database.run(`update members set status = 'inactive'`);
  const { draftId } = await uploads.read('Email,Credits\nleft@firma.example,0\n');
  expect(await issuesOf(draftId)).toEqual([[]]);
  await uploads.value('uploads.editCell', { draftId, row: 1, field: 'credits', value: '2' });
  expect(await issuesOf(draftId)).toEqual([[inactive('left@firma.example')]]);
  await uploads.value('uploads.editCell', { draftId, row: 1, field: 'credits', value: '' });
  expect(await issuesOf(draftId)).toEqual([[]]);
  const fix = { kind: 'column', field: 'credits', value: '3', only: 'all' } as const;
  await uploads.value('uploads.fixAll', { draftId, fix });
  expect(await issuesOf(draftId)).toEqual([[inactive('left@firma.example')]]);
  await uploads.value('uploads.undo', { draftId });
  expect(await issuesOf(draftId)).toEqual([[]]);
});

test('the review finds what members, outbox and other drafts have become since the file was read', async () => {
  uploads.addMember('left@firma.example');
  uploads.addMember('back@firma.example');
  const setStatus = (name: string, status: string) =>
    uploads.database.run('update members set status = ? where email_key = ?', status, `${name}@firma.example`);
  setStatus('back', 'inactive');
  const { draftId } = await uploads.read(table('left@firma.example', 'back@firma.example', 'twice@firma.example'));
  const other = await uploads.read(table('twice@firma.example'));
  expect(await issuesOf(draftId)).toEqual([[], [inactive('back@firma.example')], []]);
  setStatus('left', 'inactive');
  setStatus('back', 'active');
  const dryRun = await uploads.value('uploads.dryRun', { draftId });
  expect(dryRun).toMatchObject({ ready: 2, errors: 1, warnings: 1 });
  const twice = waiting('twice@firma.example', 'draft', 'members.csv');
  expect(await issuesOf(draftId)).toEqual([[inactive('left@firma.example')], [], [twice]]);
  await uploads.value('uploads.discard', { draftId: other.draftId });
  expect(await uploads.value('uploads.dryRun', { draftId })).toMatchObject({ ready: 2, errors: 1, warnings: 0 });
});

test('nothing is sent when other rows could be than were seen; what is only told otherwise holds nothing back', async () => {
  for (const name of ['ann', 'bo']) uploads.addMember(`${name}@firma.example`);
  const { draftId } = await uploads.read(table('ann@firma.example', 'bo@firma.example', 'cy@firma.example'));
  await uploads.value('uploads.dryRun', { draftId });
  uploads.database.run(`update members set status = 'inactive' where email_key = 'bo@firma.example'`);
  const rowsChanged = { ok: false, error: { code: 'invalid_input', field: 'rows', reason: 'rows_changed' } };
  expect(await uploads.call('uploads.submit', { draftId })).toEqual(rowsChanged);
  expect(uploads.database.all('select item_id from outbox')).toEqual([]);
  expect(await issuesOf(draftId)).toEqual([[], [inactive('bo@firma.example')], []]);
  await uploads.read(table('cy@firma.example'));
  const sent = await uploads.value('uploads.submit', { draftId });
  expect(sent).toMatchObject({ stage: 'queued', errors: 1, warnings: 1 });
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

test('a member whose name a blank cell clears changes; one who has none does not', async () => {
  for (const name of ['ann', 'bo']) uploads.addMember(`${name}@firma.example`);
  uploads.database.run(`update members set first_name = iif(email_key = 'ann@firma.example', 'Ann', '')`);
  const file = 'First name,Email\n,ann@firma.example\n,bo@firma.example\n';
  const changed = async (clearBlank: 'first_name'[]) => {
    const draftId = await uploads.send(file);
    await uploads.value('uploads.analyse', { draftId, options: null });
    const options = { encoding: 'utf-8', separator: ',', sheet: null } as const;
    await uploads.value('uploads.importRows', { draftId, options, mapping: ['first_name', 'email'], clearBlank });
    const dryRun = await uploads.value('uploads.dryRun', { draftId });
    await uploads.value('uploads.discard', { draftId });
    return dryRun.changed;
  };
  expect(await changed(['first_name'])).toBe(1);
  expect(await changed([])).toBe(0);
});

test('an e-mail that is typed is compared with the domain of the file, which a restart does not forget', async () => {
  const many = Array.from({ length: 30 }, (_, index) => `p${index}@firma.example`);
  const beside = ['x', 'y', 'z'].map((name) => `${name}@firmaa.example`);
  const { draftId } = await uploads.read(table(...many, ...beside));
  const slip = (value: string, suggestion: string) => [
    { code: 'email_domain_typo', severity: 'warning', field: 'email', data: { value, suggestion } },
  ];
  const typed = async (row: number, value: string) => (await edit(draftId, row, value)).row.issues;
  expect(await typed(1, 'ann@fimra.example')).toEqual(slip('ann@fimra.example', 'ann@firma.example'));
  expect(await typed(1, 'ann@firma.example')).toEqual([]);
  // A domain of more rows than a slip has is one that exists.
  expect(await typed(1, 'ann@firmaa.example')).toEqual([]);
  expect(await typed(1, 'ann@other.example')).toEqual([]);
  uploads.restart();
  const fix = { kind: 'value', field: 'email', from: 'p5@firma.example', to: 'p5@firm.example' } as const;
  await uploads.value('uploads.fixAll', { draftId, fix });
  expect((await issuesOf(draftId))[5]).toEqual(slip('p5@firm.example', 'p5@firma.example'));
  const again = { kind: 'suggestions', code: 'email_domain_typo' } as const;
  await uploads.value('uploads.fixAll', { draftId, fix: again });
  expect((await issuesOf(draftId)).flat()).toEqual([]);
});
