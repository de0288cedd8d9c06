import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendRound, type EndedRound, listRounds } from '../../../main/cache/sync-history.ts';
import { openTestDatabase, type TestDatabase } from '../../builders/database.ts';

const round = (change: Partial<EndedRound> = {}): EndedRound => ({
  startedBy: 'timer',
  startedAt: '2026-05-01T12:00:00.000Z',
  endedAt: '2026-05-01T12:00:01.000Z',
  milliseconds: 1_000,
  sent: 0,
  confirmed: 0,
  refused: 0,
  pulledMembers: 0,
  pulledAllocations: 0,
  removedMembers: 0,
  fault: null,
  ...change,
});

describe('the history of rounds', () => {
  let test: TestDatabase;
  beforeEach(() => (test = openTestDatabase()));
  afterEach(() => test.remove());
  const all = () => listRounds(test.database, { offset: 0, limit: 200 });

  it('answers rounds newest first, with everything they did', () => {
    const first = round({ startedBy: 'sign_in', pulledMembers: 60, pulledAllocations: 12, removedMembers: 1 });
    const second = round({ startedBy: 'queued', sent: 3, confirmed: 2, refused: 1, fault: 'timeout' });
    appendRound(test.database, first);
    appendRound(test.database, second);
    expect(all()).toEqual({
      rounds: [
        { round: 2, repeats: 1, ...second },
        { round: 1, repeats: 1, ...first },
      ],
      total: 2,
    });
    expect(listRounds(test.database, { offset: 1, limit: 1 }).rounds.map(({ round: number }) => number)).toEqual([1]);
  });

  it('counts looks in vain on one line until something happens', () => {
    appendRound(test.database, round());
    appendRound(test.database, round({ endedAt: '2026-05-01T13:00:00.000Z', milliseconds: 40 }));
    appendRound(test.database, round({ fault: 'dns' }));
    appendRound(test.database, round({ fault: 'dns' }));
    appendRound(test.database, round({ startedBy: 'person', fault: 'dns' }));
    appendRound(test.database, round({ pulledMembers: 1 }));
    appendRound(test.database, round());
    expect(all().rounds.map(({ repeats, fault, endedAt }) => [repeats, fault, endedAt.slice(11, 16)])).toEqual([
      [1, null, '12:00'],
      [1, null, '12:00'],
      [1, 'dns', '12:00'],
      [2, 'dns', '12:00'],
      [2, null, '13:00'],
    ]);
  });

  it('keeps the last thousand', () => {
    test.database.transaction(() => {
      for (let number = 1; number <= 1_005; number += 1) appendRound(test.database, round({ sent: number }));
    });
    const { rounds, total } = all();
    expect(total).toBe(1_000);
    expect(rounds[0]?.sent).toBe(1_005);
    expect(listRounds(test.database, { offset: 999, limit: 1 }).rounds[0]?.sent).toBe(6);
  });
});
