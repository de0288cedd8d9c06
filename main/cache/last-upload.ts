import type { ReadDatabase } from './database.ts';
import type { DraftRecord } from './drafts.ts';

/** An upload that was submitted before. */
export interface EarlierUpload {
  readonly draft_id: string;
  readonly file_name: string;
  readonly queued_at: string;
  readonly same_content: number;
}

/** The last upload of a file with the same content, or else with the same name; undefined when there is none. */
export function findLastUpload(database: ReadDatabase, draft: DraftRecord): EarlierUpload | undefined {
  return database.get<EarlierUpload>(
    `select drafts.draft_id, file_name, queued_at, fingerprint = @fingerprint as same_content
     from drafts join outbox on outbox.item_id = drafts.item_id
     where drafts.draft_id <> @draftId and fingerprint is not null and @fingerprint is not null
       and (fingerprint = @fingerprint or file_name = @fileName)
     order by same_content desc, queued_at desc limit 1`,
    { draftId: draft.draft_id, fingerprint: draft.fingerprint, fileName: draft.file_name },
  );
}

/** Members by e-mail: in this file only, in the earlier one only, in both with other values. */
export interface Differences {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/**
 * Compares two drafts over the e-mails behind `after`, at most some `places` of either; `through` is the e-mail to go on behind, null at
 * the end. Each e-mail counts once, with the first of its rows.
 */
export function compareSome(
  database: ReadDatabase,
  draftId: string,
  earlierId: string,
  after: string,
  places: number,
): Differences & { readonly through: string | null } {
  const ends = [draftId, earlierId]
    .map((id) => emailAt(database, id, after, places))
    .filter((email) => email !== null)
    .toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const through = ends[0] ?? null;
  const range = through === null ? '' : 'and mine.email_key <= @through';
  // Without being told the index, the planner walks all rows of a draft, because they are in order.
  const first = (name: string): string =>
    `(select min(row_no) from draft_rows as one indexed by draft_rows_by_email where one.draft_id = ${name}.draft_id and one.email_key = ${name}.email_key)`;
  const only = (mine: string, others: string): string =>
    `select count(distinct email_key) from draft_rows as mine indexed by draft_rows_by_email where draft_id = ${mine} and email_key > @after ${range}
       and not exists (select 1 from draft_rows as other indexed by draft_rows_by_email where other.draft_id = ${others} and other.email_key = mine.email_key)`;
  const row = database.get<Differences>(
    `select (${only('@draftId', '@earlierId')}) as added, (${only('@earlierId', '@draftId')}) as removed,
       (select count(*) from draft_rows as mine indexed by draft_rows_by_email
          cross join draft_rows as other indexed by draft_rows_by_email
          on other.draft_id = @earlierId and other.email_key = mine.email_key
        where mine.draft_id = @draftId and mine.email_key > @after ${range}
          and mine.row_no = ${first('mine')} and other.row_no = ${first('other')}
          and (mine.first_name is not other.first_name or mine.credits is not other.credits
            or mine.validity_days is not other.validity_days or mine.expires_on is not other.expires_on)) as changed`,
    through === null ? { draftId, earlierId, after } : { draftId, earlierId, after, through },
  );
  if (row === undefined) throw new Error('a count has no answer');
  return { ...row, through };
}

function emailAt(database: ReadDatabase, draftId: string, after: string, places: number): string | null {
  const row = database.get<{ email_key: string }>(
    'select email_key from draft_rows indexed by draft_rows_by_email where draft_id = ? and email_key > ? order by email_key limit 1 offset ?',
    draftId,
    after,
    places,
  );
  return row?.email_key ?? null;
}
