import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sheetOf, workbook } from '../../builders/workbook.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

let uploads: UploadsHarness;
beforeEach(() => {
  uploads = openHarness();
});
afterEach(async () => {
  await uploads.close();
});

const header = 'First name,Email,Credits\n';
const options = { encoding: 'utf-8', separator: ',' } as const;
const mapping = ['first_name', 'email', 'credits'] as const;

describe('a file whose rows have been read and edited', () => {
  test.each([
    [
      'with another number of columns',
      { encoding: 'windows-1252', separator: ';' },
      [...mapping],
      { code: 'invalid_input' },
    ],
    [
      'in an encoding it is not in',
      { ...options, encoding: 'utf-8' },
      ['first_name', 'email', 'credits'],
      { code: 'unreadable_file', reason: 'encoding', line: 1_203 },
    ],
  ] as const)('stays as it is when it cannot be read %s', async (_, chosen, columns, error) => {
    // Windows-1252, and one name that is no UTF-8 far behind the rest.
    const rows = Array.from({ length: 1_201 }, (__, row) => `Ann ${row},a${row}@firma.example,1\n`).join('');
    const content = Buffer.from(`${header}${rows}J\u00fcrgen,j@firma.example,2\n`, 'latin1');
    const { draftId } = await uploads.read(content);
    await uploads.value('uploads.editCell', { draftId, row: 1, field: 'first_name', value: 'Anna' });
    const before = await uploads.value('uploads.read', { draftId });
    expect(before.analysis?.encoding).toBe('windows-1252');
    const result = await uploads.call('uploads.importRows', { draftId, options: chosen, mapping: [...columns] });
    expect(result).toMatchObject({ ok: false, error });
    expect(await uploads.value('uploads.read', { draftId })).toEqual(before);
    const { rows: shown } = await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 1 });
    expect(shown[0]?.values.first_name).toBe('Anna');
  });

  test('is replaced when it can be read', async () => {
    const { draftId } = await uploads.read(`${header}Ann,a@firma.example,1\n`);
    await uploads.value('uploads.editCell', { draftId, row: 1, field: 'first_name', value: 'Anna' });
    const again = await uploads.value('uploads.importRows', {
      draftId,
      options,
      mapping: ['ignore', 'email', 'credits'],
      clearBlank: ['first_name'],
    });
    expect(again).toMatchObject({ stage: 'fix', rows: 1, canUndo: false, clearBlank: ['first_name'] });
  });

  test('stays as it is when other options do not even let it be recognised', async () => {
    const { draftId } = await uploads.read(`${header}Ann,a@firma.example,1\n`);
    const before = await uploads.value('uploads.read', { draftId });
    const result = await uploads.call('uploads.analyse', { draftId, options: { ...options, encoding: 'utf-16le' } });
    expect(result.ok).toBe(false);
    expect(await uploads.value('uploads.read', { draftId })).toEqual(before);
  });
});

describe('a look at the file with other options', () => {
  const other = { ...options, encoding: 'windows-1252', sheet: null } as const;
  let draftId: string;
  beforeEach(async () => {
    ({ draftId } = await uploads.read(`${header}Ann,a@firma.example,1\nBo,bad,1\n`));
    await uploads.value('uploads.editCell', { draftId, row: 2, field: 'email', value: 'bo@firma.example' });
  });

  test('leaves rows and corrections as they are, and is gone when the file is read as before', async () => {
    const before = await uploads.value('uploads.read', { draftId });
    expect(before).toMatchObject({ stage: 'fix', errors: 0, canUndo: true, corrections: 1, look: null });
    const looked = await uploads.value('uploads.analyse', { draftId, options: other });
    expect(looked).toMatchObject({ look: { encoding: 'windows-1252', mapping } });
    expect({ ...looked, look: null }).toEqual(before);
    expect(await uploads.value('uploads.analyse', { draftId, options: { ...options, sheet: null } })).toEqual(before);
    expect(await uploads.value('uploads.undo', { draftId })).toMatchObject({ errors: 1, corrections: 0 });
  });

  test('ends with the console; the rows stay as they were read', async () => {
    await uploads.value('uploads.analyse', { draftId, options: other });
    uploads.restart();
    expect(await uploads.value('uploads.read', { draftId })).toMatchObject({
      stage: 'fix',
      errors: 0,
      canUndo: true,
      look: null,
      analysis: { encoding: 'utf-8' },
    });
  });

  test('counts once the rows are read by it', async () => {
    const first = await uploads.value('uploads.analyse', { draftId, options: { ...other, separator: ';' } });
    expect(first.look?.columns).toHaveLength(1);
    const twice = ['email', 'email', 'credits'] as const;
    expect(await uploads.call('uploads.importRows', { draftId, options: other, mapping: [...twice] })).toMatchObject({
      ok: false,
    });
    expect(await uploads.value('uploads.read', { draftId })).toMatchObject({ canUndo: true, look: { separator: ';' } });
    await uploads.value('uploads.analyse', { draftId, options: other });
    const read = await uploads.value('uploads.importRows', { draftId, options: other, mapping: [...mapping] });
    expect(read).toMatchObject({ stage: 'fix', errors: 1, canUndo: false, look: null });
    expect(read.analysis?.encoding).toBe('windows-1252');
  });
});

describe('somebody who does not wait', () => {
  test('ends the look at a file; the draft stays, and can be looked at again', async () => {
    const { draftId } = await uploads.read(
      `${header}${Array.from({ length: 60_000 }, (_, row) => `Ann,a${row}@firma.example,1\n`).join('')}`,
    );
    const before = await uploads.value('uploads.read', { draftId });
    const looking = uploads.call('uploads.analyse', { draftId, options: null });
    await uploads.value('uploads.cancelImport', { draftId });
    expect(await looking).toEqual({ ok: false, error: { code: 'cancelled' } });
    expect(await uploads.value('uploads.read', { draftId })).toEqual(before);
    expect(await uploads.value('uploads.analyse', { draftId, options: null })).toEqual(before);
  });

  test('chooses otherwise, and the later choice counts', async () => {
    const draftId = await uploads.send(`${header}Ann,a@firma.example,1\n`.replaceAll(',', ';'));
    await uploads.value('uploads.analyse', { draftId, options: null });
    const first = uploads.call('uploads.analyse', { draftId, options });
    const second = uploads.call('uploads.analyse', { draftId, options: { ...options, separator: ';' } });
    expect(await first).toEqual({ ok: false, error: { code: 'cancelled' } });
    expect(await second).toMatchObject({ value: { analysis: { separator: ';' } } });
  });

  test('ends the reading of a workbook, which leaves nothing', async () => {
    const rows = Array.from({ length: 60_000 }, (_, row) => [`Ann ${row}`, `a${row}@firma.example`, '1']);
    const draftId = await uploads.send(
      workbook({ sheets: { A: sheetOf([['First name', 'Email', 'Credits'], ...rows]) } }),
    );
    await uploads.value('uploads.analyse', { draftId, options: null });
    const reading = uploads.call('uploads.importRows', { draftId, options, mapping: [...mapping] });
    while (uploads.database.get<{ n: number }>('select count(*) as n from draft_rows')?.n === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await uploads.value('uploads.cancelImport', { draftId })).toMatchObject({ stage: 'columns', rows: 0 });
    expect(await reading).toEqual({ ok: false, error: { code: 'cancelled' } });
    expect(await uploads.value('uploads.importRows', { draftId, options, mapping: [...mapping] })).toMatchObject({
      rows: 60_000,
      errors: 0,
    });
  });
});

test('UTF-8 with a few broken bytes is not read as something else: the line is named', async () => {
  const names = ['Jürgen', 'Łucja', 'Chloé', 'Zoë', 'Søren', 'Ayşe'].map(
    (name, row) => `${name},p${row}@firma.example,1\n`,
  );
  const draftId = await uploads.send(
    Buffer.concat([Buffer.from(header + names.join('')), Buffer.from('K\u00e4the,k@firma.example,1\n', 'latin1')]),
  );
  const { analysis } = await uploads.value('uploads.analyse', { draftId, options: null });
  expect(analysis).toMatchObject({ encoding: 'utf-8', encodingCertain: false });
  expect(analysis?.decoded[0]?.names).toContain('Łucja');
  const result = await uploads.call('uploads.importRows', { draftId, options, mapping: [...mapping] });
  expect(result).toEqual({ ok: false, error: { code: 'unreadable_file', reason: 'encoding', line: 8 } });
});
