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
