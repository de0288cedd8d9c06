import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBalance } from '../../../main/cache/balance.ts';
import { readDraftRows } from '../../../main/cache/draft-rows.ts';
import { beginChunk, landChunk, type RowAnswer } from '../../../main/cache/land-upload.ts';
import type { ChunkRow } from '../../../main/cache/upload-rows.ts';
import { markInterrupted, readItem } from '../../../main/cache/outbox.ts';
import { discardItem } from '../../../main/cache/outbox-decisions.ts';
import { endStopped, pauseUpload, resumePayable, resumeUpload, stopUpload } from '../../../main/cache/upload-items.ts';
import { settleFailure } from '../../../main/sync/settle-failure.ts';
import { idOf, member, openTestDatabase, pulled, type TestDatabase, submitted } from '../../builders/database.ts';

const now = Date.parse('2026-05-01T12:00:00Z');
const draftId = idOf(500);

describe('an upload in the outbox', () => {
  let test: TestDatabase;
  let itemId: string;
  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, { members: [member(1)] });
    test.database.run(
      `insert into drafts (draft_id, file_name, stage, created_at, changed_at) values (?, 'a.csv', 'fix', '', '')`,
      draftId,
    );
    // Rows 1 to 6 are ready; 7 has an error, 8 is skipped.
    for (let row = 1; row <= 8; row += 1) {
      test.database.run(
        `insert into draft_rows (draft_id, row_no, cells, email_key, credits, severity, skipped) values (?, ?, '[]', ?, 10, ?, ?)`,
        draftId,
        row,
        `member${row}@company.example`,
        row === 7 ? 2 : 1,
        row === 8 ? 1 : 0,
      );
    }
    itemId = submitted(test.database, draftId, now);
  });
  afterEach(() => test.remove());

  const item = () => {
    const row = readItem(test.database, itemId);
    if (row === undefined) throw new Error('no item');
    return { ...row, draft_id: draftId };
  };
  const stage = () => test.database.get<{ stage: string }>('select stage from drafts')?.stage;
  const results = () =>
    test.database
      .all<{ result: string | null }>('select result from draft_rows order by row_no')
      .map((row) => row.result);
  /** Row by row. */
  const stop = (): boolean => {
    const isStopped = stopUpload(test.database, itemId, now);
    while (isStopped && endStopped(test.database, itemId, now, 1)) expect(item().stopping).toBe(1);
    return isStopped;
  };
  const begin = (rows: number, credits = 100_000): ChunkRow[] =>
    beginChunk(test.database, itemId, { rows, credits }, now);
  const answered = (row: ChunkRow, outcome: RowAnswer['outcome'] = 'updated'): RowAnswer => ({
    row: row.row,
    outcome,
    reason: outcome === 'refused' ? 'insufficient_credits' : null,
    shortfall: outcome === 'refused' ? 3 : null,
    memberId: outcome === 'updated' ? idOf(row.row) : null,
    allocationId: outcome === 'updated' ? idOf(700 + row.row) : null,
    credits: outcome === 'updated' ? row.credits : null,
    expiresAt: outcome === 'updated' ? '2026-08-01T00:00:00.000Z' : null,
    creditsAssigned: outcome === 'updated' ? 10 : null,
    replayed: false,
  });
  const land = (chunk: ChunkRow[], outcomes: RowAnswer['outcome'][] = []): void =>
    landChunk(
      test.database,
      itemId,
      chunk,
      { rows: chunk.map((row, index) => answered(row, outcomes[index])), balance: 900 },
      now,
    );

  it('takes ready rows alone, in file order, within its limits', () => {
    expect(results()).toEqual([...Array.from({ length: 6 }, () => 'queued'), null, null]);
    expect(readBalance(test.database).planned).toBe(60);
    expect(begin(4, 25).map((row) => row.row)).toEqual([1, 2]);
    expect(begin(1, 1).map((row) => row.row)).toEqual([1]);
    expect(item()).toMatchObject({ state: 'sending', in_doubt_through: 2 });
  });

  it('plans less with every answer, and ends done with its counts', () => {
    land(begin(4), ['updated', 'refused', 'updated', 'updated']);
    expect(readBalance(test.database)).toMatchObject({ planned: 20, confirmed: 900 });
    // Between two chunks nothing is on its way: a pause or the end of the session may come here.
    expect(item()).toMatchObject({ state: 'queued', in_doubt_through: null });
    land(begin(4));
    expect(item()).toMatchObject({ state: 'confirmed', planned_credits: 0 });
    expect(JSON.parse(item().receipt ?? '')).toEqual({ confirmed: 5, refused: 1, lost: 0, balance: 900 });
    expect(stage()).toBe('done');
    // Fresh figures of known and of new members, in the same moment.
    expect(test.database.all('select available from members order by email')).toEqual(
      [1, 3, 4, 5, 6].map(() => ({ available: 10 })),
    );
    expect(test.database.all(`select rowid from member_search where member_search match '"mem"'`)).toHaveLength(5);
  });

  it('is paused with rows on their way, keeps what they answer, and goes on where it was', () => {
    const chunk = begin(2);
    expect(pauseUpload(test.database, itemId, now)).toBe(true);
    land(chunk);
    expect(item()).toMatchObject({ state: 'held', held_reason: 'paused' });
    expect(stage()).toBe('paused');
    expect(resumeUpload(test.database, itemId, now)).toBe(true);
    expect(item()).toMatchObject({ state: 'queued', held_reason: null });
    expect(begin(9).map((row) => row.row)).toEqual([3, 4, 5, 6]);
  });

  it('stops at once when nothing is in doubt', () => {
    land(begin(2));
    expect(stop()).toBe(true);
    expect(results()).toEqual(['confirmed', 'confirmed', 'waiting', 'waiting', 'waiting', 'waiting', null, null]);
    expect(item().state).toBe('confirmed');
    expect(stage()).toBe('stopped');
    expect(readBalance(test.database).planned).toBe(0);
    expect(stop()).toBe(false);
  });

  it('asks for rows in doubt before it counts as stopped, over a restart too', () => {
    begin(3);
    stop();
    markInterrupted(test.database, now);
    expect(item()).toMatchObject({ state: 'checking', planned_credits: 30 });
    expect(results().slice(0, 4)).toEqual(['queued', 'queued', 'queued', 'waiting']);
    land(begin(2));
    expect(item()).toMatchObject({ state: 'checking', in_doubt_through: 3 });
    land(begin(9), ['not_attempted']);
    expect(results().slice(0, 4)).toEqual(['confirmed', 'confirmed', 'waiting', 'waiting']);
    expect(stage()).toBe('stopped');
  });

  it('is held at the row that cannot be paid, with the rows behind it still queued', () => {
    land(begin(4), ['updated', 'refused', 'not_attempted', 'not_attempted']);
    expect(item()).toMatchObject({
      state: 'held',
      held_reason: 'insufficient_credits',
      planned_credits: 40,
      in_doubt_through: null,
    });
    expect(results().slice(0, 6)).toEqual(['confirmed', 'refused', 'queued', 'queued', 'queued', 'queued']);
  });

  it('goes back to its draft when it is discarded before anything was sent', () => {
    expect(discardItem(test.database, itemId, now)).toEqual({ itemId });
    const shown = readDraftRows(test.database, draftId, [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shown.map((row) => row.result)).toEqual(Array.from({ length: 8 }, () => null));
    expect(stage()).toBe('fix');
    expect(readItem(test.database, itemId)).toBeUndefined();
  });

  it('is not discarded while rows are in doubt, even when it is paused', () => {
    begin(2);
    pauseUpload(test.database, itemId, now);
    expect(discardItem(test.database, itemId, now)).toEqual({ fault: 'item_sending' });
  });

  const refused = { kind: 'refused', reason: 'http_413' } as const;
  const unreachable = { kind: 'unreachable', fault: 'refused', detail: 'ECONNREFUSED', mayHaveActed: false } as const;
  const fail = (failure: Parameters<typeof settleFailure>[3], rows: number): void => {
    const before = item();
    const chunk = begin(rows);
    settleFailure(test.database, before, chunk.at(-1)?.row ?? 0, failure, now, () => 0);
  };

  it('can be taken back when the server refused it as a whole: none of its rows had an effect', () => {
    fail(refused, 4);
    expect(item()).toMatchObject({ state: 'refused', in_doubt_through: null });
    expect(stage()).toBe('paused');
    expect(discardItem(test.database, itemId, now)).toEqual({ itemId });
    expect(stage()).toBe('fix');
  });

  it('can be stopped after the server refused it as a whole', () => {
    land(begin(2));
    fail(refused, 2);
    expect(stop()).toBe(true);
    expect(stage()).toBe('stopped');
    expect(results().slice(0, 3)).toEqual(['confirmed', 'confirmed', 'waiting']);
  });

  it('stays in doubt when the server refuses it after an answer was lost', () => {
    const before = item();
    settleFailure(
      test.database,
      before,
      begin(2).at(-1)?.row ?? 0,
      { kind: 'unreachable', fault: 'reset', detail: '', mayHaveActed: true },
      now,
      () => 0,
    );
    fail(refused, 4);
    expect(item()).toMatchObject({ state: 'checking', in_doubt_through: 2, last_error: 'http_413' });
    expect(discardItem(test.database, itemId, now)).toEqual({ fault: 'item_sending' });
  });

  it.each([
    ['cannot be reached', unreachable],
    ['is refused', refused],
  ])('sends nothing more when it is stopped during an attempt that %s', (_, failure) => {
    const before = item();
    const chunk = begin(3);
    stop();
    settleFailure(test.database, before, chunk.at(-1)?.row ?? 0, failure, now, () => 0);
    expect(results().slice(0, 6)).toEqual(Array.from({ length: 6 }, () => 'waiting'));
    expect(item()).toMatchObject({ state: 'confirmed', planned_credits: 0 });
    expect(stage()).toBe('stopped');
  });

  it('goes on by itself once the balance has grown and pays the next row, and not before', () => {
    const chunk = begin(2);
    const short = chunk.map((row, index) => answered(row, index === 0 ? 'refused' : 'not_attempted'));
    landChunk(test.database, itemId, chunk, { rows: short, balance: 9 }, now);
    expect(item().held_reason).toBe('insufficient_credits');
    const pull = (balance: number): number => {
      test.database.run('update partner set balance = ?', balance);
      return resumePayable(test.database, now);
    };
    // A cheaper row behind it does not jump the queue with what is left.
    test.database.run('update draft_rows set credits = 3 where row_no = 2');
    expect(pull(9)).toBe(0);
    test.database.run('update draft_rows set credits = 12 where row_no = 2');
    expect(pull(11)).toBe(0);
    expect(pull(12)).toBe(1);
    expect(item()).toMatchObject({ state: 'queued', held_reason: null });
    expect(stage()).toBe('queued');
    pauseUpload(test.database, itemId, now);
    expect(pull(500)).toBe(0);
  });

  it('leaves the figures of a replayed row to the feed, which may have brought or taken them since', () => {
    const chunk = begin(2);
    // The feed brought the member's credits on one page; the ledger's entry comes with the next one.
    pulled(test.database, {
      members: [
        member(1, {
          creditsAssigned: 10,
          credits: [{ expiresAt: '2026-08-01T00:00:00.000Z', available: 10, used: 0, expired: 0, revoked: 0 }],
        }),
      ],
    });
    const rows = chunk.map((row) => ({ ...answered(row), replayed: true }));
    landChunk(test.database, itemId, chunk, { rows, balance: 980 }, now);
    expect(test.database.all('select email_key as email, available from members')).toEqual([
      { email: 'member1@company.example', available: 10 },
    ]);
    // Of an upload the balance is that of now, also when its rows are answered from the record.
    expect(readBalance(test.database)).toMatchObject({ confirmed: 980, planned: 40 });
  });
});
