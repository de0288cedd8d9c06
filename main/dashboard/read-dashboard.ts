import type { Dashboard } from '../../shared/contract/dashboard.ts';
import { readBalance } from '../cache/balance.ts';
import type { ReadDatabase } from '../cache/database.ts';
import { instantAt } from '../cache/instant.ts';
import { readPullState } from '../cache/pull-state.ts';

const DAY_MS = 86_400_000;
const WEEKS = 12;
const MONTHS = 12;

/**
 * All figures of the dashboard, from the cache alone. Credits count as expired from their expiry on by this computer's clock;
 * weeks (from Monday) and months are those of UTC, as expiry is. Roll the expiry before. `now` in milliseconds.
 */
export function readDashboard(database: ReadDatabase, now: number): Dashboard {
  const partner = database.get<{ full_name: string; low_balance: number }>(
    'select full_name, low_balance from partner',
  );
  return {
    partnerName: partner?.full_name ?? '',
    balance: readBalance(database),
    asOf: readPullState(database).completedAt,
    lowBalance: partner?.low_balance === 1,
    members: readMemberCounts(database),
    credits: readCreditCounts(database, now),
    expiring: readExpiring(database, now),
    expiryByWeek: readExpiryByWeek(database, now),
    allocatedByMonth: readAllocatedByMonth(database, now),
    sessions: readSessionCounts(database, now),
    recentAllocations: database.all(
      `select allocation_id as id, member_id as memberId, email as memberEmail, credits, created_at as at, source
       from allocations where kind = 'allocation' order by created_at desc, allocation_id limit 10`,
    ),
  };
}

function readMemberCounts(database: ReadDatabase): Dashboard['members'] {
  return (
    database.get<Dashboard['members']>(
      `select count(*) filter (where status = 'active') as active, count(*) filter (where status = 'inactive') as inactive,
         count(*) filter (where available = 0) as withoutCredits from members`,
    ) ?? { active: 0, inactive: 0, withoutCredits: 0 }
  );
}

function readCreditCounts(database: ReadDatabase, now: number): Dashboard['credits'] {
  const counts = database.get<Omit<Dashboard['credits'], 'allocated'>>(
    `select coalesce(sum(iif(expires_at > @now, available, 0)), 0) as available, coalesce(sum(used), 0) as used,
       coalesce(sum(expired + iif(expires_at > @now, 0, available)), 0) as expired, coalesce(sum(revoked), 0) as revoked
     from member_credits`,
    { now: instantAt(now) },
  ) ?? { available: 0, used: 0, expired: 0, revoked: 0 };
  const ledger = database.get<{ credits: number }>(
    `select coalesce(sum(credits), 0) as credits from allocations where kind = 'allocation'`,
  );
  return { allocated: ledger?.credits ?? 0, ...counts };
}

function readExpiring(database: ReadDatabase, now: number): Dashboard['expiring'] {
  return (
    database.get<Dashboard['expiring']>(
      `select coalesce(sum(available) filter (where expires_at <= @in30), 0) as within30Days,
         coalesce(sum(available) filter (where expires_at <= @in60), 0) as within60Days,
         coalesce(sum(available), 0) as within90Days
       from member_credits where available > 0 and expires_at > @now and expires_at <= @in90`,
      {
        now: instantAt(now),
        in30: instantAt(now + 30 * DAY_MS),
        in60: instantAt(now + 60 * DAY_MS),
        in90: instantAt(now + 90 * DAY_MS),
      },
    ) ?? { within30Days: 0, within60Days: 0, within90Days: 0 }
  );
}

function readExpiryByWeek(database: ReadDatabase, now: number): Dashboard['expiryByWeek'] {
  const firstMonday = mondayOf(now);
  const weeks = Array.from({ length: WEEKS }, (_, week) => ({ start: firstMonday + week * 7 * DAY_MS, credits: 0 }));
  const days = database.all<{ day: string; credits: number }>(
    `select substr(expires_at, 1, 10) as day, sum(available) as credits from member_credits
     where available > 0 and expires_at > ? and expires_at < ? group by day`,
    instantAt(now),
    instantAt(firstMonday + WEEKS * 7 * DAY_MS),
  );
  for (const { day, credits } of days) {
    const week = weeks[Math.floor((Date.parse(day) - firstMonday) / (7 * DAY_MS))];
    if (week !== undefined) week.credits += credits;
  }
  return weeks.map(({ start, credits }) => ({ weekStart: instantAt(start).slice(0, 10), credits }));
}

/** Midnight (UTC) of the Monday of that week. */
function mondayOf(now: number): number {
  const midnight = Math.floor(now / DAY_MS) * DAY_MS;
  return midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * DAY_MS;
}

function readAllocatedByMonth(database: ReadDatabase, now: number): Dashboard['allocatedByMonth'] {
  const today = new Date(now);
  const months = Array.from({ length: MONTHS }, (_, index) =>
    instantAt(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - (MONTHS - 1 - index), 1)).slice(0, 7),
  );
  const sums = new Map(
    database
      .all<{ month: string; credits: number }>(
        `select substr(created_at, 1, 7) as month, sum(credits) as credits from allocations
         where kind = 'allocation' and created_at >= ? group by month`,
        months[0] ?? '',
      )
      .map((row) => [row.month, row.credits]),
  );
  return months.map((month) => ({ month, credits: sums.get(month) ?? 0 }));
}

function readSessionCounts(database: ReadDatabase, now: number): Dashboard['sessions'] {
  return (
    database.get<Dashboard['sessions']>(
      `select count(*) filter (where status = 'completed') as completed,
         count(*) filter (where status = 'scheduled' and scheduled_at > ?) as upcoming from member_sessions`,
      instantAt(now),
    ) ?? { completed: 0, upcoming: 0 }
  );
}
