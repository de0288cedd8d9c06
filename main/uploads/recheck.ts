import { err, ok } from '../../shared/result.ts';
import { lastRow } from '../cache/draft-tallies.ts';
import { inSlices } from '../cache/in-slices.ts';
import { recheckElsewhere } from './duplicates.ts';
import { isBusy, type OpenUploads, type UploadResult } from './open-uploads.ts';

/** Row numbers whose e-mails are compared in one piece: about a millisecond. */
const COMPARED_AT_ONCE = 100;

/**
 * Compares the e-mails of a draft once more with members, outbox and other drafts, in slices: each of them changes after the file was
 * read. Answers how many rows are judged otherwise now. Errors: `conflict` (the rows are being changed, or the account was closed).
 */
export async function recheck(uploads: OpenUploads, draftId: string): Promise<UploadResult<number>> {
  const isStopped = (): boolean => isBusy(uploads, draftId);
  const outcome = await recheckInSlices(uploads, draftId, isStopped);
  return outcome === null ? err({ code: 'conflict', what: 'draft_busy' }) : ok(outcome);
}

/** As `recheck`, while nothing else may change the draft. Null when it was stopped. */
export async function recheckInSlices(
  { database }: OpenUploads,
  draftId: string,
  isStopped: () => boolean,
): Promise<number | null> {
  const last = lastRow(database, draftId);
  let after = 0;
  let changed = 0;
  const outcome = await inSlices(
    database,
    () => {
      const through = after + COMPARED_AT_ONCE;
      changed += recheckElsewhere(database, draftId, { after, through });
      after = through;
      return after < last;
    },
    { isStopped },
  );
  return outcome === 'ended' ? changed : null;
}
