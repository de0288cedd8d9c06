import type { MemberDetail } from '../../shared/contract/members.ts';
import type { ReadDatabase } from './database.ts';

/**
 * Credits that wait on this computer for the member of the row `members` in the query around it: assignments without an answer,
 * and unanswered rows of queued uploads with its e-mail.
 */
export const plannedForMember = `(
  select coalesce(sum(outbox.planned_credits), 0) from outbox
  where outbox.member_id = members.member_id and outbox.state not in ('confirmed') and outbox.state <> 'refused'
) + (
  select coalesce(sum(draft_rows.credits), 0) from outbox join draft_rows on draft_rows.draft_id = outbox.draft_id
  where outbox.kind = 'upload_members' and outbox.state not in ('confirmed') and outbox.state <> 'refused'
    and draft_rows.email_key = members.email_key and draft_rows.result = 'queued'
)`;

type PlannedItem = MemberDetail['planned'][number];

/** What waits for one member, oldest first: commands on it (refused ones too, until somebody decides) and rows of uploads. */
export function readPlannedItems(database: ReadDatabase, memberId: string): PlannedItem[] {
  return database.all<PlannedItem>(
    `select item_id as itemId, queued_at as queuedAt, state,
       case kind when 'revoke_member_credits' then 'revoke' when 'extend_member_credits' then 'extend'
         when 'set_member_status' then 'status' else 'assign' end as origin,
       iif(kind = 'revoke_member_credits' and json_valid(payload), payload ->> '$.credits', planned_credits) as credits,
       iif(kind = 'extend_member_credits' and json_valid(payload), payload ->> '$.days', null) as days,
       iif(kind = 'set_member_status' and json_valid(payload), payload ->> '$.status', null) as status
     from outbox where member_id = @memberId and state not in ('confirmed') and replaced_by is null
     union all
     select outbox.item_id, outbox.queued_at, outbox.state, 'upload', sum(coalesce(draft_rows.credits, 0)), null, null
     from members join outbox on outbox.kind = 'upload_members' and outbox.state not in ('confirmed') and outbox.state <> 'refused'
     join draft_rows on draft_rows.draft_id = outbox.draft_id and draft_rows.email_key = members.email_key and draft_rows.result = 'queued'
     where members.member_id = @memberId group by outbox.item_id
     order by queuedAt`,
    { memberId },
  );
}
