import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../../../main/cache/database.ts';
import { insertDraftRows } from '../../../main/cache/draft-rows.ts';
import { insertStep, stepAtWork } from '../../../main/cache/draft-steps.ts';
import { deleteDraft, insertDraft, readDraft, updateDraft } from '../../../main/cache/drafts.ts';
import { journalFile, readJournal } from '../../../main/cache/journal.ts';
import { confirmItem, landRefused } from '../../../main/cache/land-command.ts';
import { beginChunk, landChunk, refusedHere } from '../../../main/cache/land-upload.ts';
import { markSending, postpone, readItem } from '../../../main/cache/outbox.ts';
import { discardItem, editItem, retryItem } from '../../../main/cache/outbox-decisions.ts';
import { finishIfAnswered, forgetEndedUpload, pauseUpload, resumeUpload } from '../../../main/cache/upload-items.ts';
import { checkedColumns } from '../../../main/uploads/checked-columns.ts';
import { checkRow, ruleContext } from '../../../shared/csv/check-row.ts';
import { submitted } from '../../builders/database.ts';
import { loseTheLog, openAtStart, queueFor } from '../../builders/older-database.ts';

const NOW = Date.parse('2026-05-04T09:00:00Z');

/** The end of the log is gone: the database is older than the journal beside it. */
describe('a database that has lost the end of its log', () => {
  let folder: string;
  let file: string;
  let database: OpenDatabase;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-journal-'));
    file = path.join(folder, 'console.db');
    database = open().database;
  });
  afterEach(() => {
    if (database.isOpen) database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (hasSource = false) => openAtStart(file, NOW, hasSource);
  const queue = (number: number): string => queueFor(database, number, NOW);
  /** The database is as it was when it was last copied into its file. */
  const loseTheLogSince = (content: Buffer): void => loseTheLog(database, content);

  it('holds what has ended since, where the log that said so is lost: whether it was sent, or taken back unsent', () => {
    const [confirmed, discarded, returned, waiting] = [queue(1), queue(2), queue(3), queue(4)];
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    markSending(database, [confirmed, returned], NOW);
    confirmItem(database, confirmed, { allocationId: null, balance: 1, expiresAt: null, replayed: false }, NOW);
    const fault = { isInDoubt: false, inDoubtThrough: null, sentThrough: null, nextAttemptAt: null, error: 'dns' };
    postpone(database, returned, fault, NOW);
    for (const itemId of [discarded, returned]) discardItem(database, itemId, NOW);
    loseTheLogSince(earlier);
    const opened = open();
    database = opened.database;
    expect(opened.recovery).toEqual({ items: 3, drafts: 0, lost: 0 });
    const held = { state: 'held', held_reason: 'recovered' };
    expect(readItem(database, confirmed)).toMatchObject({ ...held, last_error: 'journal' });
    for (const itemId of [discarded, returned])
      expect(readItem(database, itemId)).toMatchObject({ ...held, last_error: 'taken_back' });
    expect(readItem(database, waiting)).toMatchObject({ state: 'queued' });
    const change = { credits: 9, validityDays: 9, note: null };
    expect(editItem(database, confirmed, change, NOW)).toEqual({ fault: 'item_sending' });
    expect(editItem(database, discarded, change, NOW)).toEqual({ itemId: expect.any(String) });
    database.close();
    const again = open();
    database = again.database;
    expect(again.recovery).toBeNull();
  });

  it('never says of a command that was sent that it was not, also where the log is lost twice', () => {
    const itemId = queue(1);
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    markSending(database, [itemId], NOW);
    confirmItem(database, itemId, { allocationId: null, balance: 1, expiresAt: null, replayed: false }, NOW);
    loseTheLogSince(earlier);
    database = open().database;
    // The journal was written anew, without what had ended.
    discardItem(database, itemId, NOW);
    loseTheLogSince(earlier);
    database = open().database;
    expect(readItem(database, itemId)).toMatchObject({ held_reason: 'recovered', last_error: 'journal' });
    const change = { credits: 9, validityDays: 9, note: null };
    expect(editItem(database, itemId, change, NOW)).toEqual({ fault: 'item_sending' });
  });

  it('says of nothing that it was not sent where an entry of the journal is damaged: it may be that of the request', () => {
    const itemId = queue(1);
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    markSending(database, [itemId], NOW);
    confirmItem(database, itemId, { allocationId: null, balance: 1, expiresAt: null, replayed: false }, NOW);
    const text = readFileSync(journalFile(file), 'utf8');
    writeFileSync(journalFile(file), text.replace('item_sent', 'item_seen'));
    loseTheLogSince(earlier);
    database = open().database;
    expect(readItem(database, itemId)).toMatchObject({ held_reason: 'recovered', last_error: 'journal' });
  });

  it.each(['held beside nothing', 'confirmed since'])(
    'gives back what was corrected as it was corrected, and not as it was before (%s)',
    (then) => {
      const old = queue(5);
      database.execute('pragma wal_checkpoint(truncate)');
      const earlier = readFileSync(file);
      const first = editItem(database, old, { credits: 4, validityDays: 90, note: null }, NOW);
      if ('fault' in first) throw new Error(first.fault);
      const second = editItem(database, first.itemId, { credits: 3, validityDays: 90, note: null }, NOW);
      if ('fault' in second) throw new Error(second.fault);
      if (then === 'confirmed since') {
        markSending(database, [second.itemId], NOW);
        confirmItem(database, second.itemId, { allocationId: null, balance: 1, expiresAt: null, replayed: false }, NOW);
      }
      loseTheLogSince(earlier);
      database = open().database;
      const held = { item_id: second.itemId, planned_credits: 3, last_error: 'journal' };
      expect(database.all('select item_id, planned_credits, last_error from outbox')).toEqual(
        then === 'confirmed since' ? [] : [held],
      );
    },
  );

  it('keeps a refusal on record that was corrected since, as nobody’s task', () => {
    const old = queue(5);
    markSending(database, [old], NOW);
    landRefused(database, old, { reason: 'member_inactive', shortfall: null }, null, NOW);
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    const corrected = retryItem(database, old, NOW);
    if ('fault' in corrected) throw new Error(corrected.fault);
    loseTheLogSince(earlier);
    database = open().database;
    expect(readItem(database, old)).toMatchObject({ state: 'refused', replaced_by: corrected.itemId });
    expect(readItem(database, corrected.itemId)).toMatchObject({ state: 'held', held_reason: 'recovered' });
  });

  it('asks for what was on its way, where the log that said so is lost', () => {
    const [sent, answered, waiting] = [queue(1), queue(2), queue(3)];
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    markSending(database, [sent, answered], NOW);
    const fault = { isInDoubt: false, inDoubtThrough: null, sentThrough: null, nextAttemptAt: null, error: 'dns' };
    postpone(database, answered, fault, NOW);
    loseTheLogSince(earlier);
    const opened = open();
    database = opened.database;
    expect(opened.recovery).toBeNull();
    expect(readItem(database, sent)).toMatchObject({ state: 'checking' });
    for (const itemId of [answered, waiting]) expect(readItem(database, itemId)).toMatchObject({ state: 'queued' });
    expect(editItem(database, sent, { credits: 9, validityDays: 9, note: null }, NOW)).toEqual({
      fault: 'item_sending',
    });
  });

  /** Three rows, ready to be submitted. */
  const draftId = '00000000-0000-4000-8000-000000000500';
  const draftOfThree = (): void => {
    insertDraft(database, { draftId, fileName: 'd.csv', stage: 'fix' }, NOW);
    const context = ruleContext(['email', 'credits'], ',', '2026-05-04');
    const rows = [1, 2, 3].map((rowNo) => {
      const cells = [`m${rowNo}@firma.example`, '1'];
      return { rowNo, cells: JSON.stringify(cells), checked: checkedColumns(checkRow(cells, null, context)) };
    });
    insertDraftRows(database, draftId, rows);
  };

  /** The rows as those of an upload that has ended. */
  const confirmAll = (itemId: string): void => {
    markSending(database, [itemId], NOW);
    database.run(`update draft_rows set result = 'confirmed'`);
    database.run(`update outbox set receipt = '{"confirmed":3,"refused":0,"balance":7}' where item_id = ?`, itemId);
    expect(finishIfAnswered(database, itemId, NOW)).toBe(true);
  };
  const spoilTheJournal = (): void =>
    writeFileSync(journalFile(file), `${readFileSync(journalFile(file), 'utf8')}\nspoiled\n`);

  it.each([true, false])('never offers a draft anew that was sent since (removed since: %s)', (isRemoved) => {
    draftOfThree();
    insertStep(database, draftId, '{}', 3);
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    const itemId = submitted(database, draftId, NOW);
    confirmAll(itemId);
    if (isRemoved) deleteDraft(database, draftId);
    loseTheLogSince(earlier);
    const opened = open(true);
    database = opened.database;
    expect(opened.recovery).toEqual({ items: 0, drafts: 1, lost: 0 });
    expect(readDraft(database, draftId)).toMatchObject({ stage: 'sending', item_id: itemId });
    // The server is asked for its rows; none is sent.
    expect(readItem(database, itemId)).toMatchObject({
      state: 'checking',
      stopping: 1,
      in_doubt_through: 3,
      sent_through: null,
    });
    // A change over its rows that was cut off does not go on.
    expect(stepAtWork(database, draftId)).toBeUndefined();
    database.close();
    const again = open(true);
    database = again.database;
    expect(again.recovery).toBeNull();
  });

  it('has a draft as stopped of whose upload nothing is known but that it was one', () => {
    draftOfThree();
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    const itemId = submitted(database, draftId, NOW);
    confirmAll(itemId);
    database.close();
    spoilTheJournal();
    database = open(true).database;
    loseTheLogSince(earlier);
    const opened = open(true);
    database = opened.database;
    expect(opened.recovery).toEqual({ items: 0, drafts: 1, lost: 0 });
    expect(readDraft(database, draftId)).toMatchObject({ stage: 'stopped', item_id: itemId });
    expect(database.all('select * from outbox')).toEqual([]);
  });

  it.each(['ended', 'on its way', 'on its way, and noted in a journal that was written anew'])(
    'lets an upload that was taken back not come back beside the next of its draft, which is %s',
    (next) => {
      draftOfThree();
      const first = submitted(database, draftId, NOW);
      database.execute('pragma wal_checkpoint(truncate)');
      const earlier = readFileSync(file);
      discardItem(database, first, NOW);
      const second = submitted(database, draftId, NOW);
      if (next.endsWith('anew')) {
        database.close();
        spoilTheJournal();
        database = open(true).database;
      }
      if (next === 'ended') confirmAll(second);
      else markSending(database, [second], NOW);
      loseTheLogSince(earlier);
      database = open(true).database;
      expect(readItem(database, first)).toBeUndefined();
      expect(readDraft(database, draftId)).toMatchObject({ item_id: second });
      const found = database.all('select item_id, held_reason, stopping, in_doubt_through from outbox');
      const how = next === 'ended' ? { held_reason: null, stopping: 1 } : { held_reason: 'recovered', stopping: 0 };
      expect(found).toEqual([{ item_id: second, in_doubt_through: 3, ...how }]);
    },
  );

  it('holds a command that was taken back before the journal was written anew: of that it tells nothing', () => {
    const [taken, waiting] = [queue(1), queue(2)];
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    discardItem(database, taken, NOW);
    database.close();
    spoilTheJournal();
    database = open().database;
    loseTheLogSince(earlier);
    const opened = open();
    database = opened.database;
    expect(opened.recovery).toEqual({ items: 1, drafts: 0, lost: 0 });
    expect(readItem(database, taken)).toMatchObject({ held_reason: 'recovered', last_error: 'journal' });
    expect(readItem(database, waiting)).toMatchObject({ state: 'queued' });
    expect([...(readJournal(journalFile(file))?.items.keys() ?? [])]).toEqual([taken, waiting]);
  });

  it('holds nothing for want of an entry where one is damaged: it may be that one', () => {
    const [first, second] = [queue(1), queue(2)];
    database.close();
    const text = readFileSync(journalFile(file), 'utf8');
    writeFileSync(journalFile(file), text.replace('"credits\\":1', '"credits\\":7'));
    database = open().database;
    for (const itemId of [first, second]) expect(readItem(database, itemId)).toMatchObject({ state: 'queued' });
  });

  it('brings no upload back whose draft was being removed', () => {
    draftOfThree();
    const itemId = submitted(database, draftId, NOW);
    database.execute('drop trigger journal_item_settled; drop trigger journal_item_removed;');
    confirmAll(itemId);
    forgetEndedUpload(database, draftId);
    updateDraft(database, draftId, { stage: 'receiving' }, NOW);
    database.close();
    const opened = open(true);
    database = opened.database;
    expect(opened.recovery).toBeNull();
    deleteDraft(database, draftId);
    database.close();
    const again = open(true);
    database = again.database;
    expect(again.recovery).toBeNull();
    expect(database.all('select * from outbox')).toEqual([]);
  });

  it('lets one upload of a draft come back: the one that was submitted last', () => {
    draftOfThree();
    const first = submitted(database, draftId, NOW);
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    discardItem(database, first, NOW);
    const second = submitted(database, draftId, NOW);
    loseTheLogSince(earlier);
    const opened = open(true);
    database = opened.database;
    expect(opened.recovery).toMatchObject({ items: 1 });
    expect(readItem(database, first)).toBeUndefined();
    expect(readItem(database, second)).toMatchObject({ state: 'held', held_reason: 'recovered', in_doubt_through: 3 });
    expect(readDraft(database, draftId)).toMatchObject({ item_id: second });
  });

  it('asks for the rows of an upload that was on its way, before it may go back to its draft', () => {
    draftOfThree();
    const itemId = submitted(database, draftId, NOW);
    database.execute('pragma wal_checkpoint(truncate)');
    const earlier = readFileSync(file);
    beginChunk(database, itemId, { rows: 2, credits: 100 }, NOW);
    loseTheLogSince(earlier);
    database = open(true).database;
    expect(readItem(database, itemId)).toMatchObject({ state: 'checking', in_doubt_through: 3 });
  });

  /** The first rows leave. */
  const send = (itemId: string, rows: number) => beginChunk(database, itemId, { rows, credits: 100 }, NOW);
  const land = (itemId: string, chunk: ReturnType<typeof send>): void => {
    const rows = chunk.map(({ row }) => ({ ...refusedHere(row, 'blocked'), outcome: 'unchanged' as const }));
    landChunk(database, itemId, chunk, { rows, balance: 9 }, NOW);
  };

  it.each(['its answer is out', 'it has its answer', 'it has its answer, in a journal that was written anew'])(
    'never has an upload as not sent that was paused after its first rows (%s)',
    (then) => {
      draftOfThree();
      const itemId = submitted(database, draftId, NOW);
      database.execute('pragma wal_checkpoint(truncate)');
      const earlier = readFileSync(file);
      const chunk = send(itemId, 2);
      pauseUpload(database, itemId, NOW);
      if (then !== 'its answer is out') land(itemId, chunk);
      if (then.endsWith('anew')) {
        database.close();
        spoilTheJournal();
        database = open(true).database;
      }
      loseTheLogSince(earlier);
      database = open(true).database;
      expect(readItem(database, itemId)).toMatchObject({ state: 'checking', in_doubt_through: 3 });
      pauseUpload(database, itemId, NOW);
      expect(discardItem(database, itemId, NOW)).toEqual({ fault: 'item_sending' });
    },
  );

  it('takes no further row to be in doubt where nothing was lost', () => {
    draftOfThree();
    const itemId = submitted(database, draftId, NOW);
    const chunk = send(itemId, 1);
    pauseUpload(database, itemId, NOW);
    const again = () => {
      database.close();
      database = open(true).database;
      return readItem(database, itemId);
    };
    expect(again()).toMatchObject({ state: 'held', held_reason: 'paused', in_doubt_through: 1 });
    land(itemId, chunk);
    expect(again()).toMatchObject({ state: 'held', held_reason: 'paused', in_doubt_through: null });
    resumeUpload(database, itemId, NOW);
    expect(again()).toMatchObject({ state: 'queued', in_doubt_through: null });
  });
});
