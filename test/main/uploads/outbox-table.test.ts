import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { outboxTable } from '../../../main/uploads/outbox-table.ts';
import { csvLine } from '../../../main/uploads/write-csv.ts';
import { idOf, member, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';

describe('the outbox as a table', () => {
  let test: TestDatabase;
  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, { members: [member(1)] });
  });
  afterEach(() => test.remove());

  const queue = (count: number, memberName = 'Anna'): void => {
    const of = { memberId: idOf(1), memberName, memberEmail: 'anna@a.example' };
    test.database.transaction(() => {
      for (let n = 0; n < count; n += 1) {
        queueAssignment(
          test.database,
          { ...of, credits: n + 1, validityDays: 30, note: null },
          Date.parse('2026-05-01'),
        );
      }
    });
  };
  const read = async (search = '', stop = (): void => undefined): Promise<(readonly string[])[]> => {
    const rows: (readonly string[])[] = [];
    const filter = { show: 'all', kind: null, reason: null, search } as const;
    for await (const piece of outboxTable(test.database, filter, stop)) rows.push(...piece);
    return rows;
  };

  it('holds every item that the filter shows, beyond one piece, newest first', async () => {
    queue(450);
    const rows = await read();
    expect(rows).toHaveLength(451);
    expect(rows[0]?.slice(0, 6)).toEqual(['state', 'command', 'email', 'first_name', 'credits', 'days']);
    expect(rows[1]?.slice(0, 6)).toEqual(['queued', 'assign_member_credits', 'anna@a.example', 'Anna', '450', '30']);
    expect(rows.every((row) => row.length === rows[0]?.length)).toBe(true);
    expect(await read('nobody')).toHaveLength(1);
  });

  it('is guarded against formulas like every file', async () => {
    queue(1, '=HYPERLINK("http://a.example")');
    const [, row = []] = await read();
    expect(csvLine(row, ',')).toContain(`"'=HYPERLINK(`);
  });

  it('stops when it is cancelled', async () => {
    queue(1);
    await expect(
      read('', () => {
        throw new Error('cancelled');
      }),
    ).rejects.toThrow('cancelled');
  });
});
