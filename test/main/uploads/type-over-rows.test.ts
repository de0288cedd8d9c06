import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDraft } from '../../../main/cache/drafts.ts';
import { openUploads, type OpenUploads } from '../../../main/uploads/open-uploads.ts';
import type { StepScope } from '../../../main/uploads/run-step.ts';
import { typeOverRows, type RowTyping } from '../../../main/uploads/type-over-rows.ts';
import type { UploadDependencies } from '../../../main/uploads/upload-dependencies.ts';
import { openHarness, today, type UploadsHarness } from './uploads-harness.ts';

const rows = 2_000;
let uploads: UploadsHarness;
let draftId: string;

beforeEach(async () => {
  uploads = openHarness();
  const lines = Array.from({ length: rows }, (_, index) => `m${index + 1}@firma.example,1`);
  draftId = (await uploads.read(['Email,Credits', ...lines].join('\n'))).draftId;
});
afterEach(async () => {
  await uploads.close();
});

/** As another use case over the same drafts has it. */
function scopeOf(): { scope: StepScope; opened: OpenUploads } {
  const opened = openUploads({ database: uploads.database, folder: uploads.folder });
  const dependencies: UploadDependencies = {
    account: () => ({ database: uploads.database, folder: uploads.folder }),
    announce: () => undefined,
    emit: () => undefined,
    wakeSender: () => undefined,
    onDamage: () => undefined,
    clock: { now: () => today, after: () => () => undefined },
    log: () => undefined,
    importWorker: new URL('../../../main/uploads/import-worker.ts', import.meta.url),
  };
  return { scope: { dependencies, uploads: opened }, opened };
}

/** Twos for every second row, hundred rows at a time. */
function twos(whenAsked: (row: number) => void = () => undefined): () => RowTyping[] | null {
  let last = 0;
  return () => {
    whenAsked(last);
    if (last >= rows) return null;
    const some = Array.from({ length: 50 }, (_, index) => ({ row: last + 2 * (index + 1), edits: { credits: '2' } }));
    last += 100;
    return some;
  };
}
const draft = () => {
  const found = readDraft(uploads.database, draftId);
  if (found === undefined) throw new Error('no draft');
  return found;
};
const twosInTheDraft = () =>
  uploads.database.get<{ rows: number }>('select count(*) as rows from draft_rows where credits = 2')?.rows;

test('texts for many single rows are one step of undo', async () => {
  const changed = await typeOverRows(scopeOf().scope, draft(), twos());
  expect(changed).toEqual({ ok: true, value: { changed: rows / 2, isTakenBack: false } });
  expect(twosInTheDraft()).toBe(rows / 2);
  // The same texts again change nothing.
  expect(await typeOverRows(scopeOf().scope, draft(), twos())).toMatchObject({ value: { changed: 0 } });
  expect(await uploads.value('uploads.undo', { draftId })).toMatchObject({ canUndo: false, canRedo: true });
  expect(twosInTheDraft()).toBe(0);
  await uploads.value('uploads.redo', { draftId });
  expect(twosInTheDraft()).toBe(rows / 2);
});

test('nothing is changed while they are being gathered, and nothing is left when that ends in a fault', async () => {
  const fails = twos((row) => {
    expect(twosInTheDraft()).toBe(0);
    if (row === 1_000) throw new Error('no more');
  });
  await expect(typeOverRows(scopeOf().scope, draft(), fails)).rejects.toThrow('no more');
  expect(twosInTheDraft()).toBe(0);
  expect(await uploads.value('uploads.read', { draftId })).toMatchObject({ canUndo: false, work: null });
});

test('cancelled while they are being gathered, they leave nothing; a crash there is the same', async () => {
  const { scope, opened } = scopeOf();
  const cancelled = twos((row) => {
    if (row === 1_000) opened.works.get(draftId)?.cancel();
    const until = performance.now() + 2;
    while (performance.now() < until) continue;
  });
  expect(await typeOverRows(scope, draft(), cancelled)).toEqual({ ok: false, error: { code: 'cancelled' } });
  expect(twosInTheDraft()).toBe(0);

  uploads.database.run(`insert into draft_steps (draft_id, what, rows) values (?, '{"kind":"planned"}', 1)`, draftId);
  uploads.restart();
  await uploads.value('uploads.list', {});
  expect(uploads.database.all('select step_id from draft_steps where forgotten = 0')).toEqual([]);
});
