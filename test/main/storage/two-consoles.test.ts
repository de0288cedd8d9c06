import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confirmItem, landRefused } from '../../../main/cache/land-command.ts';
import { hold, markSending, queueAssignment, readItem } from '../../../main/cache/outbox.ts';
import { endStopped, markReadyRows, queueUpload, stopUpload } from '../../../main/cache/upload-items.ts';
import { beginCommit, beginStaging, landRefusedWhole, landStaged } from '../../../main/cache/whole-uploads.ts';
import { draftOfRows, idOf, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';

const NOW = Date.parse('2026-05-04T09:00:00Z');
const draftId = idOf(500);
const ROWS = 6;

/** What the later of two consoles on one folder does with an item that the other one has gone on with since. */
describe('two consoles on one folder', () => {
  let test: TestDatabase;
  let itemId: string;

  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, {});
    draftOfRows(test.database, draftId, ROWS);
  });
  afterEach(() => test.remove());

  const submit = (submission: string): void => {
    markReadyRows(test.database, draftId, { after: 0, through: ROWS }, submission);
    itemId = queueUpload(test.database, draftId, NOW, 'all_or_nothing', submission);
  };
  const item = () => {
    const row = readItem(test.database, itemId);
    if (row === undefined) throw new Error('no item');
    return { ...row, draft_id: draftId };
  };
  const stageAll = (): void => {
    const chunk = beginStaging(test.database, itemId, 100, NOW);
    landStaged(test.database, itemId, chunk?.at(-1)?.row ?? 0, NOW);
  };

  it('leave what is on its way in doubt, whoever stages meanwhile', () => {
    submit('first');
    stageAll();
    expect(beginCommit(test.database, itemId, NOW)).toBe(ROWS);
    test.database.run('update outbox set staged_through = 0');
    expect(beginStaging(test.database, itemId, 100, NOW)).toHaveLength(ROWS);
    expect(item().in_doubt_through).toBe(ROWS);
    stopUpload(test.database, itemId, NOW);
    endStopped(test.database, itemId, NOW);
    expect(test.database.get(`select count(*) as rows from draft_rows where result = 'waiting'`)).toEqual({ rows: 0 });
  });

  it('count a refusal of the whole once', () => {
    submit('first');
    stageAll();
    beginCommit(test.database, itemId, NOW);
    const stale = item();
    for (let answer = 1; answer <= 2; answer += 1) {
      landRefusedWhole(test.database, stale, [{ row: 2, reason: 'member_inactive', shortfall: null }], 10, NOW);
      expect(item().state).toBe('confirmed');
      expect(JSON.parse(item().receipt ?? '')).toMatchObject({ confirmed: 0, refused: 1, lost: 0 });
    }
  });

  it('submit a draft once, and leave the rows of the first submission as they are', () => {
    submit('first');
    const rows = test.database.all('select row_no, result, seal from draft_rows');
    expect(() => submit('second')).toThrow('a draft of its own');
    expect(test.database.all('select row_no, result, seal from draft_rows')).toEqual(rows);
    expect(test.database.all('select item_id from outbox')).toHaveLength(1);
  });

  it('never take a confirmed command for refused or held', () => {
    const command = queueAssignment(
      test.database,
      {
        memberId: idOf(1),
        memberName: 'M',
        memberEmail: 'm@company.example',
        seen: null,
        credits: 3,
        validityDays: 90,
        note: null,
      },
      NOW,
    );
    markSending(test.database, [command], NOW);
    confirmItem(test.database, command, { allocationId: null, balance: 1, expiresAt: null, replayed: false }, NOW);
    landRefused(test.database, command, { reason: 'member_inactive', shortfall: null }, null, NOW);
    hold(test.database, command, 'outdated_client', NOW);
    expect(readItem(test.database, command)).toMatchObject({ state: 'confirmed', refusal: null });
  });
});
