import { randomUUID } from 'node:crypto';
import type { FileAnalysis } from '../../shared/contract/uploads.ts';
import { receiptColumn } from '../../shared/csv/own-columns.ts';
import { err, ok } from '../../shared/result.ts';
import { copyRows, readDraftRow } from '../cache/draft-rows.ts';
import { tallier } from '../cache/draft-tallies.ts';
import { insertDraft, updateDraft, type DraftRecord } from '../cache/drafts.ts';
import { inSlices } from '../cache/in-slices.ts';
import { refreshSomeDuplicates } from './duplicates.ts';
import type { OpenUploads, UploadResult } from './open-uploads.ts';
import { workOn } from './running-work.ts';

/** Rows that are copied, or compared with each other, in one piece: a millisecond or two. */
const ROWS_AT_ONCE = 50;

/**
 * Makes a draft of some rows of another one, which goes: they were not taken over from it, and must not be lost with it. They keep
 * their numbers. Answers the new draft's id. Errors: `cancelled`.
 */
export async function keepRows(
  uploads: OpenUploads,
  from: DraftRecord,
  analysis: FileAnalysis,
  rows: readonly number[],
  now: number,
): Promise<UploadResult<string>> {
  const { database } = uploads;
  const newId = randomUUID();
  let [copied, compared] = [0, 0];
  let tallyNext: (() => boolean) | null = null;
  // Nobody sees it before it has all of its rows. Cut off, it is an incomplete transfer, which the next start removes.
  uploads.leaving.add(newId);
  try {
    const outcome = await workOn(uploads, from.draft_id, (isStopped) =>
      inSlices(
        database,
        () => {
          if (copied === 0)
            insertDraft(database, { draftId: newId, fileName: from.file_name, stage: 'receiving' }, now);
          if (copied < rows.length) {
            copyRows(database, from.draft_id, newId, rows.slice(copied, copied + ROWS_AT_ONCE));
            copied += ROWS_AT_ONCE;
            return true;
          }
          if (tallyNext === null) {
            for (const row of rows.slice(compared, compared + ROWS_AT_ONCE)) {
              const email = readDraftRow(database, newId, row)?.email_key ?? null;
              if (email !== null) refreshSomeDuplicates(database, newId, email, { after: row - 1, limit: 1 });
            }
            compared += ROWS_AT_ONCE;
            if (compared >= rows.length) tallyNext = tallier(database, newId);
            return true;
          }
          if (tallyNext()) return true;
          finish(database, from, analysis, newId, now);
          return false;
        },
        { isStopped },
      ),
    );
    return outcome === 'ended' ? ok(newId) : err({ code: 'cancelled' });
  } finally {
    uploads.leaving.delete(newId);
  }
}

/** Its receipts lead nowhere: they were looked at. */
function finish(
  database: OpenUploads['database'],
  from: DraftRecord,
  analysis: FileAnalysis,
  newId: string,
  now: number,
): void {
  const { encoding, separator, sheet, clear_blank, own_domain, mapping } = from;
  const receipt = receiptColumn(analysis.columns);
  const columns = analysis.columns.map((column, index) => (index === receipt ? { ...column, samples: [] } : column));
  const chosen = { encoding, separator, sheet, clear_blank, own_domain, mapping };
  updateDraft(database, newId, { stage: 'fix', ...chosen, analysis: JSON.stringify({ ...analysis, columns }) }, now);
}
