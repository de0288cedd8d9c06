import type { OpenDatabase } from '../cache/database.ts';
import {
  askBehind,
  confirmedRows,
  type KeptReceipt,
  landForgottenRows,
  landKeptReceipts,
  receiptsToAskFor,
} from '../cache/forgotten-receipts.ts';
import type { Answer } from '../remote/failure.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';

const RECEIPTS_A_CALL = 500;
/** Forgotten rows of an upload are written down together: some 20 ms. */
const ROWS_A_CALL = 1_000;

/** Whether the server went back to a backup and receipts are still to be asked for. */
export function hasReceiptsToAskFor(database: OpenDatabase): boolean {
  return receiptsToAskFor(database, 1) !== null;
}

/**
 * Asks for some of the receipts that this computer has: of commands, or of all rows of an upload. Answers how many of them the server
 * has forgotten.
 */
export async function askKeptReceipts(
  database: OpenDatabase,
  functions: PartnerFunctions,
  now: () => number,
): Promise<Answer<number>> {
  const kept = receiptsToAskFor(database, RECEIPTS_A_CALL);
  if (kept === null) return { ok: true, value: 0 };
  if ('upload' in kept) return askUploadReceipts(database, functions, kept.upload, now);
  const asked = kept.commands;
  const answer = asked.length === 0 ? null : await functions.outcomes(asked.map(({ itemId }) => itemId));
  if (answer !== null && !answer.ok) return answer;
  if (!database.isOpen) return { ok: true, value: 0 };
  const known = new Set(answer?.value.answers.map(({ request_id: id }) => id));
  return { ok: true, value: landKeptReceipts(database, asked, known, now()) };
}

/** Cut off, it begins anew: what was found forgotten is not asked for again. */
async function askUploadReceipts(
  database: OpenDatabase,
  functions: PartnerFunctions,
  upload: KeptReceipt & { readonly draftId: string },
  now: () => number,
): Promise<Answer<number>> {
  let forgotten = 0;
  let after = 0;
  for (;;) {
    const rows = confirmedRows(database, upload.draftId, after, ROWS_A_CALL);
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) break;
    const answer = await functions.uploadOutcomes(upload.itemId, { first, last });
    if (!answer.ok) return answer;
    if (!database.isOpen) return { ok: true, value: forgotten };
    const known = new Set(answer.value.rows.map(({ row }) => row));
    const gone = rows.filter((row) => !known.has(row));
    if (gone.length > 0) landForgottenRows(database, upload, gone, now());
    forgotten += gone.length;
    after = last;
  }
  askBehind(database, upload.sequence);
  return { ok: true, value: forgotten };
}
