import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UploadRow } from '../../../shared/contract/uploads.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

/** Row 2 has been corrected, and has a warning; row 3 has an error. */
const file =
  'First name,Email,Credits\nAnna,anna@firma.example,5\n,ben@firma.example,6\nCora,cora@firma.example,some\n';

describe('a row of which a fault of the disk has left no JSON', () => {
  let uploads: UploadsHarness;
  let draftId: string;
  beforeEach(async () => {
    uploads = openHarness();
    draftId = (await uploads.read(file)).draftId;
    await uploads.value('uploads.editCell', { draftId, row: 2, field: 'credits', value: '7' });
  });
  afterEach(() => uploads.close());

  const rows = async (): Promise<UploadRow[]> =>
    (await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 9 })).rows;
  /** As a flipped bit in a quotation mark or a bracket does. */
  const damage = (
    column: 'cells' | 'edits' | 'issues',
    row = 2,
    spoil: (text: string) => string = (text) => text.slice(1),
  ): void => {
    uploads.database.execute(
      `create temp table triggers as select sql from sqlite_schema where name = 'draft_rows_issues_changed';
       drop trigger draft_rows_issues_changed`,
    );
    const [{ sql } = { sql: '' }] = uploads.database.all<{ sql: string }>('select sql from temp.triggers');
    const stored = uploads.database.get<{ text: string }>(
      `select ${column} as text from draft_rows where row_no = ?`,
      row,
    );
    uploads.database.run(`update draft_rows set ${column} = ? where row_no = ?`, spoil(stored?.text ?? ''), row);
    uploads.database.execute(`drop table temp.triggers; ${sql}`);
  };
  const codes = (row: UploadRow | undefined): string[] => (row?.issues ?? []).map(({ code }) => code).toSorted();

  test.each(['cells', 'edits', 'issues'] as const)(
    '(%s) is shown as what would be sent, beside the others',
    async (column) => {
      const before = await rows();
      damage(column);
      const [first, second, third] = await rows();
      expect([first, third]).toEqual([before[0], before[2]]);
      expect(second?.values).toEqual(before[1]?.values);
      expect(second?.state).toBe('ready');
      expect(codes(second)).toEqual(column === 'issues' ? ['row_damaged'] : ['name_missing', 'row_damaged']);
      expect(second?.issues.find(({ code }) => code === 'row_damaged')?.severity).toBe('warning');
    },
  );

  test('has an error where it had one that cannot be read', async () => {
    damage('issues', 3);
    const [, , third] = await rows();
    expect(third).toMatchObject({ state: 'error', issues: [{ code: 'row_damaged', severity: 'error' }] });
  });

  test.each(['cells', 'edits', 'issues'] as const)(
    '(%s) can be corrected, with the rest of its values',
    async (column) => {
      damage(column);
      const { row } = await uploads.value('uploads.editCell', { draftId, row: 2, field: 'first_name', value: 'Ben' });
      expect(row).toMatchObject({
        state: 'ready',
        values: { first_name: 'Ben', email: 'ben@firma.example', credits: '7' },
      });
      // What the file says stays damaged; what was found is counted anew.
      expect(codes(row)).toEqual(column === 'cells' ? ['row_damaged'] : []);
      const { counts } = await uploads.value('uploads.issueCounts', { draftId });
      expect(counts.map(({ code }) => code)).toEqual(['credits_not_a_number']);
    },
  );

  test.each(['cells', 'edits', 'issues'] as const)(
    '(%s) is changed with all, exported, sent and discarded',
    async (column) => {
      damage(column);
      const fix = { kind: 'column', field: 'first_name', value: 'Somebody', only: 'blank' } as const;
      expect(await uploads.value('uploads.fixAll', { draftId, fix })).toMatchObject({ changed: 1 });
      await uploads.value('uploads.undo', { draftId });
      const [, second] = await rows();
      expect(second?.values).toMatchObject({ email: 'ben@firma.example', credits: '7', first_name: '' });
      const what = { kind: 'rows', draftId, rows: 'all', format: 'csv' } as const;
      const { exportId } = await uploads.value('exports.begin', { what });
      const { bytes } = await uploads.value('exports.read', { exportId, offset: 0 });
      expect(new TextDecoder().decode(bytes)).toMatch(/ben@firma\.example.*7.*cora@firma\.example/su);
      await uploads.value('uploads.submit', { draftId });
      await uploads.value('uploads.stop', { draftId });
      await uploads.value('uploads.discard', { draftId });
      for (const table of ['draft_rows', 'draft_issues', 'draft_issue_tallies'])
        expect(uploads.database.all(`select * from ${table}`)).toEqual([]);
    },
  );

  test.each([
    ['an issue without a code', '"code"', '"codf"'],
    ['something that is no issue', '{', '1,{'],
  ])('is skipped, corrected and counted where it has %s', async (_, from, to) => {
    damage('issues', 2, (issues) => issues.replace(from, to));
    const { rows: skipped } = await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 9 });
    expect(skipped).toHaveLength(3);
    for (const isSkipped of [true, false])
      await uploads.value('uploads.setSkipped', { draftId, rows: [2], skipped: isSkipped });
    await uploads.value('uploads.editCell', { draftId, row: 2, field: 'first_name', value: 'Ben' });
    const { counts } = await uploads.value('uploads.issueCounts', { draftId });
    expect(counts.map(({ code }) => code)).toEqual(['credits_not_a_number']);
  });
});
