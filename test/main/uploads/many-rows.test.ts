import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fix } from '../../../shared/contract/upload-fixing.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

const rows = 6_000;
let uploads: UploadsHarness;
let draftId: string;

/** Row 3, 6, 9 … have a warning, row 5, 10 … an error, every hundredth line is blank. */
function file(): string {
  const lines = ['First name,Email,Credits'];
  for (let row = 1; row <= rows; row += 1) {
    const email = row % 5 === 0 ? `m${row}@@firma.example` : `m${row}@${row % 3 === 0 ? 'gmial.com' : 'firma.example'}`;
    lines.push(row % 100 === 0 ? '' : `Name ${row},${email},1`);
  }
  return lines.join('\n');
}

beforeEach(async () => {
  uploads = openHarness();
  draftId = (await uploads.read(file())).draftId;
});
afterEach(async () => {
  await uploads.close();
});

const everyRow: Fix = { kind: 'column', field: 'credits', value: '2', only: 'all' };
const read = () => uploads.value('uploads.read', { draftId });
const credits = () => uploads.database.all('select distinct credits from draft_rows');
const progress = () => uploads.events.filter((event) => event.event === 'fix_progress');

/** Begins a change that takes more than one slice. */
async function begun(): Promise<{ readonly ended: Promise<unknown> }> {
  const ended = uploads.call('uploads.fixAll', { draftId, fix: everyRow });
  // The handler opens the account first, then does the first slice.
  while (uploads.database.get('select 1 from draft_steps where work is not null') === undefined)
    await Promise.resolve();
  return { ended };
}

describe('a change over many rows', () => {
  test('gives way in between, tells its progress, and lets nobody else change the rows meanwhile', async () => {
    const { ended } = await begun();
    expect((await read()).work).toMatchObject({ total: rows - 1 });
    const busy = { ok: false, error: { code: 'conflict', what: 'draft_busy' } };
    expect(await uploads.call('uploads.editCell', { draftId, row: 1, field: 'credits', value: '5' })).toEqual(busy);
    expect(await uploads.call('uploads.fixAll', { draftId, fix: { kind: 'trim' } })).toEqual(busy);
    expect(await uploads.call('uploads.undo', { draftId })).toEqual(busy);
    expect(await uploads.call('uploads.submit', { draftId })).toEqual(busy);
    expect(await ended).toMatchObject({ ok: true, value: { changed: rows - 60, draft: { work: null } } });
    expect(progress()[0]).toMatchObject({ draftId, total: rows - 1 });
    expect(credits()).toEqual([{ credits: 2 }]);
  });

  test('is taken back when it is cancelled, whichever way it goes', async () => {
    const { ended } = await begun();
    expect(await uploads.value('uploads.cancelFix', { draftId })).toMatchObject({ canUndo: false, work: null });
    expect(await ended).toEqual({ ok: false, error: { code: 'cancelled' } });
    expect(credits()).toEqual([{ credits: 1 }]);

    await uploads.value('uploads.fixAll', { draftId, fix: everyRow });
    const undone = uploads.call('uploads.undo', { draftId });
    while (!(await read()).work) await setImmediate();
    expect(await uploads.value('uploads.cancelFix', { draftId })).toMatchObject({ canUndo: true, canRedo: false });
    expect(await undone).toEqual({ ok: false, error: { code: 'cancelled' } });
    expect(credits()).toEqual([{ credits: 2 }]);
    // Nothing is going on: nothing is cancelled.
    expect(await uploads.value('uploads.cancelFix', { draftId })).toMatchObject({ canUndo: true });
    await uploads.value('uploads.undo', { draftId });
    expect(credits()).toEqual([{ credits: 1 }]);
  });

  test.each(['close', 'kill'] as const)('goes on by itself after a %s', async (end) => {
    const { ended } = await begun();
    if (end === 'close') await uploads.closeAccount();
    uploads.restart();
    expect(await ended).toEqual({ ok: false, error: { code: 'conflict', what: 'draft_busy' } });
    expect((await read()).work).not.toBeNull();
    while ((await read()).work) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(credits()).toEqual([{ credits: 2 }]);
    expect(await uploads.value('uploads.undo', { draftId })).toMatchObject({ canUndo: false, canRedo: true });
    expect(credits()).toEqual([{ credits: 1 }]);
  });

  test('does not hold up that its draft is discarded, and leaves nothing behind', async () => {
    const { ended } = await begun();
    await uploads.value('uploads.discard', { draftId });
    expect(await ended).toMatchObject({ ok: false });
    const left = (table: string) =>
      uploads.database.get<{ rows: number }>(`select count(*) as rows from ${table}`)?.rows;
    for (const table of ['draft_rows', 'draft_issues', 'draft_tallies', 'draft_issue_tallies'])
      expect(left(table)).toBe(0);
    while (left('draft_steps') !== 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect([left('draft_step_rows'), left('draft_step_emails')]).toEqual([0, 0]);
  });
});

test('the dry run names the row that the balance cannot pay, deep in the file too', async () => {
  uploads.addMember('m5998@firma.example');
  uploads.addMember('m5999@firma.example');
  const every = Array.from({ length: rows - 1 }, (_, index) => index + 1).filter((row) => row % 5 !== 0);
  for (const balance of [0, 1_637, 1_638, 1_639, 4_700, every.length - 1]) {
    uploads.setBalance(balance);
    const { exceeds } = await uploads.value('uploads.dryRun', { draftId });
    expect(exceeds, `balance ${balance}`).toEqual({ row: every[balance], by: every.length - balance });
  }
  uploads.setBalance(every.length);
  expect(await uploads.value('uploads.dryRun', { draftId })).toMatchObject({
    exceeds: null,
    existingMembers: 2,
    newMembers: every.length - 2,
  });
});

describe('a list of many rows', () => {
  const page = async (
    show: 'all' | 'errors' | 'warnings' | 'ready' | 'skipped',
    code: string | null,
    offset: number,
  ) => {
    const answer = await uploads.value('uploads.rows', { draftId, show, code, offset, limit: 200 });
    return { total: answer.total, rows: answer.rows.map(({ row }) => row) };
  };

  test('has the same rows page by page as read at once, whatever it shows', async () => {
    await uploads.value('uploads.setSkipped', {
      draftId,
      rows: [1, 2, 3, 5, 2_047, 2_048, 2_049, 5_999],
      skipped: true,
    });
    const every = Array.from({ length: rows - 1 }, (_, index) => index + 1).filter((row) => row % 100 !== 0);
    const isSkipped = (row: number) => [1, 2, 3, 5, 2_047, 2_048, 2_049, 5_999].includes(row);
    const isError = (row: number) => row % 5 === 0;
    const isWarning = (row: number) => !isError(row) && row % 3 === 0;
    for (const [show, code, belongs] of [
      ['all', null, () => true],
      ['errors', null, (row: number) => isError(row) && !isSkipped(row)],
      ['warnings', null, (row: number) => isWarning(row) && !isSkipped(row)],
      ['ready', null, (row: number) => !isError(row) && !isSkipped(row)],
      ['skipped', null, isSkipped],
      ['all', 'email_domain_typo', isWarning],
      ['errors', 'email_invalid', (row: number) => isError(row) && !isSkipped(row)],
      ['skipped', 'email_invalid', (row: number) => isError(row) && isSkipped(row)],
    ] as const) {
      const wanted = every.filter(belongs);
      const found: number[] = [];
      for (let offset = 0; offset < wanted.length; offset += 200) {
        const answer = await page(show, code, offset);
        expect(answer.total, `${show} ${code}`).toBe(wanted.length);
        found.push(...answer.rows);
      }
      expect(found, `${show} ${code}`).toEqual(wanted);
      expect(await page(show, code, wanted.length)).toEqual({ total: wanted.length, rows: [] });
    }
  });

  test('says where a row with an issue stands, at any depth', async () => {
    const every = Array.from({ length: rows - 1 }, (_, index) => index + 1).filter((row) => row % 100 !== 0);
    for (const after of [0, 95, 2_043, 2_045, 4_090, 5_990]) {
      const answer = await uploads.value('uploads.nextIssue', { draftId, after, direction: 'next', show: 'errors' });
      const row = every.find((candidate) => candidate > after && candidate % 5 === 0);
      expect(answer).toEqual({ row, position: every.indexOf(row ?? 0) });
    }
  });
});

describe('an upload of many rows', () => {
  const ready = rows - 60 - (rows / 5 - 60);
  const results = () =>
    uploads.database.all(`select result, count(*) as rows from draft_rows group by result order by result`);
  const items = () => uploads.database.get('select count(*) as items from outbox');
  const busy = { ok: false, error: { code: 'conflict', what: 'draft_busy' } };
  /** Until the first rows, but not all, are marked. */
  async function begun(mark: string): Promise<void> {
    const sql = `select 1 from draft_rows where ${mark} limit 1`;
    while (uploads.database.get(sql) === undefined) await setImmediate();
  }

  test('is queued at once at the end of slices, and nobody changes its rows meanwhile', async () => {
    const submitted = uploads.call('uploads.submit', { draftId });
    await begun(`result = 'queued'`);
    expect(items()).toEqual({ items: 0 });
    expect(await uploads.call('uploads.editCell', { draftId, row: 1, field: 'credits', value: '5' })).toEqual(busy);
    expect(await submitted).toMatchObject({ ok: true, value: { stage: 'queued', waiting: ready } });
    expect(items()).toEqual({ items: 1 });
    expect(uploads.database.get('select planned_credits as credits from outbox')).toEqual({ credits: ready });
  });

  test('is as before when its submission is cancelled or cut off, and can be changed and submitted', async () => {
    const cancelled = uploads.call('uploads.submit', { draftId });
    await begun(`result = 'queued'`);
    await uploads.value('uploads.cancelFix', { draftId });
    expect(await cancelled).toEqual({ ok: false, error: { code: 'cancelled' } });
    expect(await read()).toMatchObject({ stage: 'fix', waiting: 0, outboxItemId: null });
    const cutOff = uploads.call('uploads.submit', { draftId });
    uploads.restart();
    expect(await cutOff).toMatchObject({ ok: false });
    expect(items()).toEqual({ items: 0 });

    const edit = await uploads.value('uploads.editCell', { draftId, row: 1, field: 'email', value: 'no e-mail' });
    expect(edit.row.state).toBe('error');
    const { rows: shown } = await uploads.value('uploads.rows', { draftId, show: 'ready', offset: 0, limit: 1 });
    expect(shown[0]).toMatchObject({ row: 2, state: 'ready' });
    expect(await uploads.value('uploads.submit', { draftId })).toMatchObject({ waiting: ready - 1 });
    expect(uploads.database.get('select result from draft_rows where row_no = 1')).toEqual({ result: null });
  });

  test('gives its rows back in slices when it is stopped, also when the console ends meanwhile', async () => {
    await uploads.value('uploads.submit', { draftId });
    const stopped = uploads.call('uploads.stop', { draftId });
    await begun(`result = 'waiting'`);
    expect(results()).toContainEqual({ result: 'queued', rows: expect.any(Number) });
    uploads.restart();
    await stopped;
    expect(uploads.database.get('select state, stopping from outbox')).toEqual({ state: 'checking', stopping: 1 });
    expect(await uploads.value('uploads.stop', { draftId })).toMatchObject({ stage: 'stopped', waiting: ready });
    expect(uploads.database.get('select state, planned_credits from outbox')).toEqual({
      state: 'confirmed',
      planned_credits: 0,
    });
  });

  test('hands its rows over to one draft, once, also after the console ended meanwhile', async () => {
    await uploads.value('uploads.submit', { draftId });
    await uploads.value('uploads.stop', { draftId });
    const cutOff = uploads.call('uploads.retryRefused', { draftId });
    await begun('retried_in is not null');
    expect((await uploads.value('uploads.list', {})).drafts).toHaveLength(1);
    expect(await uploads.call('uploads.retryRefused', { draftId })).toEqual(busy);
    uploads.restart();
    await cutOff;
    const retry = await uploads.value('uploads.retryRefused', { draftId });
    expect(retry).toMatchObject({ stage: 'fix', rows: rows - 60, errors: rows / 5 - 60, credits: ready });
    expect((await uploads.value('uploads.list', {})).drafts).toHaveLength(2);
    expect(uploads.database.get('select count(*) as drafts from drafts')).toEqual({ drafts: 2 });
  });
});
