import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { submitted } from '../../builders/database.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

const source = 'Team,Email,Credits\nA,ann@firma.example,3\nB,bad,2\nC,cleo@firma.example,x\n';

describe('an error file that comes back', () => {
  let harness: UploadsHarness;
  beforeEach(() => {
    harness = openHarness();
  });
  afterEach(() => harness.close());

  async function exported(
    draftId: string,
    rows: 'all' | 'problems',
    format: 'csv' | 'xlsx' = 'csv',
  ): Promise<Uint8Array> {
    const { exportId } = await harness.value('exports.begin', { what: { kind: 'rows', draftId, rows, format } });
    const { bytes } = await harness.value('exports.read', { exportId, offset: 0 });
    await harness.value('exports.end', { exportId });
    return bytes;
  }

  const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

  /** Sends a file and answers what it was recognised as. */
  async function returned(content: string | Uint8Array, fileName = 'members-to-correct.csv') {
    const draftId = await harness.send(content, fileName);
    const { analysis } = await harness.value('uploads.analyse', { draftId, options: null });
    return { draftId, analysis };
  }

  const valuesOf = async (draftId: string) =>
    (await harness.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 200 })).rows.map(
      ({ values }) => values,
    );

  test('is recognised, and its corrections become one step of undo; the rows it lacks stay', async () => {
    const { draftId: into } = await harness.read(source);
    const file = textOf(await exported(into, 'problems'));
    const { draftId, analysis } = await returned(file.replace('"bad"', '"ben@firma.example"').replace('"x"', '"7"'));
    expect(analysis?.reattach).toEqual({ draftId: into, fileName: 'members.csv', rows: 3 });
    expect(analysis).toMatchObject({ mapping: ['ignore', 'email', 'credits', 'ignore', 'ignore', 'ignore', 'ignore'] });
    const { draft, ...figures } = await harness.value('uploads.reattach', { draftId, into });
    expect(figures).toEqual({ changed: 2, confirmedLeft: 0, unknown: 0, keptIn: null, ignoredChanges: 0 });
    expect(draft).toMatchObject({ draftId: into, errors: 0, credits: 12, canUndo: true });
    const drafts = await harness.value('uploads.list', {});
    expect(drafts.drafts.map((it) => it.draftId)).toEqual([into]);
    const undone = await harness.value('uploads.undo', { draftId: into });
    expect(undone).toMatchObject({ errors: 2, canUndo: false });
    expect(await valuesOf(into)).toContainEqual({ email: 'bad', credits: '2' });
  });

  test('as a workbook, sorted otherwise and with columns moved, comes back as well', async () => {
    const { draftId: into } = await harness.read(source);
    const workbook = await returned(await exported(into, 'problems', 'xlsx'), 'members-to-correct.xlsx');
    expect(workbook.analysis?.reattach).toMatchObject({ draftId: into });
    expect(await harness.value('uploads.reattach', { draftId: workbook.draftId, into })).toMatchObject({ changed: 0 });
    const moved = await returned(
      `receipt,Credits,Email\nPC-${into}-3,4,cleo@firma.example\nPC-${into}-2,2,ben@firma.example\nPC-${into}-99,1,no@firma.example\n,1,new@firma.example\nPC-${into}-2,9,twice@firma.example\n`,
    );
    const { draft, ...figures } = await harness.value('uploads.reattach', { draftId: moved.draftId, into });
    expect(figures).toMatchObject({ changed: 2, confirmedLeft: 0, unknown: 3, ignoredChanges: 0 });
    expect(draft).toMatchObject({ errors: 0, rows: 3, credits: 9 });
    // What has no place there is kept, and checked among itself and beside the other draft.
    const keptIn = figures.keptIn ?? '';
    const { rows } = await harness.value('uploads.rows', { draftId: keptIn, show: 'all', offset: 0, limit: 200 });
    expect(rows.map(({ row, values, issues }) => [row, values, issues.map(({ code }) => code)])).toEqual([
      [3, { email: 'no@firma.example', credits: '1' }, []],
      [4, { email: 'new@firma.example', credits: '1' }, []],
      [5, { email: 'twice@firma.example', credits: '9' }, []],
    ]);
    const kept = await harness.value('uploads.read', { draftId: keptIn });
    expect(kept).toMatchObject({ stage: 'fix', rows: 3, credits: 11 });
    expect(kept.analysis?.reattach).toBeUndefined();
    const { drafts } = await harness.value('uploads.list', {});
    expect(drafts.map((it) => it.draftId).toSorted()).toEqual([into, keptIn].toSorted());
  });

  test('tells how many rows differ in columns that are not used', async () => {
    const { draftId: into } = await harness.read(source);
    const file = textOf(await exported(into, 'all'))
      .replace('"A"', '"AA"')
      .replace('"bad"', '"ben@firma.example"');
    const { draftId } = await returned(file);
    const { draft, ...figures } = await harness.value('uploads.reattach', { draftId, into });
    expect(figures).toEqual({ changed: 1, confirmedLeft: 0, unknown: 0, keptIn: null, ignoredChanges: 1 });
    expect(draft).toMatchObject({ errors: 1 });
    expect(textOf(await exported(into, 'all'))).toContain('"A"');
  });

  test('keeps a row that stood twice without the duplicate that went', async () => {
    const { draftId: into } = await harness.read(source);
    const twice = await returned(
      `receipt,Credits,Email\nPC-${into}-2,2,ben@firma.example\nPC-${into}-2,9,ben@firma.example\n`,
    );
    const { keptIn } = await harness.value('uploads.reattach', { draftId: twice.draftId, into });
    const { rows } = await harness.value('uploads.rows', { draftId: keptIn ?? '', show: 'all', offset: 0, limit: 9 });
    const elsewhere = expect.objectContaining({ code: 'member_waiting' });
    expect(rows.map(({ row, issues }) => [row, issues])).toEqual([[2, [elsewhere]]]);
  });

  test('after the upload was sent, corrects the rows without an effect and leaves the confirmed ones alone', async () => {
    const { draftId: into } = await harness.read('Email,Credits\nann@firma.example,3\nben@firma.example,4\n');
    submitted(harness.database, into, harness.now);
    harness.database.run(`update draft_rows set result = 'confirmed' where draft_id = ? and row_no = 1`, into);
    harness.database.run(`update draft_rows set result = 'refused' where draft_id = ? and row_no = 2`, into);
    harness.database.run(`update drafts set stage = 'done' where draft_id = ?`, into);
    const file = textOf(await exported(into, 'all'))
      .replaceAll('"3"', '"300"')
      .replaceAll('"4"', '"1"');
    const { draftId } = await returned(file);
    const { draft, ...figures } = await harness.value('uploads.reattach', { draftId, into });
    expect(figures).toEqual({ changed: 1, confirmedLeft: 1, unknown: 0, keptIn: null, ignoredChanges: 0 });
    expect(draft.draftId).not.toBe(into);
    expect(draft).toMatchObject({ rows: 1, credits: 1, stage: 'fix' });
    expect(await valuesOf(into)).toContainEqual({ email: 'ann@firma.example', credits: '3' });
  });

  test('belongs to no draft that is gone, of another computer, or not named', async () => {
    const first = await harness.read(source);
    const other = await harness.read('Email\nzoe@firma.example\n');
    const { draftId } = await returned(await exported(first.draftId, 'all'));
    expect(await harness.call('uploads.reattach', { draftId, into: other.draftId })).toMatchObject({
      error: { code: 'invalid_input', reason: 'no_receipts' },
    });
    expect(await harness.value('uploads.read', { draftId })).toMatchObject({ rows: 3 });
    const again = await returned(await exported(first.draftId, 'all'));
    await harness.value('uploads.discard', { draftId: first.draftId });
    const { analysis } = await harness.value('uploads.read', { draftId: again.draftId });
    expect(analysis?.reattach).toBeUndefined();
    expect(await harness.call('uploads.reattach', { draftId: again.draftId, into: first.draftId })).toMatchObject({
      error: { code: 'not_found' },
    });
    const plain = await returned('Email\nzoe@firma.example\n');
    expect(await harness.call('uploads.reattach', { draftId: plain.draftId, into: other.draftId })).toMatchObject({
      error: { code: 'invalid_input', reason: 'no_receipts' },
    });
  });
});
