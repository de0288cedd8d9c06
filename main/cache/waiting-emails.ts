import type { ReadDatabase } from './database.ts';

/** Where else an e-mail waits, and what people call it: a member, or a file. */
export interface WaitingEmail {
  readonly place: 'outbox' | 'draft';
  readonly name: string;
}

/** Uploads whose rows have no answer yet, and drafts that are open, but for one draft. Few, whatever the number of rows. */
const otherDrafts = `
  select outbox.draft_id, drafts.file_name, 'outbox' as place from outbox join drafts on drafts.draft_id = outbox.draft_id
  where outbox.kind = 'upload_members' and outbox.state not in ('confirmed') and outbox.state <> 'refused' and outbox.draft_id <> @draftId
  union all
  select draft_id, file_name, 'draft' from drafts where stage = 'fix' and item_id is null and draft_id <> @draftId`;

/** Whether a row of another draft still waits: not skipped there, and without an answer. */
const waits = `((others.place = 'outbox' and other.result = 'queued') or (others.place = 'draft' and other.skipped = 0))`;

/** Whether the e-mail of the row `mine` is that of an inactive member or waits elsewhere; beside a table `others` of `otherDrafts`. */
const isKnownElsewhere = `(exists (select 1 from members where members.email_key = mine.email_key and (members.status = 'inactive'
    or exists (select 1 from outbox indexed by outbox_by_member where outbox.member_id = members.member_id
      and outbox.member_id is not null and outbox.state not in ('confirmed') and outbox.state <> 'refused')))
  or exists (select 1 from others cross join draft_rows as other indexed by draft_rows_by_email
    on other.draft_id = others.draft_id and other.email_key = mine.email_key where ${waits}))`;

/** Where an e-mail of a draft waits beside this draft: the outbox before other drafts. Null when nowhere. */
export function findWaiting(database: ReadDatabase, draftId: string, email: string): WaitingEmail | null {
  // Two statements: as one with a union they take five times as long.
  return (
    database.get<WaitingEmail>(
      `select 'outbox' as place, coalesce(nullif(members.first_name, ''), members.email) as name
       from members cross join outbox indexed by outbox_by_member on outbox.member_id = members.member_id
       where members.email_key = ? and outbox.member_id is not null
         and outbox.state not in ('confirmed') and outbox.state <> 'refused' limit 1`,
      email,
    ) ??
    database.get<WaitingEmail>(
      `with others as materialized (${otherDrafts})
       select others.place, others.file_name as name from others
       cross join draft_rows as other indexed by draft_rows_by_email on other.draft_id = others.draft_id and other.email_key = @email
       where ${waits} limit 1`,
      { draftId, email },
    ) ??
    null
  );
}

/** Whether the e-mail is that of a member that this computer knows as inactive. */
export function isInactiveMember(database: ReadDatabase, email: string): boolean {
  const sql = `select 1 as found from members where email_key = ? and status = 'inactive'`;
  return database.get(sql, email) !== undefined;
}

/**
 * Of the e-mails of a draft behind `after` up to `through` (null: to the end), in their own order, those of inactive members and those
 * that wait elsewhere.
 */
export function emailsKnownElsewhere(
  database: ReadDatabase,
  draftId: string,
  range: { readonly after: string; readonly through: string | null },
): string[] {
  const { after, through } = range;
  return database
    .all<{ email_key: string }>(
      `with others as materialized (${otherDrafts})
       select distinct mine.email_key from draft_rows as mine indexed by draft_rows_by_email
       where mine.draft_id = @draftId and mine.email_key > @after ${through === null ? '' : 'and mine.email_key <= @through'}
         and ${isKnownElsewhere}
       order by mine.email_key`,
      through === null ? { draftId, after } : { draftId, after, through },
    )
    .map((row) => row.email_key);
}

/** What has to be known of a row to compare its e-mail with what is elsewhere; `issues` is JSON. */
export interface ComparedRow {
  readonly row_no: number;
  readonly email_key: string;
  readonly credits: number | null;
  readonly issues: string | null;
}

/**
 * The rows behind number `after` up to `through` whose e-mail is now that of an inactive member or waits elsewhere, or was when it was
 * compared last.
 */
export function rowsKnownElsewhere(
  database: ReadDatabase,
  draftId: string,
  range: { readonly after: number; readonly through: number },
): ComparedRow[] {
  return database.all<ComparedRow>(
    `with others as materialized (${otherDrafts})
     select row_no, email_key, credits, issues from draft_rows as mine
     where draft_id = @draftId and row_no > @after and row_no <= @through and email_key is not null
       and (instr(issues, '"member_inactive"') > 0 or instr(issues, '"member_waiting"') > 0 or ${isKnownElsewhere})
     order by row_no`,
    { draftId, ...range },
  );
}
