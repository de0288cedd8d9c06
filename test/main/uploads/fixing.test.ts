import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fix } from '../../../shared/contract/upload-fixing.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

let uploads: UploadsHarness;
let draftId: string;

const file = `First name,Email,Credits
A,a@firma.example,ten
B,b@@firma.example,ten
C,c@firma.example,1.5
D,A@firma.example,
E,e@gmial.com,ten
"F  F",f@gmial.com,
G,g@@firma.example,"10 "
`;

beforeEach(async () => {
  uploads = openHarness();
  draftId = (await uploads.read(file)).draftId;
});
afterEach(async () => {
  await uploads.close();
});

const fixAll = (fix: Fix) => uploads.value('uploads.fixAll', { draftId, fix });
const undo = () => uploads.value('uploads.undo', { draftId });
const redo = () => uploads.value('uploads.redo', { draftId });
type Show = 'all' | 'errors' | 'warnings' | 'skipped' | 'ready';
const rowsOf = async (show: Show, code: string | null = null, offset = 0, limit = 200) => {
  const page = await uploads.value('uploads.rows', { draftId, show, code, offset, limit });
  return [page.total, ...page.rows.map(({ row }) => row)];
};
const counts = async () => {
  const answer = await uploads.value('uploads.issueCounts', { draftId });
  return Object.fromEntries(answer.counts.map((count) => [count.code, count.rows]));
};

/** Everything that the rules and people have made of the rows, with what the side tables say of them. */
function state(): unknown {
  const all = (sql: string): unknown => uploads.database.all(sql);
  return {
    rows: all('select * from draft_rows order by row_no'),
    issues: all('select * from draft_issues order by code, row_no'),
    rules: all(
      `select code, row_severity, skipped, field, severity, block, rows from draft_issue_tallies where rows > 0`,
    ),
    tallies: all('select severity, skipped, result, block, rows, credits from draft_tallies where rows > 0'),
  };
}

describe('rows by rule', () => {
  test('are counted without those that are skipped, the most frequent first', async () => {
    expect((await uploads.value('uploads.issueCounts', { draftId })).counts).toEqual([
      { code: 'credits_not_a_number', field: 'credits', severity: 'error', rows: 3 },
      { code: 'email_domain_typo', field: 'email', severity: 'warning', rows: 2 },
      { code: 'email_invalid', field: 'email', severity: 'error', rows: 2 },
      { code: 'credits_fractional', field: 'credits', severity: 'error', rows: 1 },
      { code: 'email_duplicate', field: 'email', severity: 'error', rows: 1 },
    ]);
    await uploads.value('uploads.setSkipped', { draftId, rows: [2, 3], skipped: true });
    expect(await counts()).toEqual({
      credits_not_a_number: 2,
      email_domain_typo: 2,
      email_invalid: 1,
      email_duplicate: 1,
    });
  });

  test('are listed, also together with what is shown', async () => {
    expect(await rowsOf('all', 'credits_not_a_number')).toEqual([3, 1, 2, 5]);
    expect(await rowsOf('all', 'credits_not_a_number', 1, 1)).toEqual([3, 2]);
    expect(await rowsOf('warnings', 'email_domain_typo')).toEqual([1, 6]);
    expect(await rowsOf('errors', 'email_domain_typo')).toEqual([1, 5]);
    await uploads.value('uploads.setSkipped', { draftId, rows: [2], skipped: true });
    expect(await rowsOf('skipped', 'credits_not_a_number')).toEqual([1, 2]);
    expect(await rowsOf('errors', 'credits_not_a_number')).toEqual([2, 1, 5]);
    expect(await rowsOf('all', 'no_such_rule')).toEqual([0]);
  });

  test('are walked through in both directions', async () => {
    const next = (after: number, direction: 'next' | 'previous' = 'next', show: 'errors' | 'all_issues' = 'errors') =>
      uploads.value('uploads.nextIssue', { draftId, after, direction, show });
    expect(await next(0)).toEqual({ row: 1, position: 0 });
    expect(await next(5)).toEqual({ row: 7, position: 6 });
    expect(await next(5, 'next', 'all_issues')).toEqual({ row: 6, position: 5 });
    expect(await next(7)).toEqual({ row: null, position: 0 });
    expect(await next(7, 'previous')).toEqual({ row: 5, position: 4 });
    expect(await next(0, 'previous')).toEqual({ row: 7, position: 6 });
    const inErrors = await uploads.value('uploads.nextIssue', {
      draftId,
      after: 5,
      direction: 'next',
      show: 'errors',
      list: { show: 'errors', code: 'email_invalid' },
    });
    expect(inErrors).toEqual({ row: 7, position: 1 });
  });
});

describe('a fix for many rows', () => {
  const asRead = {
    credits_not_a_number: 3,
    email_domain_typo: 2,
    email_invalid: 2,
    credits_fractional: 1,
    email_duplicate: 1,
  };

  test.each<{ name: string; fix: Fix; changed: number; after: Record<string, number> }>([
    {
      name: 'of a repeated value',
      fix: { kind: 'value', field: 'credits', from: 'ten', to: '10' },
      changed: 3,
      after: { email_domain_typo: 2, email_invalid: 2, credits_fractional: 1, email_duplicate: 1 },
    },
    {
      name: 'by suggestions',
      fix: { kind: 'suggestions', code: 'email_invalid' },
      changed: 2,
      after: { credits_not_a_number: 3, email_domain_typo: 2, credits_fractional: 1, email_duplicate: 1 },
    },
    {
      name: 'that skips',
      fix: { kind: 'skip', code: 'credits_not_a_number' },
      changed: 3,
      // Row 4 has the e-mail of row 1, which is out now.
      after: { email_domain_typo: 1, email_invalid: 1, credits_fractional: 1 },
    },
    {
      name: 'of blank cells of a column',
      fix: { kind: 'column', field: 'credits', value: 'none', only: 'blank' },
      changed: 2,
      after: { ...asRead, credits_not_a_number: 5 },
    },
    {
      name: 'of a whole column',
      fix: { kind: 'column', field: 'email', value: 'a@firma.example', only: 'all' },
      // Row 1 has this very text already.
      changed: 6,
      after: { credits_not_a_number: 3, credits_fractional: 1, email_duplicate: 6 },
    },
    { name: 'that trims', fix: { kind: 'trim' }, changed: 2, after: asRead },
  ])('$name is one step, undone and made again, also after a restart', async ({ fix, changed, after }) => {
    const before = state();
    const answer = await fixAll(fix);
    expect(answer).toMatchObject({ changed, draft: { canUndo: true, canRedo: false, work: null } });
    expect(await counts()).toEqual(after);
    const made = state();
    expect(await undo()).toMatchObject({ canUndo: false, canRedo: true });
    expect(state()).toEqual(before);
    uploads.restart();
    await redo();
    expect(state()).toEqual(made);
    uploads.restart();
    await undo();
    expect(state()).toEqual(before);
    expect(await counts()).toEqual(asRead);
  });

  test('leaves skipped rows alone, and is no step when nothing changes', async () => {
    await uploads.value('uploads.setSkipped', { draftId, rows: [2], skipped: true });
    expect(await fixAll({ kind: 'value', field: 'credits', from: 'ten', to: '10' })).toMatchObject({ changed: 2 });
    const again = await fixAll({ kind: 'value', field: 'credits', from: 'ten', to: '10' });
    expect(again).toMatchObject({ changed: 0 });
    await undo();
    expect(await counts()).toMatchObject({ credits_not_a_number: 2 });
    expect(uploads.database.get('select count(*) as steps from draft_steps')).toEqual({ steps: 2 });
  });

  test('of a column that carries no data is refused', async () => {
    const fix: Fix = { kind: 'column', field: 'ignore', value: 'x', only: 'all' };
    expect(await uploads.call('uploads.fixAll', { draftId, fix })).toMatchObject({ error: { code: 'invalid_input' } });
  });

  test('that cannot be made again any more is swept away', async () => {
    await fixAll({ kind: 'trim' });
    await undo();
    await uploads.value('uploads.editCell', { draftId, row: 1, field: 'credits', value: '1' });
    await uploads.value('uploads.read', { draftId });
    for (const table of ['draft_steps', 'draft_step_rows', 'draft_step_emails']) {
      expect(uploads.database.get(`select count(*) as rows from ${table}`)).toEqual({ rows: 0 });
    }
  });
});

test('a repeated value is counted as it stands, edits included', async () => {
  const repeated = (field: 'credits' | 'email' | 'first_name', value: string) =>
    uploads.value('uploads.repeatedValue', { draftId, field, value });
  expect(await repeated('credits', 'ten')).toEqual({ rows: 3 });
  await uploads.value('uploads.editCell', { draftId, row: 1, field: 'credits', value: '10' });
  expect(await repeated('credits', 'ten')).toEqual({ rows: 2 });
  expect(await repeated('credits', '10')).toEqual({ rows: 1 });
  expect(await repeated('credits', '10 ')).toEqual({ rows: 1 });
  expect(await repeated('credits', '')).toEqual({ rows: 2 });
  expect(await repeated('email', 'a@firma.example')).toEqual({ rows: 1 });
  expect(await repeated('first_name', 'F  F')).toEqual({ rows: 1 });
});
