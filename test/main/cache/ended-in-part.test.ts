import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ShownItems } from '../../../shared/contract/sync-filter.ts';
import { rowsNotDone } from '../../../main/cache/ended-in-part.ts';
import { landForgottenRows } from '../../../main/cache/forgotten-receipts.ts';
import { beginChunk, landChunk, type RowAnswer } from '../../../main/cache/land-upload.ts';
import { itemCondition } from '../../../main/cache/outbox-filter.ts';
import { discardItem } from '../../../main/cache/outbox-decisions.ts';
import { countItems, listItems } from '../../../main/cache/outbox-list.ts';
import { outboxTable } from '../../../main/uploads/outbox-table.ts';
import { openHarness, type UploadsHarness } from '../uploads/uploads-harness.ts';

describe('an upload that has ended in part', () => {
  let uploads: UploadsHarness;
  /** Of ten rows, of which the last has an error and is left behind. */
  let draftId: string;
  beforeEach(async () => {
    uploads = openHarness();
    const rows = Array.from({ length: 10 }, (_, n) => `member${n + 1}@firma.example,${n === 9 ? 'many' : n + 1}`);
    draftId = (await uploads.read(`email,credits\n${rows.join('\n')}\n`)).draftId;
  });
  afterEach(() => uploads.close());

  /** Sends what is ready; all rows are confirmed but the given ones. Answers the item's id. */
  const send = async (draft: string, refused: readonly number[] = []): Promise<string> => {
    const { outboxItemId } = await uploads.value('uploads.submit', { draftId: draft });
    const itemId = outboxItemId ?? '';
    const chunk = beginChunk(uploads.database, itemId, { rows: 100, credits: 1_000 }, uploads.now);
    const rows = chunk.map(({ row }): RowAnswer => {
      const isRefused = refused.includes(row);
      const nothing = { shortfall: null, memberId: null, allocationId: null, credits: null, expiresAt: null };
      const answer = { row, ...nothing, creditsAssigned: null, replayed: false } as const;
      return { ...answer, outcome: isRefused ? 'refused' : 'updated', reason: isRefused ? 'member_inactive' : null };
    });
    landChunk(uploads.database, itemId, chunk, { rows, balance: 100 }, uploads.now);
    return itemId;
  };
  const retry = async (draft = draftId) => (await uploads.value('uploads.retryRefused', { draftId: draft })).draftId;
  const discard = (draft: string) => uploads.value('uploads.discard', { draftId: draft });
  const skip = (draft: string, row: number) =>
    uploads.value('uploads.setSkipped', { draftId: draft, rows: [row], skipped: true });
  const notDone = (itemId: string) => {
    const { items } = listItems(uploads.database, { show: 'all', search: itemId, offset: 0, limit: 1 });
    const [command] = items.map((item) => item.command);
    return command?.kind === 'upload_members' ? command.notDone : undefined;
  };
  /** Under which filters it is found; the counts of the badge have to agree. */
  const found = (itemId: string): ShownItems[] => {
    const under = (['open', 'attention', 'refused', 'partial', 'confirmed'] as const).filter((show) =>
      listItems(uploads.database, { show, offset: 0, limit: 200 }).items.some((item) => item.itemId === itemId),
    );
    expect(countItems(uploads.database)).toEqual({
      waiting: 0,
      checking: 0,
      attention: listItems(uploads.database, { show: 'attention', offset: 0, limit: 1 }).total,
    });
    return under;
  };

  it('is confirmed, and nothing else, when all rows that were sent are', async () => {
    const itemId = await send(draftId);
    expect(notDone(itemId)).toBeNull();
    expect(found(itemId)).toEqual(['confirmed']);
  });

  it('waits for a person while refused rows are with nobody, and is theirs who have sent them again', async () => {
    const itemId = await send(draftId, [2, 5]);
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: true });
    expect(found(itemId)).toEqual(['open', 'attention', 'partial']);
    uploads.events.length = 0;
    const again = await retry();
    expect(uploads.events).toContainEqual({ event: 'tables_changed', tables: expect.arrayContaining(['outbox']) });
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: false });
    expect(found(itemId)).toEqual(['partial']);
    const second = await send(again, [5]);
    expect(notDone(itemId)).toBeNull();
    expect(found(itemId)).toEqual(['confirmed']);
    expect(notDone(second)).toEqual({ rows: 1, needsAttention: true });
    expect(found(second)).toEqual(['open', 'attention', 'partial']);
  });

  it('has its rows back, and let go, when the draft is discarded that had taken them over', async () => {
    const itemId = await send(draftId, [2, 5]);
    await discard(await retry());
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: false });
    expect(found(itemId)).toEqual(['partial']);
    const again = await retry();
    await skip(again, 10);
    await send(again, [5]);
    expect(notDone(itemId)).toBeNull();
    await discard(again);
    expect(notDone(itemId)).toEqual({ rows: 1, needsAttention: false });
    const last = await retry();
    await send(last);
    expect(notDone(itemId)).toBeNull();
    await discard(last);
    expect(notDone(itemId)).toBeNull();
    expect(found(itemId)).toEqual(['confirmed']);
  });

  it('counts what a draft of a draft has confirmed, in whichever order they go', async () => {
    const itemId = await send(draftId, [2, 5]);
    const again = await retry();
    const second = await send(again, [5]);
    const last = await retry(again);
    await send(last);
    expect([notDone(itemId), notDone(second)]).toEqual([null, null]);
    await discard(last);
    expect([notDone(itemId), notDone(second)]).toEqual([null, null]);
    await discard(again);
    expect(notDone(itemId)).toBeNull();
  });

  it('is let go by being discarded: its rows stay, and can still be taken up', async () => {
    const itemId = await send(draftId, [2, 5]);
    expect(discardItem(uploads.database, itemId, uploads.now)).toEqual({ itemId });
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: false });
    expect(found(itemId)).toEqual(['partial']);
    expect((await uploads.value('uploads.read', { draftId })).refused).toBe(2);
    const second = await send(await retry());
    expect(notDone(itemId)).toBeNull();
    expect(discardItem(uploads.database, second, uploads.now)).toEqual({ fault: 'not_found' });
  });

  it('asks for a person again when the server has forgotten more of it', async () => {
    const itemId = await send(draftId, [2]);
    discardItem(uploads.database, itemId, uploads.now);
    landForgottenRows(uploads.database, { itemId, draftId, sequence: 1 }, [3], uploads.now);
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: true });
  });

  it('has rows again that are with nobody when the server forgets some after others were sent again', async () => {
    const itemId = await send(draftId, [2]);
    const again = await retry();
    landForgottenRows(uploads.database, { itemId, draftId, sequence: 1 }, [3], uploads.now);
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: true });
    await skip(again, 10);
    await send(again);
    landForgottenRows(uploads.database, { itemId, draftId, sequence: 1 }, [4], uploads.now);
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: true });
    expect(found(itemId)).toEqual(['open', 'attention', 'partial']);
    discardItem(uploads.database, itemId, uploads.now);
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: false });
    const last = await retry();
    expect(found(itemId)).toEqual(['confirmed']);
    await discard(last);
    expect(notDone(itemId)).toEqual({ rows: 2, needsAttention: false });
    await send(await retry());
    expect(notDone(itemId)).toBeNull();
  });

  it('is nobody’s task when a person has stopped it: they know', async () => {
    const { outboxItemId } = await uploads.value('uploads.submit', { draftId });
    await uploads.value('uploads.stop', { draftId });
    expect(notDone(outboxItemId ?? '')).toEqual({ rows: 9, needsAttention: false });
    expect(found(outboxItemId ?? '')).toEqual(['partial']);
    const again = await retry();
    await send(again);
    await discard(again);
    expect(notDone(outboxItemId ?? '')).toBeNull();
  });

  it('is exported as what it is, with the rows that were not done', async () => {
    await send(draftId, [2, 5]);
    const lines: (readonly string[])[] = [];
    const filter = { show: 'partial', kind: null, reason: null, search: '' } as const;
    for await (const piece of outboxTable(uploads.database, filter, () => undefined)) lines.push(...piece);
    const [header = [], line = []] = lines;
    const cell = (name: string) => line[header.indexOf(name)];
    expect([cell('state'), cell('confirmed'), cell('refused'), cell('not_done')]).toEqual(['partial', '7', '2', '2']);
  });

  it.each(['open', 'attention', 'partial', 'confirmed'] as const)('finds under “%s” without reading rows', (show) => {
    const sql = `explain query plan select *, ${rowsNotDone} from outbox where ${itemCondition({ show }).condition}`;
    const plan = uploads.database.all<{ detail: string }>(sql).map(({ detail }) => detail);
    expect(plan.filter((step) => step.includes('draft_rows'))).not.toEqual([]);
    expect(plan.filter((step) => step.startsWith('SCAN draft_rows'))).toEqual([]);
  });

  it('still lists and counts what the disk has changed', async () => {
    const itemId = await send(draftId, [2, 5]);
    for (const damaged of ['{"confirmed', '{}', '{"confirmed":"many"}', '[]']) {
      uploads.database.run('update outbox set receipt = ? where item_id = ?', damaged, itemId);
      expect(found(itemId)).toHaveLength(1);
    }
    uploads.database.run(`update outbox set payload = '{"rows' where item_id = ?`, itemId);
    expect(found(itemId)).toHaveLength(1);
  });
});
