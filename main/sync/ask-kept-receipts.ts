import type { OpenDatabase } from '../cache/database.ts';
import { landKeptReceipts, receiptsToAskFor } from '../cache/forgotten-receipts.ts';
import type { Answer } from '../remote/failure.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';

const RECEIPTS_A_CALL = 500;

/** Whether the server went back to a backup and receipts are still to be asked for. */
export function hasReceiptsToAskFor(database: OpenDatabase): boolean {
  return receiptsToAskFor(database, 1) !== null;
}

/** Asks for some of the receipts that this computer has. Answers how many of them the server has forgotten. */
export async function askKeptReceipts(
  database: OpenDatabase,
  functions: PartnerFunctions,
  now: () => number,
): Promise<Answer<number>> {
  const asked = receiptsToAskFor(database, RECEIPTS_A_CALL) ?? [];
  const answer = asked.length === 0 ? null : await functions.outcomes(asked.map(({ itemId }) => itemId));
  if (answer !== null && !answer.ok) return answer;
  if (!database.isOpen) return { ok: true, value: 0 };
  const known = new Set(answer?.value.answers.map(({ request_id: id }) => id));
  return { ok: true, value: landKeptReceipts(database, asked, known, now()) };
}
