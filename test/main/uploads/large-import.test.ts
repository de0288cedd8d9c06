import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

let uploads: UploadsHarness;
beforeEach(() => {
  uploads = openHarness();
});
afterEach(async () => {
  await uploads.close();
});

const options = { encoding: 'utf-8', separator: ',' } as const;
const mapping = ['first_name', 'email', 'credits'] as const;

function table(rows: number, line: (row: number) => string): Buffer {
  const lines = ['First name,Email,Credits'];
  for (let row = 1; row <= rows; row += 1) lines.push(line(row));
  return Buffer.from(lines.join('\n'));
}

async function analysed(content: Uint8Array): Promise<string> {
  const draftId = await uploads.send(content);
  await uploads.value('uploads.analyse', { draftId, options: null });
  return draftId;
}

describe('100,000 rows', () => {
  const rows = 100_000;

  test('are read off the main thread, with progress, every row and every fault', async () => {
    const content = table(rows, (row) => {
      if (row % 1_000 === 0) return `Name ${row},wrong,1`;
      if (row % 1_000 === 1) return `Name ${row},same${row % 7}@firma.example,1`;
      return row % 2 === 0 ? `Name ${row},m${row}@firma.example,1` : `"Name, ${row}",m${row}@firma.example,1`;
    });
    const draftId = await analysed(content);
    const detail = await uploads.value('uploads.importRows', { draftId, options, mapping: [...mapping] });
    // 100 broken addresses; 100 rows that share 7 addresses.
    expect(detail).toMatchObject({ rows, errors: 100 + 93, credits: rows - 193, stage: 'fix' });
    const last = await uploads.value('uploads.rows', { draftId, show: 'all', offset: rows - 1, limit: 1 });
    expect(last.rows[0]?.row).toBe(rows);
    const progress = uploads.events.filter((event) => event.event === 'import_progress');
    expect(progress.length).toBeGreaterThan(0);
  });

  test('can be cancelled, cut off and read again; nothing of them counts before the end', async () => {
    const draftId = await analysed(table(rows, (row) => `Name ${row},m${row}@firma.example,1`));
    const reading = uploads.call('uploads.importRows', { draftId, options, mapping: [...mapping] });
    await until(() => uploads.database.get<{ n: number }>('select count(*) as n from draft_rows')?.n !== 0);
    expect(await uploads.value('uploads.read', { draftId })).toMatchObject({ stage: 'reading', rows: 0 });
    const busy = await uploads.call('uploads.importRows', { draftId, options, mapping: [...mapping] });
    expect(busy).toMatchObject({ error: { code: 'conflict', what: 'draft_busy' } });
    const afterwards = await uploads.value('uploads.cancelImport', { draftId });
    expect(afterwards).toMatchObject({ stage: 'columns', rows: 0, errors: 0, credits: 0 });
    expect(await reading).toEqual({ ok: false, error: { code: 'cancelled' } });
    const stored = uploads.database.get<{ n: number }>('select count(*) as n from draft_rows')?.n ?? 0;
    expect(stored).toBeLessThan(rows);

    uploads.restart();
    expect(await uploads.value('uploads.read', { draftId })).toMatchObject({ stage: 'columns', rows: 0 });
    expect(await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 1 })).toEqual({
      rows: [],
      total: 0,
    });
    const detail = await uploads.value('uploads.importRows', { draftId, options, mapping: [...mapping] });
    expect(detail).toMatchObject({ stage: 'fix', rows, errors: 0, credits: rows });
    await uploads.value('uploads.discard', { draftId });
    expect(uploads.database.get('select count(*) as n from draft_rows')).toEqual({ n: 0 });
  });

  test('closing stops the reading and leaves the draft at its columns', async () => {
    const draftId = await analysed(table(rows, (row) => `Name ${row},m${row}@firma.example,1`));
    const reading = uploads.call('uploads.importRows', { draftId, options, mapping: [...mapping] });
    await until(() => uploads.events.some((event) => event.event === 'import_progress'));
    await uploads.close();
    expect(await reading).toEqual({ ok: false, error: { code: 'cancelled' } });
    uploads = openHarness();
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('a file of one e-mail can be cancelled while its rows are marked, and other writes need not wait for the end', async () => {
  const draftId = await analysed(table(20_000, (row) => `Name ${row},same@firma.example,1`));
  const reading = uploads.call('uploads.importRows', { draftId, options, mapping: [...mapping] });
  const marked = (): number =>
    uploads.database.get<{ n: number }>(`select count(*) as n from draft_rows where severity = 2`)?.n ?? 0;
  await until(() => marked() > 0);
  uploads.database.run(`update sending set paused = 0`);
  await uploads.value('uploads.cancelImport', { draftId });
  expect(await reading).toEqual({ ok: false, error: { code: 'cancelled' } });
  expect(marked()).toBeLessThan(19_999);
  const detail = await uploads.value('uploads.importRows', { draftId, options, mapping: [...mapping] });
  expect(detail).toMatchObject({ rows: 20_000, errors: 19_999 });
});
