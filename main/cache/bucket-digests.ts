import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { OpenDatabase, ReadDatabase } from './database.ts';
import { type MemberState, storedColumns } from './member-rows.ts';
import type { AllocationState } from './pull-state.ts';

/** Rows that are read at a time: a few milliseconds. */
const ROWS_A_STEP = 200;
/** How long it takes before everything else has its turn, in milliseconds. */
const SLICE_MS = 8;

/** What the cache holds of one bucket. Digests as `partner_digests` answers them; null of nothing. */
export interface BucketOfCache {
  readonly membersDigest: string | null;
  readonly allocationsDigest: string | null;
  /** Rows of `members` and of `allocations`, by rowid. */
  readonly memberRows: readonly number[];
  readonly allocationRows: readonly number[];
}

/** The bucket of a member's id, or of the id of a ledger entry without a member: as supabase/migrations computes it. */
export function bucketOf(id: string, buckets: number): number {
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
  return createHash('sha256').update(bytes).digest().readUInt16BE() % buckets;
}

/**
 * Digests everything that the cache holds of what the feed brings, by buckets, giving way to everything else in between. What is written
 * meanwhile is in it or not. Null when the database was closed.
 */
export async function digestCache(
  database: OpenDatabase,
  buckets: number,
): Promise<ReadonlyMap<number, BucketOfCache> | null> {
  const found = new Map<number, OpenBucket>();
  const at = (id: string): OpenBucket => {
    const bucket = bucketOf(id, buckets);
    const open = found.get(bucket) ?? { members: openPart(), allocations: openPart() };
    found.set(bucket, open);
    return open;
  };
  const members = (after: string): string | null => {
    const page = readMembers(database, after);
    for (const { row, text, memberId } of page) add(at(memberId).members, row, text);
    return page.at(-1)?.memberId ?? null;
  };
  const allocations = (after: string): string | null => {
    const page = readAllocations(database, after);
    for (const { row, entry } of page)
      add(at(entry.memberId ?? entry.allocationId).allocations, row, allocationText(entry));
    return page.at(-1)?.entry.allocationId ?? null;
  };
  for (const step of [members, allocations]) {
    let after: string | null = '';
    let end = performance.now() + SLICE_MS;
    while (after !== null) {
      if (performance.now() >= end) {
        await setImmediate();
        end = performance.now() + SLICE_MS;
      }
      if (!database.isOpen) return null;
      after = step(after);
    }
  }
  return new Map(Array.from(found, ([bucket, open]) => [bucket, closed(open)]));
}

interface OpenPart {
  readonly hash: Hash;
  readonly rows: number[];
}
interface OpenBucket {
  readonly members: OpenPart;
  readonly allocations: OpenPart;
}

const openPart = (): OpenPart => ({ hash: createHash('sha256'), rows: [] });

function add(part: OpenPart, row: number, text: string): void {
  part.hash.update(part.rows.length === 0 ? text : `\n${text}`);
  part.rows.push(row);
}

const digestOf = ({ hash, rows }: OpenPart): string | null =>
  rows.length === 0 ? null : hash.digest('hex').slice(0, 24);

function closed({ members, allocations }: OpenBucket): BucketOfCache {
  return {
    membersDigest: digestOf(members),
    allocationsDigest: digestOf(allocations),
    memberRows: members.rows,
    allocationRows: allocations.rows,
  };
}

/** The next members in the order of their ids, each with the text that is digested of it. */
function readMembers(database: ReadDatabase, after: string): { row: number; memberId: string; text: string }[] {
  const rows = database.all<Omit<MemberState, 'credits' | 'sessions'> & { readonly row: number }>(
    `select rowid as row, member_id as memberId, first_name as firstName, name_key as nameKey, email, email_key as key, status,
       user_id as userId, credits_assigned as creditsAssigned, available, used, next_expiry as nextExpiry, created_at as createdAt
     from members where member_id > ? order by member_id limit ${ROWS_A_STEP}`,
    after,
  );
  const through = rows.at(-1)?.memberId;
  if (through === undefined) return [];
  const credits = listsOf(
    database.all<{ memberId: string } & MemberState['credits'][number]>(
      `select member_id as memberId, expires_at as expiresAt, available, used, expired, revoked from member_credits
       where member_id > ? and member_id <= ? order by member_id, expires_at`,
      after,
      through,
    ),
  );
  const sessions = listsOf(
    database.all<{ memberId: string } & MemberState['sessions'][number]>(
      `select member_id as memberId, session_id as id, status, scheduled_at as scheduledAt from member_sessions
       where member_id > ? and member_id <= ? order by member_id, session_id`,
      after,
      through,
    ),
  );
  const expiryAt = database.get<{ at: string }>('select expiry_at as at from pull_state')?.at ?? '';
  return rows.map(({ row, ...stored }) => {
    const { memberId } = stored;
    const member: MemberState = {
      ...stored,
      credits: credits.get(memberId) ?? [],
      sessions: sessions.get(memberId) ?? [],
    };
    // What the cache derives from the rest is not on the server: where it is wrong, the member is read anew.
    const isDerivedRight = JSON.stringify(stored) === JSON.stringify(storedColumns(member, expiryAt));
    return { row, memberId, text: memberText(member) + (isDerivedRight ? '' : ' derived') };
  });
}

function listsOf<Row extends { readonly memberId: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const lists = new Map<string, Row[]>();
  for (const row of rows) {
    const list = lists.get(row.memberId);
    if (list === undefined) lists.set(row.memberId, [row]);
    else list.push(row);
  }
  return lists;
}

function memberText(member: MemberState): string {
  const credits = member.credits.map(({ expiresAt, available, used, expired, revoked }) =>
    [expiresAt, available, used, expired, revoked].join(' '),
  );
  const sessions = member.sessions.map(({ id, status, scheduledAt }) => JSON.stringify([id, status, scheduledAt]));
  return JSON.stringify([
    member.memberId,
    member.firstName,
    member.email,
    member.status,
    member.userId,
    String(member.creditsAssigned),
    member.createdAt,
    credits.join(','),
    sessions.join(','),
  ]);
}

function readAllocations(database: ReadDatabase, after: string): { row: number; entry: AllocationState }[] {
  return database
    .all<AllocationState & { row: number }>(
      `select rowid as row, allocation_id as allocationId, kind, member_id as memberId, email, credits, expires_at as expiresAt, source,
         note, actor, created_at as createdAt
       from allocations where allocation_id > ? order by allocation_id limit ${ROWS_A_STEP}`,
      after,
    )
    .map(({ row, ...entry }) => ({ row, entry }));
}

function allocationText(entry: AllocationState): string {
  return JSON.stringify([
    entry.allocationId,
    entry.kind,
    entry.memberId,
    entry.email,
    String(entry.credits),
    entry.expiresAt,
    entry.source,
    entry.note,
    entry.actor,
    entry.createdAt,
  ]);
}
