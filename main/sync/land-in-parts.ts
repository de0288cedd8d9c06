import { setImmediate } from 'node:timers/promises';
import type { OpenDatabase } from '../cache/database.ts';
import { landChunk, type RowAnswer } from '../cache/land-upload.ts';
import type { ChunkRow } from '../cache/upload-rows.ts';

/** Rows that are written down in one transaction: some 10 ms. */
const ROWS_A_PART = 150;

/**
 * Writes down the answers to the rows of an upload, in file order and a part at a time, so that nobody waits for two thousand members.
 * A part is whole: the receipt of a row, its member and the item's progress stand together. Rows that are not written down when the
 * console ends stay in doubt, and are asked for. Answers whether all are written down.
 */
export async function landInParts(
  database: OpenDatabase,
  itemId: string,
  chunk: readonly ChunkRow[],
  answer: { readonly rows: readonly RowAnswer[]; readonly balance: number | null },
  now: number,
): Promise<boolean> {
  const answers = new Map(answer.rows.map((row) => [row.row, row]));
  for (let start = 0; start < chunk.length; start += ROWS_A_PART) {
    if (start > 0) await setImmediate();
    if (!database.isOpen) return false;
    const part = chunk.slice(start, start + ROWS_A_PART);
    const rows = part.flatMap(({ row }) => answers.get(row) ?? []);
    landChunk(database, itemId, part, { rows, balance: answer.balance }, now);
  }
  return true;
}
