import { setImmediate } from 'node:timers/promises';
import { type BucketOfCache, digestCache } from '../cache/bucket-digests.ts';
import { withSmallCheckpoints } from '../cache/checkpoints.ts';
import { endBuckets } from '../cache/compare-members.ts';
import type { OpenDatabase } from '../cache/database.ts';
import { mendEntries, removeUnknown } from '../cache/mend-buckets.ts';
import type { DigestsAnswer } from '../remote/comparison-answers.ts';
import type { Answer, Failure } from '../remote/failure.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';
import { mayPassInParts } from './settle-failure.ts';
import { toAllocationState, toMemberState } from './to-states.ts';

/** A digest weighs as much as an eighth of a member, and a bucket that differs costs all of its members: see docs/decisions/0013. */
const ENTRIES_A_BUCKET = 32;
const MOST_BUCKETS = 4_096;
const LEAST_BUCKETS = 16;
/** Entries that the server digests in one call: well under a second each. */
const ENTRIES_A_CALL = 50_000;
/** Entries of each list in one answer, and of all buckets that are asked for at a time. */
const PAGE_SIZE = 500;
/** More entries than this, and more than half of everything: the feed brings them in fewer and cheaper pages. */
const FEW_ENTRIES = 2_000;
/** Members that are written down in one transaction. */
const MEMBERS_A_PART = 75;

/** How far a comparison is. */
export interface BucketProgress {
  readonly buckets: number;
  /** Digested by the server so far. */
  readonly compared: number;
  /** That differ, of those compared. */
  readonly differing: number;
  /** Members and ledger entries that were read from the server. */
  readonly members: number;
  readonly allocations: number;
}

/** What one step came to. `too_different`: reading everything costs less than what is left of this comparison. */
export type BucketStep = 'more' | 'ended' | 'too_different';

/** A comparison at work. It stands in memory alone: after a restart it begins anew. */
export interface BucketComparison {
  /** One request, and what follows from it. After a failure the same request is made again. */
  step(): Promise<Answer<BucketStep>>;
  progress(): BucketProgress;
}

interface ServerBucket {
  readonly bucket: number;
  readonly members: number;
  readonly allocations: number;
}
/** Buckets that are read together; `members` and `allocations` by their numbers. */
interface Group {
  readonly members: Set<number>;
  readonly allocations: Set<number>;
  readonly brought: { readonly members: Set<string>; readonly allocations: Set<string> };
  afterMember: string | null;
  afterAllocation: string | null;
}

/**
 * Compares everything with the server by digests of buckets and transfers those that differ. Nothing is missed between the two: at
 * the end the feed goes on from where the first digests stood, and brings once more what has changed since. `now` in milliseconds.
 */
export function compareBuckets(
  database: OpenDatabase,
  functions: PartnerFunctions,
  partnerId: string,
  now: () => number,
): BucketComparison {
  const { entries, buckets } = divide(database);
  const differing: { readonly server: ServerBucket; readonly isMembers: boolean }[] = [];
  let perCall = Math.max(1, Math.ceil((buckets * ENTRIES_A_CALL) / Math.max(entries, 1)));
  let compared = 0;
  let cursor: string | null = null;
  let cache: ReadonlyMap<number, BucketOfCache> | null = null;
  let group: Group | null = null;
  let wanted = 0;
  let held = 0;
  let found = 0;
  let read = { members: 0, allocations: 0 };

  async function digest(): Promise<Answer<BucketStep>> {
    const range = { first: compared, last: Math.min(compared + perCall, buckets) - 1 };
    const answer = await functions.digests(buckets, range);
    if (!answer.ok) {
      if (mayPassInParts(answer.failure)) perCall = Math.max(1, Math.floor(perCall / 2));
      return answer;
    }
    if (answer.value.partner_id !== partnerId) return wrongAccount;
    cursor ??= answer.value.cursor;
    cache ??= await digestCache(database, buckets);
    if (cache === null) return more;
    note(answer.value, range, cache);
    compared = range.last + 1;
    if (compared < buckets) return more;
    differing.reverse();
    return wanted > FEW_ENTRIES && wanted > held / 2 ? { ok: true, value: 'too_different' } : more;
  }

  function note(
    answer: DigestsAnswer,
    range: { readonly first: number; readonly last: number },
    ours: ReadonlyMap<number, BucketOfCache>,
  ): void {
    const theirs = new Map(answer.buckets.map((row) => [row[0], row]));
    for (let bucket = range.first; bucket <= range.last; bucket += 1) {
      const [, members, membersDigest, allocations, allocationsDigest] = theirs.get(bucket) ?? [0, 0, null, 0, null];
      const own = ours.get(bucket);
      const server = { bucket, members, allocations };
      held += members + allocations;
      const before = differing.length;
      if (membersDigest !== (own?.membersDigest ?? null)) {
        differing.push({ server, isMembers: true });
        wanted += members;
      }
      if (allocationsDigest !== (own?.allocationsDigest ?? null)) {
        differing.push({ server, isMembers: false });
        wanted += allocations;
      }
      if (differing.length > before) found += 1;
    }
  }

  /** The next buckets whose entries fit into one page; one at least. */
  function nextGroup(): Group | null {
    const next: Group = {
      members: new Set(),
      allocations: new Set(),
      brought: { members: new Set(), allocations: new Set() },
      afterMember: null,
      afterAllocation: null,
    };
    let [members, allocations] = [0, 0];
    for (let last = differing.at(-1); last !== undefined; last = differing.at(-1)) {
      const { server, isMembers } = last;
      if (isMembers) members += server.members;
      else allocations += server.allocations;
      if (next.members.size + next.allocations.size > 0 && Math.max(members, allocations) > PAGE_SIZE) break;
      (isMembers ? next.members : next.allocations).add(server.bucket);
      differing.pop();
    }
    return next.members.size + next.allocations.size > 0 ? next : null;
  }

  async function readGroup(open: Group): Promise<Answer<BucketStep>> {
    const { afterMember, afterAllocation } = open;
    const answer = await functions.bucketEntries(
      { buckets, members: [...open.members], allocations: [...open.allocations], afterMember, afterAllocation },
      PAGE_SIZE,
    );
    if (!answer.ok) return answer;
    if (answer.value.partner_id !== partnerId) return wrongAccount;
    const members = answer.value.members.map(toMemberState);
    const allocations = answer.value.allocations.map(toAllocationState);
    open.afterMember = members.at(-1)?.memberId ?? afterMember;
    open.afterAllocation = allocations.at(-1)?.allocationId ?? afterAllocation;
    // A server that says "more" and gives nothing would be asked for ever.
    if (answer.value.has_more && members.length + allocations.length === 0) return { ok: false, failure: standsStill };
    read = { members: read.members + members.length, allocations: read.allocations + allocations.length };
    for (const { memberId } of members) open.brought.members.add(memberId);
    for (const { allocationId } of allocations) open.brought.allocations.add(allocationId);
    await withSmallCheckpoints(database, async () => {
      const parts = Math.max(Math.ceil(members.length / MEMBERS_A_PART), 1);
      for (let part = 0; part < parts; part += 1) {
        await setImmediate();
        if (!database.isOpen) return;
        const from = part * MEMBERS_A_PART;
        const isLast = part === parts - 1;
        mendEntries(
          database,
          { members: members.slice(from, from + MEMBERS_A_PART), allocations: isLast ? allocations : [] },
          now(),
        );
      }
      if (!answer.value.has_more) forget(open);
    });
    if (!answer.value.has_more) group = null;
    return more;
  }

  function forget(open: Group): void {
    const rowsOf = (numbers: ReadonlySet<number>, list: 'memberRows' | 'allocationRows'): number[] =>
      [...numbers].flatMap((bucket) => cache?.get(bucket)?.[list] ?? []);
    const suspects = {
      buckets,
      members: open.members,
      allocations: open.allocations,
      memberRows: rowsOf(open.members, 'memberRows'),
      allocationRows: rowsOf(open.allocations, 'allocationRows'),
    };
    removeUnknown(database, suspects, open.brought);
  }

  return {
    async step() {
      if (compared < buckets) return digest();
      group ??= nextGroup();
      if (group !== null) return readGroup(group);
      if (cursor !== null && database.isOpen) endBuckets(database, cursor);
      return { ok: true, value: 'ended' };
    },
    progress: () => ({ buckets, compared, differing: found, ...read }),
  };
}

const more: Answer<BucketStep> = { ok: true, value: 'more' };
const wrongAccount: { ok: false; failure: Failure } = {
  ok: false,
  failure: { kind: 'refused', reason: 'wrong_account' },
};
const standsStill: Failure = {
  kind: 'unavailable',
  error: 'wrong_shape',
  afterMs: null,
  mayHaveActed: false,
  tooSlow: false,
};

/** How many entries there are here, and into how many buckets they are divided: a power of two. */
function divide(database: OpenDatabase): { entries: number; buckets: number } {
  const { members, allocations } = database.get<{ members: number; allocations: number }>(
    'select (select count(*) from members) as members, (select count(*) from allocations) as allocations',
  ) ?? { members: 0, allocations: 0 };
  const wish = 2 ** Math.ceil(Math.log2(Math.max(members, allocations, 1) / ENTRIES_A_BUCKET));
  return { entries: members + allocations, buckets: Math.min(Math.max(wish, LEAST_BUCKETS), MOST_BUCKETS) };
}
