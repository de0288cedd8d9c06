import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

let uploads: UploadsHarness;
beforeEach(() => {
  uploads = openHarness();
});
afterEach(async () => {
  await uploads.close();
});

const row = 'Ann,a@firma.example,Berlin,3';
const file = (header: string): string => `${header}\n${row}\n`;

/** What the console takes the columns of a new file for. */
async function recognised(header: string) {
  const draftId = await uploads.send(file(header));
  const { analysis } = await uploads.value('uploads.analyse', { draftId, options: null });
  return {
    mapping: analysis?.mapping,
    allMatched: analysis?.allMatched,
    remembered: analysis?.columns.map((column) => column.remembered ?? false),
  };
}

test('what a person chose for unknown columns is chosen in the next file, which needs no second look', async () => {
  expect(await recognised('Rufname,Mail,Standort,Punkte')).toMatchObject({ allMatched: false });
  await uploads.read(file('Rufname,Mail,Standort,Punkte'), ['first_name', 'email', 'ignore', 'credits']);
  // In another order, written otherwise.
  expect(await recognised(' PUNKTE ,Standort,mail,Rufname')).toEqual({
    mapping: ['credits', 'ignore', 'email', 'first_name'],
    allMatched: true,
    remembered: [true, true, true, true],
  });
  // Of a column that nobody has seen yet nothing is known.
  expect(await recognised('Rufname,Mail,Gebäude,Punkte')).toMatchObject({ allMatched: false });
});

test('what a person chose last counts, also against a well-known name', async () => {
  await uploads.read(file('First name,Email,Credits,Bonus'), ['first_name', 'email', 'ignore', 'credits']);
  expect((await recognised('First name,Email,Credits,Bonus')).mapping).toEqual([
    'first_name',
    'email',
    'ignore',
    'credits',
  ]);
  await uploads.read(file('First name,Email,Credits,Bonus'), ['first_name', 'email', 'credits', 'ignore']);
  expect((await recognised('First name,Email,Credits,Bonus')).mapping).toEqual([
    'first_name',
    'email',
    'credits',
    'ignore',
  ]);
});

test('a file whose columns were all known teaches nothing, nor does a reading that failed', async () => {
  const known = 'First name,Email\nAnn,a@firma.example\n';
  await uploads.read(known);
  const draftId = await uploads.send(`${known}"broken`);
  await uploads.value('uploads.analyse', { draftId, options: null });
  const failed = await uploads.call('uploads.importRows', {
    draftId,
    options: { encoding: 'utf-8', separator: ',' },
    mapping: ['ignore', 'email'],
  });
  expect(failed.ok).toBe(false);
  expect(uploads.database.all('select * from remembered_columns')).toEqual([]);
});

test('two columns of one name are left to their own header, and a file without a header to its values', async () => {
  await uploads.read(file('Name,Mail,Standort,Punkte'), ['first_name', 'email', 'ignore', 'credits']);
  expect((await recognised('Punkte,Mail,Standort,Punkte')).remembered).toEqual([false, true, true, false]);
  const draftId = await uploads.send(`${row}\n${row}\n`);
  const { analysis } = await uploads.value('uploads.analyse', { draftId, options: null });
  expect(analysis?.columns.some((column) => column.remembered === true)).toBe(false);
});

/** The error file of an upload, with another column to be decided about. */
async function errorFile(source: string): Promise<{ into: string; text: string }> {
  const { draftId: into } = await uploads.read(source);
  const what = { kind: 'rows', draftId: into, rows: 'problems', format: 'csv' } as const;
  const { exportId } = await uploads.value('exports.begin', { what });
  const { bytes } = await uploads.value('exports.read', { exportId, offset: 0 });
  await uploads.value('exports.end', { exportId });
  return { into, text: new TextDecoder().decode(bytes).replace('"bad"', '"ben@firma.example"') };
}

test('the columns of our own error file say nothing of those of others: leavers are warned of as before', async () => {
  const { text } = await errorFile('Team,Email,Credits\nA,ann@firma.example,3\nB,bad,2\n');
  await uploads.read(text.replace('"Team"', '"Abteilung"'));
  const remembered = uploads.database.all<{ header_key: string }>('select * from remembered_columns');
  expect(remembered.map((it) => it.header_key)).toEqual(expect.arrayContaining(['abteilung', 'email', 'credits']));
  expect(remembered.map((it) => it.header_key)).not.toContain('status');
  const hr = await uploads.read('Email,Status,Credits\nann@firma.example,terminated,3\n');
  expect(hr).toMatchObject({ analysis: { mapping: ['email', 'status', 'credits'] }, warnings: 1 });
});

test('a corrected file that is taken over into its upload teaches nothing: nobody chose its columns', async () => {
  const { into, text } = await errorFile(',Email,Credits\nA,ann@firma.example,3\nB,bad,2\n');
  uploads.database.run('delete from remembered_columns');
  const draftId = await uploads.send(text);
  await uploads.value('uploads.analyse', { draftId, options: null });
  expect(await uploads.value('uploads.reattach', { draftId, into })).toMatchObject({ changed: 1 });
  expect(uploads.database.all('select * from remembered_columns')).toEqual([]);
});
