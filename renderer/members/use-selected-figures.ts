import type { MemberFilter } from '../../shared/contract/members.ts';
import { useQuery } from '../bridge/use-query.ts';
import { emptyMemberFilter } from '../navigation/navigation-store.ts';
import type { Selection } from './use-selection.ts';

interface SelectedFigures {
  /** Members who can be given credits. */
  readonly active: number;
  readonly inactive: number;
  /** Confirmed credits of the active ones together; null where only their number is known. */
  readonly available: number | null;
  readonly planned: number;
}

const sort = { by: 'name', direction: 'ascending' } as const;

/** What is known of the selected members before credits are assigned to them; undefined while it is being counted. */
export function useSelectedFigures(selection: Selection): SelectedFigures | undefined {
  const filter: MemberFilter = selection.by === 'filter' ? selection.filter : emptyMemberFilter;
  const all = useQuery('members.page', { filter, sort, offset: 0, limit: 1 }).data;
  const inactive = useQuery('members.page', {
    filter: { ...filter, status: 'inactive' },
    sort,
    offset: 0,
    limit: 1,
  }).data;
  if (selection.by === 'ids') {
    const members = [...selection.members.values()];
    const active = members.filter((member) => member.status !== 'inactive');
    return {
      active: active.length,
      inactive: members.length - active.length,
      available: active.reduce((sum, member) => sum + member.available, 0),
      planned: active.reduce((sum, member) => sum + member.planned, 0),
    };
  }
  if (!all || !inactive) return undefined;
  // A filter for another status leaves no inactive member.
  const left = filter.status === null || filter.status === 'inactive' ? inactive.total : 0;
  return { active: all.total - left, inactive: left, available: null, planned: 0 };
}
