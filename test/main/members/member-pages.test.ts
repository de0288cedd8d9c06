import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemberFilter, MemberSort } from '../../../shared/contract/members.ts';
import { readMemberDetail, readMemberPage } from '../../../main/cache/member-pages.ts';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { readPlannedItems } from '../../../main/cache/planned-credits.ts';
import { landRefused } from '../../../main/cache/land-command.ts';

import { queueForMember } from '../../../main/allocation/queue-for-member.ts';
import {
  available,
  idOf,
  member,
  openTestDatabase,
  pulled,
  type TestDatabase,
  submitted,
} from '../../builders/database.ts';

const now = Date.parse('2026-05-01T12:00:00Z');
const names = ['Élodie', 'Zoë', 'anna', 'Bernd', 'Łukasz', '100%_sure'];

describe('pages of members', () => {
  let test: TestDatabase;
  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, {
      members: names.map((firstName, index) =>
        member(index + 1, {
          firstName,
          email: `user${index + 1}@${index < 3 ? 'north' : 'south'}.example`,
          status: index === 3 ? 'inactive' : 'active',
          credits: index === 5 ? [] : [available(`2026-0${5 + index}-20T00:00:00.000Z`, index + 1)],
        }),
      ),
    });
  });
  afterEach(() => test.remove());

  const page = (filter: Partial<MemberFilter>, sort: Partial<MemberSort> = {}, slice = { offset: 0, limit: 200 }) =>
    readMemberPage(
      test.database,
      {
        filter: { search: '', status: null, credits: null, ...filter },
        sort: { by: 'name', direction: 'ascending', ...sort },
        ...slice,
      },
      now,
    );
  const found = (filter: Partial<MemberFilter>): string[] => page(filter).rows.map((row) => row.firstName);

  it.each([
    ['elo', ['Élodie']],
    ['ÉLODIE', ['Élodie']],
    ['zoe', ['Zoë']],
    ['nna', ['anna']],
    ['kasz', ['Łukasz']],
    ['north.ex', ['anna', 'Élodie', 'Zoë']],
    ['user4@', ['Bernd']],
    ['%_s', ['100%_sure']],
    ['%', ['100%_sure']],
    ['o', ['100%_sure', 'anna', 'Bernd', 'Élodie', 'Łukasz', 'Zoë']],
    ['zo', ['Zoë']],
    ['elodieuser1', []],
    ['die lod', []],
    ['"', []],
    ['a"b', []],
    ['   ', ['100%_sure', 'anna', 'Bernd', 'Élodie', 'Łukasz', 'Zoë']],
  ])('search %j finds %j', (search, expected) => {
    const result = found({ search });
    expect(result.toSorted()).toEqual(expected.toSorted());
    expect(page({ search }).total).toBe(expected.length);
  });

  it('sorts names without regard to case and accents, in both directions', () => {
    expect(found({})).toEqual(['100%_sure', 'anna', 'Bernd', 'Élodie', 'Zoë', 'Łukasz']);
    const reversed = page({}, { direction: 'descending' }).rows.map((row) => row.firstName);
    expect(reversed).toEqual(found({}).toReversed());
  });

  it('puts members without credits behind those whose credits expire soonest', () => {
    const rows = page({}, { by: 'next_expiry' }).rows.map((row) => row.firstName);
    expect(rows).toEqual(['Élodie', 'Zoë', 'anna', 'Bernd', 'Łukasz', '100%_sure']);
  });

  it('filters by status and by credits', () => {
    expect(found({ status: 'inactive' })).toEqual(['Bernd']);
    expect(found({ credits: 'none' })).toEqual(['100%_sure']);
    expect(found({ credits: 'available' })).toHaveLength(5);
    expect(found({ credits: 'expiring_30' })).toEqual(['Élodie']);
    expect(found({ credits: 'expiring_90' })).toEqual(['anna', 'Élodie', 'Zoë']);
    expect(found({ credits: 'expiring_90', search: 'ann', status: 'active' })).toEqual(['anna']);
  });

  it('cuts every list into pages that join without overlap', () => {
    for (const by of ['name', 'email', 'status', 'available', 'next_expiry', 'created_at'] as const) {
      const whole = page({}, { by }).rows.map((row) => row.memberId);
      const joined = [0, 2, 4].flatMap((offset) =>
        page({}, { by }, { offset, limit: 2 }).rows.map((row) => row.memberId),
      );
      expect(joined).toEqual(whole);
      expect(page({ search: 'user' }, { by }, { offset: 4, limit: 2 })).toMatchObject({ total: 6, totalUnfiltered: 6 });
    }
  });

  it('adds what waits for a member from assignments and from uploads', () => {
    const payload = { memberId: idOf(1), memberName: '', memberEmail: '', credits: 3, validityDays: 9, note: null };
    queueAssignment(test.database, payload, now);
    const refused = queueAssignment(test.database, { ...payload, credits: 50 }, now);
    landRefused(test.database, refused, { reason: 'insufficient_credits', shortfall: 1 }, null, now);
    const draftId = idOf(500);
    test.database.run(
      `insert into drafts (draft_id, file_name, stage, created_at, changed_at) values (?, 'a.csv', 'fix', '', '')`,
      draftId,
    );
    const add = (row: number, email: string, credits: number): void =>
      void test.database.run(
        `insert into draft_rows (draft_id, row_no, cells, email_key, credits) values (?, ?, '[]', ?, ?)`,
        draftId,
        row,
        email,
        credits,
      );
    add(1, 'user1@north.example', 4);
    add(2, 'user2@north.example', 8);
    add(3, 'new@north.example', 16);
    const itemId = submitted(test.database, draftId, now);
    expect(page({ search: 'user1@' }).rows[0]?.planned).toBe(7);
    expect(page({ search: 'user2@' }).rows[0]?.planned).toBe(8);
    const planned = readPlannedItems(test.database, idOf(1));
    expect(planned).toMatchObject([
      { credits: 3, origin: 'assign', state: 'queued' },
      { credits: 50, origin: 'assign', state: 'refused' },
      { itemId, credits: 4, origin: 'upload', state: 'queued' },
    ]);
  });

  it('shows expired credits as expired before the server has said so', () => {
    const credits = [{ expiresAt: '2026-04-30T00:00:00.000Z', available: 2, used: 1, expired: 0, revoked: 0 }];
    pulled(test.database, { members: [member(9, { credits })] });
    const detail = readMemberDetail(test.database, idOf(9), now);
    expect(detail?.member.available).toBe(0);
    expect(detail?.creditsByExpiry).toEqual([
      { expiresAt: '2026-04-30T00:00:00.000Z', available: 0, used: 1, expired: 2 },
    ]);
  });

  it('takes an assignment for known members only, and not for inactive ones', () => {
    const assignment = {
      kind: 'assign_member_credits',
      terms: { credits: 5_000, validityDays: 90, note: null },
    } as const;
    expect(queueForMember(test.database, idOf(1), assignment, now).ok).toBe(true);
    expect(queueForMember(test.database, idOf(4), assignment, now)).toEqual({
      ok: false,
      error: { code: 'refused', reason: 'member_inactive' },
    });
    expect(queueForMember(test.database, idOf(99), assignment, now)).toEqual({
      ok: false,
      error: { code: 'not_found', what: 'member' },
    });
    expect(test.database.all('select item_id from outbox')).toHaveLength(1);
  });
});
