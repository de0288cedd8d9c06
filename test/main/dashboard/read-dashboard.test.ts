import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { rollExpiry } from '../../../main/cache/roll-expiry.ts';
import { readDashboard } from '../../../main/dashboard/read-dashboard.ts';
import {
  allocation,
  available,
  idOf,
  member,
  openTestDatabase,
  pulled,
  type TestDatabase,
} from '../../builders/database.ts';

/** A Friday. */
const now = Date.parse('2026-05-01T12:00:00Z');

describe('the dashboard', () => {
  let test: TestDatabase;
  beforeEach(() => {
    test = openTestDatabase();
  });
  afterEach(() => test.remove());

  it('is all zeros, not errors, before the first pull and for a partner without members', () => {
    const empty = readDashboard(test.database, now);
    expect(empty).toMatchObject({ partnerName: '', asOf: null, balance: { confirmed: null, planned: 0, left: null } });
    pulled(test.database, {});
    const fresh = readDashboard(test.database, now);
    expect(fresh).toMatchObject({
      partnerName: 'Company',
      asOf: '2026-05-01T12:00:00.000Z',
      balance: { confirmed: 1_000 },
      members: { active: 0, inactive: 0, withoutCredits: 0 },
      credits: { allocated: 0, available: 0, used: 0, expired: 0, revoked: 0 },
      recentAllocations: [],
    });
    expect(fresh.expiryByWeek).toHaveLength(12);
    expect(fresh.allocatedByMonth).toHaveLength(12);
  });

  it('counts members, credits and sessions', () => {
    pulled(test.database, {
      members: [
        member(1, {
          credits: [
            { expiresAt: '2026-05-01T12:00:00.000Z', available: 1, used: 2, expired: 4, revoked: 8 },
            available('2026-05-01T12:00:00.001Z', 16),
          ],
          sessions: [
            { id: idOf(31), status: 'completed', scheduledAt: '2026-04-01T00:00:00.000Z' },
            { id: idOf(32), status: 'scheduled', scheduledAt: '2026-06-01T00:00:00.000Z' },
            { id: idOf(33), status: 'scheduled', scheduledAt: '2026-04-01T00:00:00.000Z' },
            { id: idOf(34), status: 'cancelled', scheduledAt: '2026-06-01T00:00:00.000Z' },
          ],
        }),
        member(2, { status: 'inactive' }),
        member(3, { status: 'invited' }),
      ],
    });
    rollExpiry(test.database, now);
    const { members, credits, sessions } = readDashboard(test.database, now);
    expect(members).toEqual({ active: 1, inactive: 1, withoutCredits: 2 });
    // What expires at this very moment has expired.
    expect(credits).toEqual({ allocated: 0, available: 16, used: 2, expired: 5, revoked: 8 });
    expect(sessions).toEqual({ completed: 1, upcoming: 1 });
  });

  it('sums what expires, by limit and by week from Monday', () => {
    pulled(test.database, {
      members: [
        member(1, {
          credits: [
            available('2026-05-03T23:59:59.999Z', 1),
            available('2026-05-04T00:00:00.000Z', 2),
            available('2026-05-31T12:00:00.000Z', 4),
            available('2026-05-31T12:00:00.001Z', 8),
            available('2026-06-30T12:00:00.000Z', 16),
            available('2026-07-30T12:00:00.000Z', 32),
            available('2026-07-30T12:00:00.001Z', 64),
          ],
        }),
      ],
    });
    const { expiring, expiryByWeek } = readDashboard(test.database, now);
    expect(expiring).toEqual({ within30Days: 7, within60Days: 31, within90Days: 63 });
    expect(expiryByWeek.map((week) => week.weekStart).slice(0, 3)).toEqual(['2026-04-27', '2026-05-04', '2026-05-11']);
    expect(expiryByWeek.map((week) => week.credits)).toEqual([1, 2, 0, 0, 12, 0, 0, 0, 0, 16, 0, 0]);
  });

  it('sums what was allocated by month, without corrections, and lists the latest', () => {
    pulled(test.database, {
      allocations: [
        allocation(1, { credits: 3, createdAt: '2025-05-31T23:59:59.999Z' }),
        allocation(2, { credits: 5, createdAt: '2025-06-01T00:00:00.000Z' }),
        allocation(3, { credits: 7, createdAt: '2026-05-01T00:00:00.000Z' }),
        allocation(4, { kind: 'revocation', credits: -2, createdAt: '2026-05-01T11:00:00.000Z' }),
        allocation(5, { kind: 'extension', credits: 7, createdAt: '2026-05-01T11:30:00.000Z' }),
      ],
    });
    const { allocatedByMonth, credits, recentAllocations } = readDashboard(test.database, now);
    expect(allocatedByMonth[0]).toEqual({ month: '2025-06', credits: 5 });
    expect(allocatedByMonth.at(-1)).toEqual({ month: '2026-05', credits: 7 });
    expect(credits.allocated).toBe(15);
    expect(recentAllocations.map((entry) => entry.credits)).toEqual([7, 5, 3]);
  });

  it('carries the three numbers of the balance', () => {
    pulled(test.database, { members: [member(1)] });
    queueAssignment(
      test.database,
      { memberId: idOf(1), memberName: '', memberEmail: '', credits: 1_200, validityDays: 9, note: null },
      now,
    );
    expect(readDashboard(test.database, now).balance).toEqual({
      confirmed: 1_000,
      confirmedAt: '2026-05-01T12:00:00.000Z',
      planned: 1_200,
      left: -200,
    });
  });
});
