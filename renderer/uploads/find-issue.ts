import type { Bridge } from '../../shared/contract/bridge.ts';
import type { RowIssue, UploadField } from '../../shared/contract/uploads.ts';

/** The rows that the correction grid shows. */
export interface RowList {
  readonly show: 'all' | 'errors' | 'warnings' | 'skipped';
  /** Only rows that break this rule. */
  readonly code: string | null;
}

export interface FoundIssue {
  /** Where the row stands in the list, counting from 0. */
  readonly index: number;
  readonly field: UploadField | null;
}

interface FindIssue {
  readonly bridge: Bridge;
  readonly draftId: string;
  readonly list: RowList;
  /** Where the cursor stands: its row, and its place in the list. */
  readonly from: { readonly row: number; readonly index: number };
  readonly total: number;
  readonly direction: 'next' | 'previous';
  readonly severity: 'error' | 'warning';
}

/**
 * The next row with an issue from where the cursor stands, going round at the end; null when there is none. Where the list
 * shows nothing but such rows it is the next of the list; in the whole file main looks for it.
 */
export async function findIssue(search: FindIssue): Promise<FoundIssue | null> {
  const index = await nextIndex(search);
  if (index === null) return null;
  const { bridge, draftId, list, severity } = search;
  const page = await bridge.call('uploads.rows', { draftId, ...list, offset: index, limit: 1 });
  const issues = page.ok ? (page.value.rows[0]?.issues ?? []) : [];
  return { index, field: (issueOf(issues, list.code, severity) ?? issues[0])?.field ?? null };
}

function issueOf(issues: readonly RowIssue[], code: string | null, severity: string): RowIssue | undefined {
  return issues.find((issue) => (code === null ? issue.severity === severity : issue.code === code));
}

async function nextIndex({
  bridge,
  draftId,
  list,
  from,
  total,
  direction,
  severity,
}: FindIssue): Promise<number | null> {
  if (list.show !== 'all' || list.code !== null) {
    if (total === 0) return null;
    return (from.index + (direction === 'next' ? 1 : total - 1)) % total;
  }
  const show = severity === 'error' ? 'errors' : 'warnings';
  for (const after of [from.row, 0]) {
    const found = await bridge.call('uploads.nextIssue', { draftId, after, direction, show, list });
    if (!found.ok) return null;
    if (found.value.row !== null) return found.value.position;
  }
  return null;
}
