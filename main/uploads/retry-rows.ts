import { randomUUID } from 'node:crypto';
import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { err, ok } from '../../shared/result.ts';
import { copyRowsWithoutEffect, draftOfRetriedRows } from '../cache/draft-rows.ts';
import { lastRow, tallier } from '../cache/draft-tallies.ts';
import { deleteDraft, type DraftRecord, insertDraft, updateDraft } from '../cache/drafts.ts';
import { inSlices } from '../cache/in-slices.ts';
import { draftDetail } from './draft-detail.ts';
import { findDraft, isBusy, type OpenUploads, type UploadResult } from './open-uploads.ts';
import { workOn } from './running-work.ts';

/** Rows that are taken over in one piece: a millisecond or two. */
const TAKEN_OVER_AT_ONCE = 100;

/**
 * A draft of the rows without an effect, to be corrected and sent under a new id: a new one, or the one that has taken them
 * over already, because two drafts of the same rows could both be sent. It keeps the rows' numbers and edits.
 * Errors: `not_found`, `conflict` while the upload goes on or its rows are being taken over, `cancelled`, `invalid_input` when
 * every row was confirmed.
 */
export async function retryRefused(
  uploads: OpenUploads,
  draftId: string,
  now: number,
): Promise<UploadResult<DraftDetail>> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  const { draft } = found.value;
  if (draft.stage !== 'done' && draft.stage !== 'stopped') return err({ code: 'conflict', what: 'item_sending' });
  if (isBusy(uploads, draftId)) return err({ code: 'conflict', what: 'draft_busy' });
  const { database } = uploads;
  const taken = await takeOver(uploads, draft, now);
  if (!taken.ok) return taken;
  const retryId = taken.value ?? draftOfRetriedRows(database, draftId);
  if (retryId === null) return err({ code: 'invalid_input', field: 'rows', reason: 'nothing_to_retry' });
  return ok(draftDetail(uploads, retryId));
}

/** Answers the new draft, null when there was nothing to take over. Errors: `cancelled`. */
async function takeOver(uploads: OpenUploads, draft: DraftRecord, now: number): Promise<UploadResult<string | null>> {
  const { database } = uploads;
  const newId = randomUUID();
  const last = lastRow(database, draft.draft_id);
  let [after, rows] = [0, 0];
  let tallyNext: (() => boolean) | null = null;
  // Nobody sees it before it has all of its rows. Cut off, it is an incomplete transfer: the next start gives its rows back.
  uploads.leaving.add(newId);
  try {
    const outcome = await workOn(uploads, draft.draft_id, (isStopped) =>
      inSlices(
        database,
        () => {
          if (after === 0)
            insertDraft(database, { draftId: newId, fileName: draft.file_name, stage: 'receiving' }, now);
          if (tallyNext === null) {
            const through = after + TAKEN_OVER_AT_ONCE;
            rows += copyRowsWithoutEffect(database, draft.draft_id, newId, { after, through });
            after = through;
            if (after >= last) tallyNext = tallier(database, newId);
            return true;
          }
          if (tallyNext()) return true;
          if (rows === 0) deleteDraft(database, newId);
          else finish(uploads, draft, newId, now);
          return false;
        },
        { isStopped },
      ),
    );
    return outcome === 'ended' ? ok(rows === 0 ? null : newId) : err({ code: 'cancelled' });
  } finally {
    uploads.leaving.delete(newId);
  }
}

function finish({ database }: OpenUploads, draft: DraftRecord, newId: string, now: number): void {
  const { encoding, separator, sheet, clear_blank, own_domain, analysis, mapping } = draft;
  const fields = { encoding, separator, sheet, clear_blank, own_domain, analysis, mapping };
  updateDraft(database, newId, { stage: 'fix', ...fields }, now);
}
