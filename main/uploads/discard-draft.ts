import { err, ok } from '../../shared/result.ts';
import { deleteSomeRows } from '../cache/draft-rows.ts';
import { forgetSteps } from '../cache/draft-steps.ts';
import { deleteDraft, updateDraft } from '../cache/drafts.ts';
import { letTakenRowsGo } from '../cache/ended-in-part.ts';
import { inSlices } from '../cache/in-slices.ts';
import { forgetEndedUpload } from '../cache/upload-items.ts';
import { removeSource } from './draft-files.ts';
import { findDraft, type OpenUploads, type UploadResult } from './open-uploads.ts';

/** Rows deleted in one piece: a millisecond or two, also when all of them have issues. */
const DELETED_AT_ONCE = 100;

/**
 * Removes a draft with its rows, its file and, when it was sent, its item (the server keeps the receipts). Errors: `not_found`, `conflict` while it is being read, or while rows of it
 * may still be sent (stop it first).
 */
export async function discardDraft(
  uploads: OpenUploads,
  draftId: string,
  now: number,
): Promise<UploadResult<Record<string, never>>> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  const { draft } = found.value;
  if (uploads.imports.has(draftId)) return err({ code: 'conflict', what: 'draft_busy' });
  if (draft.stage === 'queued' || draft.stage === 'sending' || draft.stage === 'paused') {
    return err({ code: 'conflict', what: 'draft_submitted' });
  }
  uploads.leaving.add(draftId);
  uploads.looks.get(draftId)?.abort();
  uploads.otherLooks.delete(draftId);
  try {
    const transfer = uploads.transfers.get(draftId);
    uploads.transfers.delete(draftId);
    await transfer?.abandon();
    await stopWork(uploads, draftId);
    uploads.database.transaction(() => {
      letTakenRowsGo(uploads.database, draftId);
      forgetEndedUpload(uploads.database, draftId);
      forgetSteps(uploads.database, draftId);
      // Interrupted from here on, the draft is an incomplete transfer, which the next start removes.
      updateDraft(uploads.database, draftId, { stage: 'receiving' }, now);
    });
    await removeRest(uploads, draftId);
    removeSource(uploads.folder, draftId);
  } finally {
    uploads.leaving.delete(draftId);
  }
  return ok({});
}

/** Removes what is left of drafts that were leaving when the console ended: of a large one, hundreds of milliseconds in one piece. */
export async function removeLeaving(uploads: OpenUploads): Promise<void> {
  // Those of now: what leaves later is somebody else's work.
  const left = Array.from(uploads.leaving);
  for (const draftId of left) {
    await removeRest(uploads, draftId);
    uploads.leaving.delete(draftId);
  }
}

async function removeRest({ database }: OpenUploads, draftId: string): Promise<void> {
  await inSlices(database, () => deleteSomeRows(database, draftId, DELETED_AT_ONCE) > 0);
  if (database.isOpen) deleteDraft(database, draftId);
}

/** A change over many rows need not end when its draft goes. */
async function stopWork(uploads: OpenUploads, draftId: string): Promise<void> {
  const work = uploads.works.get(draftId);
  work?.stop();
  await Promise.allSettled([work?.ended]);
}
