import type { MemberStatus } from '../../shared/contract/values.ts';
import type { WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { confirmItem } from './land-command.ts';
import { expiryInstant, recomputeAvailable } from './member-rows.ts';
import { saveBalance } from './partner.ts';
import { saveAllocationAhead } from './pull-state.ts';

/** A row that the ledger got for a correction. */
interface CorrectionEntry {
  readonly allocationId: string;
  readonly credits: number;
  /** Of an extension, the expiry before it. */
  readonly expiresBefore?: string;
  readonly expiresAt: string;
}

interface CorrectedMember {
  readonly memberId: string;
  readonly memberEmail: string;
  readonly balance: number;
  readonly replayed: boolean;
  readonly entries: readonly CorrectionEntry[];
}

/**
 * The server's receipt for credits that were taken back: item, ledger, the member's credits by expiry and the balance in ONE
 * transaction; of a replayed receipt only the item, the feed brings the rest. `now` in milliseconds.
 */
export function landRevoked(
  database: WriteDatabase,
  itemId: string,
  revoked: CorrectedMember & { readonly creditsAssigned: number; readonly reason: string | null },
  now: number,
): void {
  const { entries, balance, replayed, memberId } = revoked;
  database.transaction(() => {
    const allocationId = entries[0]?.allocationId ?? null;
    confirmItem(database, itemId, { allocationId, balance, expiresAt: null, replayed }, now);
    if (replayed) return;
    for (const entry of entries) {
      saveEntry(database, 'revocation', revoked, { ...entry, credits: -entry.credits }, revoked.reason, now);
      database.run(
        `update member_credits set available = max(available - @credits, 0), revoked = revoked + @credits
         where member_id = @memberId and expires_at = @expiresAt`,
        { memberId, credits: entry.credits, expiresAt: entry.expiresAt },
      );
    }
    database.run('update members set credits_assigned = ? where member_id = ?', revoked.creditsAssigned, memberId);
    recomputeAvailable(database, memberId, expiryInstant(database, now));
    saveBalance(database, balance, now);
  });
}

/** As `landRevoked`, for credits that expire later now. `lastExpiresAt`: when the last of them does. */
export function landExtended(
  database: WriteDatabase,
  itemId: string,
  extended: CorrectedMember & { readonly lastExpiresAt: string },
  now: number,
): void {
  const { entries, balance, replayed, memberId, lastExpiresAt } = extended;
  database.transaction(() => {
    const allocationId = entries[0]?.allocationId ?? null;
    confirmItem(database, itemId, { allocationId, balance, expiresAt: lastExpiresAt, replayed }, now);
    if (replayed) return;
    // All are taken out first: what moves from one expiry may come to stand where another one has just left.
    for (const { expiresBefore = '', credits } of entries) {
      database.run(
        'update member_credits set available = max(available - ?, 0) where member_id = ? and expires_at = ?',
        credits,
        memberId,
        expiresBefore,
      );
    }
    const known = database.get<{ found: 1 }>('select 1 as found from members where member_id = ?', memberId);
    for (const entry of entries) {
      saveEntry(database, 'extension', extended, entry, null, now);
      if (known === undefined) continue;
      database.run(
        `insert into member_credits (member_id, expires_at, available, used, expired, revoked) values (?, ?, ?, 0, 0, 0)
         on conflict (member_id, expires_at) do update set available = available + excluded.available`,
        memberId,
        entry.expiresAt,
        entry.credits,
      );
    }
    recomputeAvailable(database, memberId, expiryInstant(database, now));
    saveBalance(database, balance, now);
  });
}

/** As `landRevoked`, for a member's status. Its answer tells no balance. */
export function landStatus(
  database: WriteDatabase,
  itemId: string,
  changed: { readonly memberId: string; readonly status: MemberStatus; readonly replayed: boolean },
  now: number,
): void {
  const { memberId, status, replayed } = changed;
  database.transaction(() => {
    confirmItem(database, itemId, { allocationId: null, balance: null, expiresAt: null, replayed }, now);
    if (!replayed) database.run('update members set status = ? where member_id = ?', status, memberId);
  });
}

function saveEntry(
  database: WriteDatabase,
  kind: 'revocation' | 'extension',
  of: CorrectedMember,
  entry: CorrectionEntry,
  note: string | null,
  now: number,
): void {
  saveAllocationAhead(database, {
    allocationId: entry.allocationId,
    kind,
    memberId: of.memberId,
    email: of.memberEmail,
    credits: entry.credits,
    expiresAt: entry.expiresAt,
    source: 'console',
    note,
    actor: null,
    createdAt: instantAt(now),
  });
}
