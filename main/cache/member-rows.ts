import type { MemberStatus } from '../../shared/contract/values.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';
import { foldText } from './fold-text.ts';
import { instantAt } from './instant.ts';
import type { SearchChanges } from './search-changes.ts';

/** A member as the feed brings it: whole, with its credits and latest sessions. Instants as stored text. */
export interface MemberState {
  readonly memberId: string;
  readonly firstName: string;
  readonly email: string;
  readonly status: MemberStatus;
  readonly userId: string | null;
  readonly creditsAssigned: number;
  readonly createdAt: string;
  readonly credits: readonly CreditsState[];
  readonly sessions: readonly { readonly id: string; readonly status: string; readonly scheduledAt: string | null }[];
}

/** A member's credits of one expiry. */
export interface CreditsState {
  readonly expiresAt: string;
  readonly available: number;
  readonly used: number;
  readonly expired: number;
  readonly revoked: number;
}

/** The form of an e-mail address that identifies a member. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase();
}

/** What `members` holds of a member. `expiryAt` as for `saveMember`. */
export function storedColumns(member: MemberState, expiryAt: string): Record<string, string | number | null> {
  const open = member.credits.filter((credits) => credits.available > 0 && credits.expiresAt > expiryAt);
  return {
    memberId: member.memberId,
    firstName: member.firstName,
    nameKey: foldText(member.firstName),
    email: member.email,
    key: emailKey(member.email),
    status: member.status,
    userId: member.userId,
    creditsAssigned: member.creditsAssigned,
    available: open.reduce((sum, credits) => sum + credits.available, 0),
    used: member.credits.reduce((sum, credits) => sum + credits.used, 0),
    nextExpiry: open.map((credits) => credits.expiresAt).toSorted()[0] ?? null,
    createdAt: member.createdAt,
  };
}

/**
 * Replaces a member in the cache by what the feed says. The search index follows when `search` is flushed.
 * `expiryAt`: the instant for which `available` and `next_expiry` are computed, see roll-expiry.ts.
 */
export function saveMember(
  database: WriteDatabase,
  search: SearchChanges,
  member: MemberState,
  expiryAt: string,
): void {
  const key = emailKey(member.email);
  // An address that moved from one member to another: the other one comes by the same feed, changed or removed.
  const holder = database.get<{ member_id: string }>(
    'select member_id from members where email_key = ? and member_id <> ?',
    key,
    member.memberId,
  );
  if (holder !== undefined) removeMember(database, search, holder.member_id);

  search.note(member.memberId);
  database.run(
    `insert into members (member_id, first_name, name_key, email, email_key, status, user_id, credits_assigned, available, used, next_expiry, created_at, seen_in)
     values (@memberId, @firstName, @nameKey, @email, @key, @status, @userId, @creditsAssigned, @available, @used, @nextExpiry, @createdAt,
       coalesce((select comparison from pull_state), 0))
     on conflict (member_id) do update set first_name = excluded.first_name, name_key = excluded.name_key, email = excluded.email, email_key = excluded.email_key,
       status = excluded.status, user_id = excluded.user_id, credits_assigned = excluded.credits_assigned,
       available = excluded.available, used = excluded.used, next_expiry = excluded.next_expiry, created_at = excluded.created_at,
       seen_in = excluded.seen_in`,
    storedColumns(member, expiryAt),
  );
  database.run('delete from member_credits where member_id = ?', member.memberId);
  for (const credits of member.credits) {
    database.run(
      `insert into member_credits (member_id, expires_at, available, used, expired, revoked) values (?, ?, ?, ?, ?, ?)
       on conflict (member_id, expires_at) do update set available = available + excluded.available, used = used + excluded.used,
         expired = expired + excluded.expired, revoked = revoked + excluded.revoked`,
      member.memberId,
      credits.expiresAt,
      credits.available,
      credits.used,
      credits.expired,
      credits.revoked,
    );
  }
  database.run('delete from member_sessions where member_id = ?', member.memberId);
  for (const session of member.sessions) {
    database.run(
      `insert or replace into member_sessions (session_id, member_id, status, scheduled_at) values (?, ?, ?, ?)`,
      session.id,
      member.memberId,
      session.status,
      session.scheduledAt,
    );
  }
}

/** Takes a member out of the cache, with credits and sessions. What waits in the outbox for it stays. */
export function removeMember(database: WriteDatabase, search: SearchChanges, memberId: string): void {
  search.note(memberId);
  database.run('delete from members where member_id = ?', memberId);
}

/**
 * Credits that a fresh receipt (not a replayed one) confirms, ahead of the feed, which cannot have brought them yet.
 * Unknown members are left to the feed.
 */
export function addConfirmedCredits(
  database: WriteDatabase,
  memberId: string,
  receipt: { readonly credits: number; readonly expiresAt: string; readonly creditsAssigned: number },
  expiryAt: string,
): void {
  const changed = database.run(
    `insert into member_credits (member_id, expires_at, available, used, expired, revoked)
     select member_id, ?, ?, 0, 0, 0 from members where member_id = ?
     on conflict (member_id, expires_at) do update set available = available + excluded.available`,
    receipt.expiresAt,
    receipt.credits,
    memberId,
  );
  if (changed === 0) return;
  database.run(
    `update members set credits_assigned = ?, (available, next_expiry) =
       (select coalesce(sum(available), 0), min(expires_at) from member_credits
        where member_credits.member_id = members.member_id and available > 0 and expires_at > ?)
     where member_id = ?`,
    receipt.creditsAssigned,
    expiryAt,
    memberId,
  );
}

/** Sets `available` and `next_expiry` of one member from its credits, as they are at `expiryAt`. */
export function recomputeAvailable(database: WriteDatabase, memberId: string, expiryAt: string): void {
  database.run(
    `update members set (available, next_expiry) =
       (select coalesce(sum(available), 0), min(expires_at) from member_credits
        where member_credits.member_id = members.member_id and available > 0 and expires_at > ?)
     where member_id = ?`,
    expiryAt,
    memberId,
  );
}

/** The instant for which `members.available` stands, or `now` (milliseconds) before there is any member. */
export function expiryInstant(database: ReadDatabase, now: number): string {
  return database.get<{ expiry_at: string }>('select expiry_at from pull_state')?.expiry_at ?? instantAt(now);
}
