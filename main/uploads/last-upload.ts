import { setImmediate } from 'node:timers/promises';
import type { DryRun } from '../../shared/contract/uploads.ts';
import { compareSome, findLastUpload } from '../cache/last-upload.ts';
import type { DraftRecord } from '../cache/drafts.ts';
import type { OpenUploads } from './open-uploads.ts';

/** E-mails of either file that are compared in one piece: a few milliseconds. */
const EMAILS_AT_ONCE = 500;

type LastUpload = NonNullable<DryRun['lastUpload']>;

/** What was counted last, for as long as the draft stays as it is. */
const counted = new WeakMap<OpenUploads, Map<string, { readonly key: string; readonly answer: LastUpload }>>();

/**
 * The last upload of the same file and how it differs, in short pieces that give way to everything else. Null when there is none, or
 * the account was closed meanwhile.
 */
export async function compareWithLastUpload(uploads: OpenUploads, draft: DraftRecord): Promise<LastUpload | null> {
  const { database } = uploads;
  const draftId = draft.draft_id;
  const last = findLastUpload(database, draft);
  if (last === undefined) return null;
  const answers = counted.get(uploads) ?? new Map();
  counted.set(uploads, answers);
  const key = `${draft.changed_at} ${draft.undo_position} ${last.draft_id}`;
  const known = answers.get(draftId);
  if (known?.key === key) return known.answer;
  const sums = { added: 0, removed: 0, changed: 0 };
  for (let after: string | null = ''; after !== null;) {
    if (!database.isOpen) return null;
    const some = compareSome(database, draftId, last.draft_id, after, EMAILS_AT_ONCE);
    sums.added += some.added;
    sums.removed += some.removed;
    sums.changed += some.changed;
    after = some.through;
    await setImmediate();
  }
  const { draft_id: earlier, file_name: fileName, queued_at: sentAt } = last;
  const answer = { draftId: earlier, fileName, sentAt, sameContent: last.same_content === 1, ...sums };
  answers.set(draftId, { key, answer });
  return answer;
}
