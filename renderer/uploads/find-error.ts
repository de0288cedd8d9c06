import type { Bridge } from '../../shared/contract/bridge.ts';
import type { UploadField, UploadRow } from '../../shared/contract/uploads.ts';

const PAGE = 200;

interface FoundError {
  readonly row: number;
  readonly field: UploadField | null;
}

/**
 * The next row with an error after `from` (or the one before it), going round at the end; null when no row has one.
 * Reads the error rows by pages: their numbers rise.
 */
export async function findError(
  bridge: Bridge,
  draftId: string,
  from: number,
  direction: 1 | -1,
): Promise<FoundError | null> {
  let first: UploadRow | undefined;
  let before: UploadRow | undefined;
  let last: UploadRow | undefined;
  for (let offset = 0; ; offset += PAGE) {
    const page = await bridge.call('uploads.rows', { draftId, show: 'errors', offset, limit: PAGE });
    if (!page.ok) return null;
    const { rows } = page.value;
    first ??= rows[0];
    if (direction === 1) {
      const next = rows.find((row) => row.row > from);
      if (next) return found(next);
    } else {
      before = rows.findLast((row) => row.row < from) ?? before;
      last = rows.at(-1) ?? last;
    }
    if (rows.length < PAGE) break;
  }
  return found(direction === 1 ? first : (before ?? last));
}

function found(row: UploadRow | undefined): FoundError | null {
  if (!row) return null;
  const issue = row.issues.find((candidate) => candidate.severity === 'error');
  return { row: row.row, field: issue?.field ?? null };
}
