import { useCallback, useState } from 'react';
import type { MemberFilter, MemberRow } from '../../shared/contract/members.ts';

/** How many members can be picked one by one; `allocation.assignMany` takes as many ids. */
const MAX_PICKED = 10_000;

/** Members picked one by one, or everybody whom the filter leaves, however many come and go meanwhile. */
export type Selection =
  | { readonly by: 'ids'; readonly members: ReadonlyMap<string, MemberRow> }
  | { readonly by: 'filter'; readonly filter: MemberFilter };

const nobody: Selection = { by: 'ids', members: new Map() };

interface SelectionOfMembers {
  readonly selection: Selection;
  readonly isSelected: (row: MemberRow) => boolean;
  readonly toggle: (row: MemberRow) => void;
  readonly selectAll: () => void;
  readonly clear: () => void;
}

/**
 * The members that were selected in the list. Those picked one by one stay while the search goes on, so that people from
 * several searches can be given credits at once; “all matching” ends with the filter that it meant.
 */
export function useSelection(filter: MemberFilter): SelectionOfMembers {
  const [kept, setKept] = useState<Selection>(nobody);
  const isStale = kept.by === 'filter' && JSON.stringify(kept.filter) !== JSON.stringify(filter);
  const selection = isStale ? nobody : kept;
  return {
    selection,
    isSelected: (row) => selection.by === 'filter' || selection.members.has(row.memberId),
    toggle: (row) => {
      // One taken out of “all matching” cannot be told in a filter: the picking begins anew with that one.
      const members = new Map(selection.by === 'ids' ? selection.members : []);
      if (!members.delete(row.memberId) && members.size < MAX_PICKED) members.set(row.memberId, row);
      setKept({ by: 'ids', members });
    },
    selectAll: useCallback(() => setKept({ by: 'filter', filter }), [filter]),
    clear: useCallback(() => setKept(nobody), []),
  };
}
