import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DraftDetail } from '../../../shared/contract/uploads.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

let uploads: UploadsHarness;
let draft: DraftDetail;
let draftId: string;

const file = `First name,Email,Credits
A,a@firma.example,1
B,b@@firma.example,2
C,c@firma.example,1.5
D,A@firma.example,4
E,e@gmial.com,5
`;

beforeEach(async () => {
  uploads = openHarness();
  draft = await uploads.read(file);
  draftId = draft.draftId;
});
afterEach(async () => {
  await uploads.close();
});

const edit = (row: number, field: 'email' | 'credits' | 'first_name', value: string) =>
  uploads.value('uploads.editCell', { draftId, row, field, value });
const skip = (rows: number[] | 'all_errors', skipped = true) =>
  uploads.value('uploads.setSkipped', { draftId, rows, skipped });

async function codes(): Promise<string[]> {
  const { rows } = await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 200 });
  return rows.map((row) => `${row.row} ${row.state} ${row.issues.map((issue) => issue.code).join()}`.trim());
}

const asRead = [
  '1 ready',
  '2 error email_invalid',
  '3 error credits_fractional',
  '4 error email_duplicate',
  '5 ready email_domain_typo',
];

describe('editing', () => {
  test('starts from what the rules found', async () => {
    expect(draft).toMatchObject({
      rows: 5,
      errors: 3,
      warnings: 1,
      skipped: 0,
      credits: 6,
      canUndo: false,
      canRedo: false,
    });
    expect(await codes()).toEqual(asRead);
  });

  test('checks the row again and answers it with the new figures', async () => {
    const answer = await edit(2, 'email', 'b@firma.example');
    expect(answer.row).toMatchObject({
      row: 2,
      state: 'ready',
      issues: [],
      values: { email: 'b@firma.example', credits: '2' },
    });
    expect(answer.draft).toMatchObject({ errors: 2, credits: 8, canUndo: true, canRedo: false });
  });

  test('frees rows that collided with the old e-mail and catches those that collide with the new one', async () => {
    await edit(1, 'email', 'c@firma.example');
    expect(await codes()).toEqual([
      '1 ready',
      '2 error email_invalid',
      '3 error credits_fractional,email_duplicate',
      '4 ready',
      '5 ready email_domain_typo',
    ]);
  });

  test('skipping the first of two makes the second one the first', async () => {
    await skip([1]);
    expect(await codes()).toContain('4 ready');
    await skip([1], false);
    expect(await codes()).toEqual(asRead);
  });

  test('all errors are skipped at once, and taken back in', async () => {
    expect(await skip('all_errors')).toMatchObject({ errors: 0, skipped: 3, credits: 6, canUndo: true });
    expect(await skip('all_errors', false)).toMatchObject({ errors: 3, skipped: 0 });
    expect(await codes()).toEqual(asRead);
  });

  test('undo and redo walk through edits and skips, and survive a restart', async () => {
    await edit(2, 'email', 'b@firma.example');
    await edit(2, 'email', 'a@firma.example');
    await skip('all_errors');
    const end = await codes();
    expect(end[1]).toBe('2 skipped email_duplicate');

    uploads.restart();
    expect(await codes()).toEqual(end);
    expect(await uploads.value('uploads.undo', { draftId })).toMatchObject({
      skipped: 0,
      canUndo: true,
      canRedo: true,
    });
    await uploads.value('uploads.undo', { draftId });
    expect((await codes())[1]).toBe('2 ready');
    expect(await uploads.value('uploads.undo', { draftId })).toMatchObject({ canUndo: false, canRedo: true });
    expect(await codes()).toEqual(asRead);
    expect(await uploads.value('uploads.undo', { draftId })).toMatchObject({ canUndo: false });

    uploads.restart();
    await uploads.value('uploads.redo', { draftId });
    await uploads.value('uploads.redo', { draftId });
    expect(await uploads.value('uploads.redo', { draftId })).toMatchObject({ canUndo: true, canRedo: false });
    expect(await codes()).toEqual(end);
  });

  test('a new change forgets what could have been redone', async () => {
    await edit(2, 'email', 'b@firma.example');
    await uploads.value('uploads.undo', { draftId });
    const { draft: after } = await edit(3, 'credits', '2');
    expect(after).toMatchObject({ canUndo: true, canRedo: false });
    expect((await codes())[1]).toBe('2 error email_invalid');
  });

  test('a field the file does not have can be typed in', async () => {
    const { row } = await uploads.value('uploads.editCell', { draftId, row: 1, field: 'validity_days', value: '30' });
    expect(row.values.validity_days).toBe('30');
    expect(uploads.database.get('select validity_days from draft_rows where row_no = 1')).toEqual({
      validity_days: 30,
    });
  });

  test('of an unknown row, an unmapped field or an unknown draft is refused', async () => {
    const call = (input: { draftId: string; row: number; field: 'email' | 'ignore' }) =>
      uploads.call('uploads.editCell', { ...input, value: 'x' });
    expect(await call({ draftId, row: 99, field: 'email' })).toMatchObject({
      error: { code: 'not_found', what: 'row' },
    });
    expect(await call({ draftId, row: 1, field: 'ignore' })).toMatchObject({ error: { code: 'invalid_input' } });
    const unknown = await call({ draftId: crypto.randomUUID(), row: 1, field: 'email' });
    expect(unknown).toMatchObject({ error: { code: 'not_found', what: 'draft' } });
    expect((await uploads.value('uploads.read', { draftId })).canUndo).toBe(false);
  });

  test('reading the file again replaces rows and edits', async () => {
    await edit(2, 'email', 'b@firma.example');
    const mapping = ['first_name', 'email', 'ignore'] as const;
    const again = await uploads.value('uploads.importRows', {
      draftId,
      options: { encoding: 'utf-8', separator: ',' },
      mapping: [...mapping],
    });
    expect(again).toMatchObject({ rows: 5, errors: 2, credits: 0, canUndo: false, canRedo: false });
    expect(again.analysis?.mapping).toEqual(mapping);
  });

  test('each filter answers its rows and their number', async () => {
    await skip([5]);
    const rows = async (show: 'errors' | 'warnings' | 'skipped' | 'ready' | 'all', offset = 0, limit = 200) => {
      const page = await uploads.value('uploads.rows', { draftId, show, offset, limit });
      return [page.total, ...page.rows.map(({ row }) => row)];
    };
    expect(await rows('all', 1, 2)).toEqual([5, 2, 3]);
    expect(await rows('errors')).toEqual([3, 2, 3, 4]);
    expect(await rows('skipped')).toEqual([1, 5]);
    expect(await rows('ready')).toEqual([1, 1]);
    await skip([5], false);
    expect(await rows('warnings')).toEqual([1, 5]);
  });
});

describe('the dry run', () => {
  test('counts what would happen, from the cache', async () => {
    uploads.addMember('a@firma.example');
    uploads.setBalance(10);
    await skip([4]);
    expect(await uploads.value('uploads.dryRun', { draftId })).toEqual({
      newMembers: 1,
      existingMembers: 1,
      changed: 1,
      credits: 6,
      errors: 2,
      skipped: 1,
      warnings: 1,
      ready: 2,
      balance: { confirmed: 10, confirmedAt: '2026-05-01T11:00:00.000Z', planned: 6, left: 4 },
      leftAfter: 4,
      exceeds: null,
      sameFileSentAt: null,
      lastUpload: null,
    });
  });

  test('names the first row that the balance cannot pay, counting what is planned already', async () => {
    await edit(2, 'email', 'b@firma.example');
    await edit(3, 'credits', '3');
    await skip([4]);
    // 1 + 2 + 3 + 5 in file order.
    for (const [balance, row, by] of [
      [10, 5, 1],
      [5, 3, 6],
      [0, 1, 11],
    ] as const) {
      uploads.setBalance(balance);
      expect((await uploads.value('uploads.dryRun', { draftId })).exceeds).toEqual({ row, by });
    }
    uploads.setBalance(11);
    expect((await uploads.value('uploads.dryRun', { draftId })).exceeds).toBeNull();
    const first = await uploads.value('uploads.submit', { draftId });
    const again = await uploads.read('Email,Credits\nz@firma.example,2\n');
    expect(await uploads.value('uploads.dryRun', { draftId: again.draftId })).toMatchObject({
      balance: { confirmed: 11, planned: 13, left: -2 },
      leftAfter: -2,
      exceeds: { row: 1, by: 2 },
    });
    expect(first.waiting).toBe(4);
  });

  test('without a known balance promises nothing', async () => {
    expect(await uploads.value('uploads.dryRun', { draftId })).toMatchObject({
      balance: { confirmed: null, left: null },
      leftAfter: null,
      exceeds: null,
    });
  });

  test('recognises a file that was submitted before, by its content', async () => {
    await skip('all_errors');
    expect((await uploads.value('uploads.dryRun', { draftId })).sameFileSentAt).toBeNull();
    await uploads.value('uploads.submit', { draftId });
    const same = await uploads.read(file);
    expect((await uploads.value('uploads.dryRun', { draftId: same.draftId })).sameFileSentAt).toBe(
      '2026-05-01T12:00:00.000Z',
    );
    const other = await uploads.read(`${file}F,f@firma.example,1\n`);
    expect((await uploads.value('uploads.dryRun', { draftId: other.draftId })).sameFileSentAt).toBeNull();
  });

  test('says nothing of an upload of the same file that gave nothing: sending it again gives nothing twice', async () => {
    await skip('all_errors');
    await uploads.value('uploads.submit', { draftId });
    uploads.database.run(`update draft_rows set result = 'refused' where draft_id = ? and result = 'queued'`, draftId);
    uploads.database.run(`update drafts set stage = 'done' where draft_id = ?`, draftId);
    const same = await uploads.read(file);
    expect((await uploads.value('uploads.dryRun', { draftId: same.draftId })).sameFileSentAt).toBeNull();
    uploads.database.run(`update draft_rows set result = 'confirmed' where draft_id = ? and row_no = 1`, draftId);
    expect((await uploads.value('uploads.dryRun', { draftId: same.draftId })).sameFileSentAt).not.toBeNull();
  });
});

describe('submitting', () => {
  test('as a whole is refused while a row has an error that is not skipped; nothing is sent when nothing is ready', async () => {
    expect(await uploads.call('uploads.submit', { draftId, mode: 'all_or_nothing' })).toMatchObject({
      error: { code: 'invalid_input', reason: 'rows_with_errors' },
    });
    await skip([1, 2, 3, 4, 5]);
    expect(await uploads.call('uploads.submit', { draftId })).toMatchObject({
      error: { code: 'invalid_input', reason: 'no_ready_row' },
    });
    expect(uploads.database.get('select count(*) as items from outbox')).toEqual({ items: 0 });
  });

  test(
    'as a whole takes as many rows and credits as the server does at once, and no more',
    { timeout: 120_000 },
    async () => {
      const rows = Array.from({ length: 50_001 }, (_, index) => `m${index}@firma.example,1\n`).join('');
      const many = await uploads.read(`Email,Credits\n${rows}`);
      const whole = (id: string) => uploads.call('uploads.submit', { draftId: id, mode: 'all_or_nothing' });
      expect(await whole(many.draftId)).toEqual({
        ok: false,
        error: { code: 'invalid_input', field: 'rows', reason: 'too_many_rows_at_once' },
      });
      await uploads.value('uploads.setSkipped', { draftId: many.draftId, rows: [50_001], skipped: true });
      expect(await whole(many.draftId)).toMatchObject({ ok: true, value: { stage: 'queued', waiting: 50_000 } });

      const dear = await uploads.read('Email,Credits\na@firma.example,60000\nb@firma.example,40001\n');
      expect(await whole(dear.draftId)).toEqual({
        ok: false,
        error: { code: 'invalid_input', field: 'rows', reason: 'too_many_credits_at_once' },
      });
      await uploads.value('uploads.editCell', { draftId: dear.draftId, row: 2, field: 'credits', value: '40000' });
      expect(await whole(dear.draftId)).toMatchObject({ ok: true, value: { stage: 'queued', credits: 100_000 } });
    },
  );

  test('of valid rows leaves those with errors behind; they come back with the rows without an effect', async () => {
    const submitted = await uploads.value('uploads.submit', { draftId });
    expect(submitted).toMatchObject({ stage: 'queued', mode: 'valid_only', waiting: 2, errors: 3 });
    await uploads.value('uploads.stop', { draftId });
    const retry = await uploads.value('uploads.retryRefused', { draftId });
    expect(retry).toMatchObject({ stage: 'fix', rows: 5, errors: 3, mode: null });
    expect((await uploads.value('uploads.retryRefused', { draftId })).draftId).toBe(retry.draftId);
  });

  test('queues one item, once, and ends the editing', async () => {
    await skip('all_errors');
    const submitted = await uploads.value('uploads.submit', { draftId });
    expect(submitted).toMatchObject({ stage: 'queued', waiting: 2, canUndo: false });
    expect((await uploads.value('uploads.submit', { draftId })).outboxItemId).toBe(submitted.outboxItemId);
    expect(uploads.database.get('select count(*) as items, sum(planned_credits) as credits from outbox')).toEqual({
      items: 1,
      credits: 6,
    });
    expect(uploads.woken).toBeGreaterThan(0);
    for (const name of ['uploads.undo', 'uploads.redo'] as const) {
      expect(await uploads.call(name, { draftId })).toMatchObject({
        error: { code: 'conflict', what: 'draft_submitted' },
      });
    }
    const edited = await uploads.call('uploads.editCell', { draftId, row: 1, field: 'credits', value: '9' });
    expect(edited).toMatchObject({ error: { code: 'conflict', what: 'draft_submitted' } });
    expect(await uploads.call('uploads.discard', { draftId })).toMatchObject({ error: { what: 'draft_submitted' } });
  });

  test('pause, resume and stop lead to a draft of what had no effect', async () => {
    await skip('all_errors');
    await uploads.value('uploads.submit', { draftId });
    expect(await uploads.value('uploads.pause', { draftId })).toMatchObject({ stage: 'paused', waiting: 2 });
    expect(await uploads.value('uploads.resume', { draftId })).toMatchObject({ stage: 'queued' });
    expect(await uploads.call('uploads.retryRefused', { draftId })).toMatchObject({ error: { what: 'item_sending' } });
    expect(await uploads.value('uploads.stop', { draftId })).toMatchObject({ stage: 'stopped', waiting: 2 });

    const retry = await uploads.value('uploads.retryRefused', { draftId });
    expect(retry).toMatchObject({ stage: 'fix', rows: 2, errors: 0, credits: 6, outboxItemId: null });
    expect(retry.draftId).not.toBe(draftId);
    const { rows } = await uploads.value('uploads.rows', { draftId: retry.draftId, show: 'all', offset: 0, limit: 9 });
    expect(rows.map(({ row, state }) => [row, state])).toEqual([
      [1, 'ready'],
      [5, 'ready'],
    ]);
    const again = await uploads.value('uploads.submit', { draftId: retry.draftId });
    expect(again.outboxItemId).not.toBeNull();
  });

  test('a refused row comes back with its reason, until it is edited, and with the last one when it is refused again', async () => {
    await skip('all_errors');
    let sent = draftId;
    for (const reason of ['member_inactive', 'invalid_email']) {
      await uploads.value('uploads.submit', { draftId: sent });
      await uploads.value('uploads.stop', { draftId: sent });
      const outcome = JSON.stringify({ outcome: 'refused', reason, shortfall: null, allocationId: null });
      const sql = `update draft_rows set result = 'refused', outcome = ? where draft_id = ? and row_no = 5`;
      uploads.database.run(sql, outcome, sent);
      const retry = await uploads.value('uploads.retryRefused', { draftId: sent });
      expect(retry).toMatchObject({ rows: 2, warnings: 1, errors: 0 });
      const before = { code: 'refused_before', severity: 'warning', field: null, data: { reason } };
      const page = { draftId: retry.draftId, show: 'warnings', offset: 0, limit: 9 } as const;
      expect((await uploads.value('uploads.rows', page)).rows).toMatchObject([
        { row: 5, issues: [{ code: 'email_domain_typo' }, before] },
      ]);
      const counts = await uploads.value('uploads.issueCounts', { draftId: retry.draftId });
      expect(counts.counts).toContainEqual(expect.objectContaining({ code: 'refused_before', rows: 1 }));
      sent = retry.draftId;
    }
    await uploads.value('uploads.editCell', { draftId: sent, row: 5, field: 'credits', value: '2' });
    const left = await uploads.value('uploads.issueCounts', { draftId: sent });
    expect(left.counts.map(({ code }) => code)).toEqual(['email_domain_typo']);
  });

  test('rows without an effect cannot be read again from a file they do not have', async () => {
    await skip('all_errors');
    await uploads.value('uploads.submit', { draftId });
    await uploads.value('uploads.stop', { draftId });
    const retry = await uploads.value('uploads.retryRefused', { draftId });
    const refused = { error: { code: 'invalid_input', reason: 'rows_of_an_earlier_upload' } };
    expect(await uploads.call('uploads.analyse', { draftId: retry.draftId, options: null })).toMatchObject(refused);
    expect(retry.rows).toBe(2);
  });

  test('discarding removes rows, changes and the file', async () => {
    await edit(2, 'email', 'b@firma.example');
    await uploads.value('uploads.discard', { draftId });
    expect(await uploads.value('uploads.list', {})).toEqual({ drafts: [] });
    for (const table of ['drafts', 'draft_rows', 'draft_changes']) {
      expect(uploads.database.get(`select count(*) as rows from ${table}`)).toEqual({ rows: 0 });
    }
    expect(await uploads.call('uploads.read', { draftId })).toMatchObject({ error: { code: 'not_found' } });
  });

  test('rows without an effect are in one draft at a time, so that they cannot be sent twice', async () => {
    await skip('all_errors');
    await uploads.value('uploads.submit', { draftId });
    await uploads.value('uploads.stop', { draftId });
    const retry = await uploads.value('uploads.retryRefused', { draftId });
    expect((await uploads.value('uploads.retryRefused', { draftId })).draftId).toBe(retry.draftId);
    // Given up without being sent, the rows can be taken up again.
    await uploads.value('uploads.discard', { draftId: retry.draftId });
    const second = await uploads.value('uploads.retryRefused', { draftId });
    expect(second).toMatchObject({ stage: 'fix', rows: 2 });
    expect(second.draftId).not.toBe(retry.draftId);
    // Once submitted they belong to that upload, even when it is cleared away afterwards.
    await uploads.value('uploads.submit', { draftId: second.draftId });
    expect((await uploads.value('uploads.retryRefused', { draftId })).draftId).toBe(second.draftId);
    // Of an upload that has ended, the rows that had an effect there stay away, the others come back.
    await uploads.value('uploads.stop', { draftId: second.draftId });
    uploads.database.run(
      `update draft_rows set result = 'confirmed' where draft_id = ? and row_no = 1`,
      second.draftId,
    );
    const third = await uploads.value('uploads.retryRefused', { draftId: second.draftId });
    await uploads.value('uploads.discard', { draftId: second.draftId });
    expect((await uploads.value('uploads.retryRefused', { draftId })).draftId).toBe(third.draftId);
    await uploads.value('uploads.discard', { draftId: third.draftId });
    const fourth = await uploads.value('uploads.retryRefused', { draftId });
    expect(fourth).toMatchObject({ rows: 1 });
    uploads.database.run(`update draft_rows set result = 'confirmed' where draft_id = ?`, fourth.draftId);
    uploads.database.run(`update drafts set stage = 'done' where draft_id = ?`, fourth.draftId);
    await uploads.value('uploads.discard', { draftId: fourth.draftId });
    expect(await uploads.call('uploads.retryRefused', { draftId })).toMatchObject({
      error: { code: 'invalid_input', reason: 'nothing_to_retry' },
    });
  });

  test('discarding an upload that has ended takes its item along', async () => {
    await skip('all_errors');
    await uploads.value('uploads.submit', { draftId });
    await uploads.value('uploads.stop', { draftId });
    await uploads.value('uploads.discard', { draftId });
    expect(uploads.database.get('select count(*) as items from outbox')).toEqual({ items: 0 });
    expect(uploads.events).toContainEqual({ event: 'tables_changed', tables: expect.arrayContaining(['outbox']) });
  });
});

test('a row with a broken quote is an error with its number, a warning once it was edited, and an error again when that is undone', async () => {
  const lines = Array.from(
    { length: 500 },
    (_, row) => `p${row}@firma.example,${row === 250 ? '"Bo" Lee' : 'Ann'},1\n`,
  );
  ({ draftId } = await uploads.read(`Email,First name,Credits\n${lines.join('')}`));
  const found = async () =>
    (await uploads.value('uploads.rows', { draftId, show: 'all', offset: 250, limit: 1 })).rows.map((row) => [
      row.row,
      row.values.first_name,
      row.state,
      ...row.issues.map((issue) => `${issue.code} ${issue.severity}`),
    ]);
  expect(await found()).toEqual([[251, '"Bo" Lee', 'error', 'row_quotes error']]);
  await edit(251, 'first_name', 'Bo Lee');
  expect(await found()).toEqual([[251, 'Bo Lee', 'ready', 'row_quotes warning']]);
  await uploads.value('uploads.undo', { draftId });
  expect(await found()).toEqual([[251, '"Bo" Lee', 'error', 'row_quotes error']]);
});
