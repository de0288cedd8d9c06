import { setImmediate } from 'node:timers/promises';
import { beginComparison, readComparison } from '../cache/compare-members.ts';
import type { OpenDatabase } from '../cache/database.ts';
import { fillSearch } from '../cache/fill-search.ts';
import { withSmallCheckpoints } from '../cache/checkpoints.ts';
import { applyChangePage, applyMembers, type ChangePage, readPullState } from '../cache/pull-state.ts';
import type { Answer, Failure } from '../remote/failure.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';
import type { ChangesAnswer } from '../remote/wire.ts';
import { toAllocationState, toMemberState } from './to-states.ts';

/** After so long without a pull everything is compared: a position that old may lie before a restore nobody noticed. */
const LONG_ABSENCE_MS = 30 * 86_400_000;
/** Members of one page. */
export const PAGE_SIZE = 500;
/** Members that are written down in one transaction: few enough that it holds up nobody who searches meanwhile. */
const MEMBERS_A_PART = 75;

const feedStandsStill: Failure = {
  kind: 'unavailable',
  error: 'wrong_shape',
  afterMs: null,
  mayHaveActed: false,
  tooSlow: false,
};

export interface PulledPage {
  readonly members: number;
  readonly allocations: number;
  readonly removed: number;
  readonly hasMore: boolean;
  /** The server was put back from a backup: nothing of the page was written down, and everything is to be compared. */
  readonly wentBack: boolean;
}

/** Asks for what changed since the last page and writes it down together with the new position. */
export async function pullPage(
  database: OpenDatabase,
  functions: PartnerFunctions,
  partnerId: string,
  now: () => number,
): Promise<Answer<PulledPage>> {
  if (isLongAgo(readPullState(database).completedAt, now()) && !readComparison(database).isComparing) {
    beginComparison(database, 'buckets');
  }
  const { cursor } = readPullState(database);
  const answer = await functions.changes(cursor, PAGE_SIZE);
  if (!answer.ok) return answer;
  // A feed that says "more" from where it stood would be asked for ever.
  if (answer.value.has_more && answer.value.cursor === cursor) return { ok: false, failure: feedStandsStill };
  // Another account's data must never enter this account's database, whatever token was sent.
  if (answer.value.partner.id !== partnerId)
    return { ok: false, failure: { kind: 'refused', reason: 'wrong_account' } };
  const page = toChangePage(answer.value);
  // Reading the answer and writing it down are two tasks: whatever came meanwhile goes in between.
  await setImmediate();
  // The server is at an earlier point than this computer: it was put back from a backup, and began again by itself.
  const wentBack = cursor !== null && goesBack(cursor, page.cursor);
  if (wentBack) {
    if (database.isOpen) beginComparison(database, 'buckets', { receiptsToo: true });
    return { ok: true, value: { members: 0, allocations: 0, removed: 0, hasMore: false, wentBack } };
  }
  await withSmallCheckpoints(database, () => applyInParts(database, page, now()));
  if (!page.hasMore) await fillSearch(database);
  return {
    ok: true,
    value: {
      members: page.members.length,
      allocations: page.allocations.length,
      removed: page.removedMembers.length,
      hasMore: page.hasMore,
      wentBack,
    },
  };
}

/** Gives way to everything else after each part. The console may be closed meanwhile: then the page is asked for again. */
async function applyInParts(database: OpenDatabase, page: ChangePage, receivedAt: number): Promise<void> {
  let rest = page;
  while (database.isOpen && rest.members.length > MEMBERS_A_PART) {
    applyMembers(database, { ...rest, members: rest.members.slice(0, MEMBERS_A_PART) }, receivedAt);
    rest = { ...rest, members: rest.members.slice(MEMBERS_A_PART), removedMembers: [] };
    await setImmediate();
  }
  if (database.isOpen) applyChangePage(database, rest, receivedAt);
}

function isLongAgo(completedAt: string | null, now: number): boolean {
  return completedAt !== null && now - Date.parse(completedAt) > LONG_ABSENCE_MS;
}

/**
 * Whether a position of the feed lies before another: in any of its three lists (members, allocations, removals; each a transaction and an
 * id). A feed goes only forward, but for one that began again.
 */
function goesBack(from: string, to: string): boolean {
  const [before, after] = [transactionsOf(from), transactionsOf(to)];
  if (before === null || after === null) return false;
  return before.some((transaction, list) => (after[list] ?? transaction) < transaction);
}

function transactionsOf(cursor: string): bigint[] | null {
  if (!/^1(?:\.\d+\.[0-9a-f-]{36}){3}$/.test(cursor)) return null;
  const parts = cursor.split('.');
  return [1, 3, 5].map((part) => BigInt(parts[part] ?? 0));
}

/** A page as the cache takes it. */
export function toChangePage(answer: ChangesAnswer): ChangePage {
  const { partner } = answer;
  return {
    partner: {
      partnerId: partner.id,
      fullName: partner.full_name,
      email: partner.email,
      balance: partner.balance,
      lowBalance: partner.low_balance,
    },
    members: answer.members.map(toMemberState),
    allocations: answer.allocations.map(toAllocationState),
    removedMembers: answer.removed_members,
    cursor: answer.cursor,
    hasMore: answer.has_more,
  };
}
