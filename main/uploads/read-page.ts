import { setImmediate } from 'node:timers/promises';
import type { OperationOutput, ParsedInput } from '../../shared/contract/bridge.ts';
import type { UploadRow } from '../../shared/contract/uploads.ts';
import { err, ok } from '../../shared/result.ts';
import { pageList } from '../cache/draft-lists.ts';
import { readDraftRows } from '../cache/draft-rows.ts';
import { contextOf, shownRow } from './draft-detail.ts';
import { findDraft, type OpenUploads, type UploadResult } from './open-uploads.ts';

/** Rows that are read in one piece: of 10,000 columns each some 10 ms. */
const ROWS_AT_ONCE = 8;
/** How long a page is read before everything else has its turn. Milliseconds. */
const SLICE_MS = 8;

/**
 * One page of a draft's rows. Rows of a few columns are read in one go; wide ones in pieces, between which they may change: whoever
 * watches them is told of that as of any change, and reads again. Errors: `not_found`, also when the draft or its account went meanwhile.
 * `now` in milliseconds.
 */
export async function readPage(
  uploads: OpenUploads,
  draftId: string,
  {
    show,
    code,
    offset,
    limit,
  }: Pick<ParsedInput<'uploads.rows'>, 'show' | 'offset' | 'limit'> & { code: string | null },
  now: number,
): Promise<UploadResult<OperationOutput<'uploads.rows'>>> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  const { draft } = found.value;
  if (draft.stage === 'receiving' || draft.stage === 'columns') return ok({ rows: [], total: 0 });
  const context = contextOf(draft, now);
  const page = pageList(uploads.database, draftId, { show, code }, { offset, limit });
  const rows: UploadRow[] = [];
  let end = performance.now() + SLICE_MS;
  for (let start = 0; start < page.rows.length; start += ROWS_AT_ONCE) {
    if (performance.now() >= end) {
      await setImmediate();
      if (!uploads.database.isOpen) return err({ code: 'not_found', what: 'draft' });
      end = performance.now() + SLICE_MS;
    }
    const some = readDraftRows(uploads.database, draftId, page.rows.slice(start, start + ROWS_AT_ONCE));
    rows.push(...some.map((row) => shownRow(row, context)));
  }
  return ok({ rows, total: page.total });
}
