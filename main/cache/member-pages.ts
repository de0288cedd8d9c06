import type { MemberDetail, MemberFilter, MemberRow, MemberSort } from '../../shared/contract/members.ts';
import type { ReadDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { memberCondition } from './member-search.ts';
import { plannedForMember } from './planned-credits.ts';

/** What each sort orders by: an index each. Every order ends with the rowid, which each index holds, so that pages never overlap. */
const sortColumns: Record<MemberSort['by'], string> = {
  name: 'members.name_key',
  email: 'members.email_key',
  status: 'members.status',
  available: 'members.available',
  next_expiry: `coalesce(members.next_expiry, '9999')`,
  created_at: 'members.created_at',
};

const rowColumns = `members.member_id as memberId, members.first_name as firstName, members.email, members.status,
  members.credits_assigned as creditsAssigned, members.available, members.used, members.next_expiry as nextExpiry,
  ${plannedForMember} as planned, members.created_at as createdAt`;

/** Up to so many are sorted as they are found. */
const FEW = 2_000;

export interface MemberPageRequest {
  readonly filter: MemberFilter;
  readonly sort: MemberSort;
  readonly offset: number;
  readonly limit: number;
}

/** One page of the members that a filter leaves, with how many there are. Roll the expiry before. `now` in milliseconds. */
export function readMemberPage(
  database: ReadDatabase,
  request: MemberPageRequest,
  now: number,
): { rows: MemberRow[]; total: number; totalUnfiltered: number } {
  const condition = memberCondition(database, request.filter, now);
  const direction = request.sort.direction === 'ascending' ? 'asc' : 'desc';
  const order = `${sortColumns[request.sort.by]} ${direction}, members.rowid ${direction}`;
  const parameters = { ...condition.parameters, limit: request.limit, offset: request.offset };
  const totalUnfiltered = countMembers(database);
  const total =
    condition.sql === 'true'
      ? totalUnfiltered
      : (database.get<{ total: number }>(
          `select count(*) as total from members where ${condition.sql}`,
          condition.parameters,
        )?.total ?? 0);
  if (total <= request.offset) return { rows: [], total, totalUnfiltered };
  // Few are gathered first and then sorted: to look for them in the order of the page would read nearly every member.
  const found =
    total > FEW
      ? condition.sql
      : `members.rowid in (select members.rowid from members where ${condition.sql} order by +members.rowid)`;
  // The page is found over the index alone; only its own rows are then read and their planned credits summed.
  const rows = database.all<MemberRow>(
    `select ${rowColumns} from members
     where members.rowid in (select members.rowid from members where ${found} order by ${order} limit @limit offset @offset)
     order by ${order}`,
    parameters,
  );
  return { rows, total, totalUnfiltered };
}

/** How many members this computer knows. */
export function countMembers(database: ReadDatabase): number {
  return database.get<{ total: number }>('select count(*) as total from members')?.total ?? 0;
}

/** One member with everything known about it, but for what waits in the outbox; undefined when the cache does not know it. */
export function readMemberDetail(
  database: ReadDatabase,
  memberId: string,
  now: number,
): Omit<MemberDetail, 'asOf' | 'planned'> | undefined {
  const member = database.get<MemberRow>(`select ${rowColumns} from members where members.member_id = ?`, memberId);
  if (member === undefined) return undefined;
  return {
    member,
    // What is past its expiry by this computer's clock has expired, whether or not the server has said so yet.
    creditsByExpiry: database.all(
      `select expires_at as expiresAt, iif(expires_at > @now, available, 0) as available, used,
         expired + iif(expires_at > @now, 0, available) as expired
       from member_credits where member_id = @memberId and available + used + expired > 0 order by expires_at`,
      { memberId, now: instantAt(now) },
    ),
    allocations: database.all(
      `select allocation_id as id, kind, credits, expires_at as expiresAt, source, note, actor, created_at as at
       from allocations where member_id = ? order by created_at desc, allocation_id limit 200`,
      memberId,
    ),
    sessions: database.all(
      `select session_id as id, status, scheduled_at as scheduledAt from member_sessions where member_id = ? order by scheduled_at desc`,
      memberId,
    ),
  };
}

/** What a command needs to know of a member before it is queued. */
export interface KnownMember {
  readonly memberId: string;
  readonly name: string;
  readonly email: string;
  readonly status: MemberRow['status'];
  readonly creditsAssigned: number;
  readonly available: number;
}

const knownMember = `select member_id as memberId, first_name as name, email, status, credits_assigned as creditsAssigned, available from members`;

/** Undefined for one whom the cache does not know. */
export function findMember(database: ReadDatabase, memberId: string): KnownMember | undefined {
  return database.get<KnownMember>(`${knownMember} where member_id = ?`, memberId);
}

/** All whom a filter leaves, in the order of their names. Roll the expiry before. `now` in milliseconds. */
export function findMembers(database: ReadDatabase, filter: MemberFilter, now: number): KnownMember[] {
  const condition = memberCondition(database, filter, now);
  return database.all<KnownMember>(
    `${knownMember} where ${condition.sql} order by name_key, rowid`,
    condition.parameters,
  );
}
