import type { MemberSituation } from '../../shared/contract/sync.ts';
import type { ReadDatabase } from './database.ts';

/** A member and the balance as this computer knows them now; null for a member whom it does not know. */
export function readSituation(database: ReadDatabase, memberId: string): MemberSituation | null {
  return (
    database.get<MemberSituation>(
      `select credits_assigned as creditsAssigned, available, status, (select balance from partner) as balance,
         (select as_of from partner) as asOf
       from members where member_id = ?`,
      memberId,
    ) ?? null
  );
}
