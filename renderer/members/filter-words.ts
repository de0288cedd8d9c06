import type { MemberFilter } from '../../shared/contract/members.ts';

export const statusFilterWords: Readonly<Record<NonNullable<MemberFilter['status']>, string>> = {
  active: 'Active',
  invited: 'Invited',
  inactive: 'Inactive',
};

export const creditFilterWords: Readonly<Record<NonNullable<MemberFilter['credits']>, string>> = {
  none: 'No credits',
  available: 'Has credits',
  expiring_30: 'Expiring in 30 days',
  expiring_60: 'Expiring in 60 days',
  expiring_90: 'Expiring in 90 days',
};

/** The filters that are on, each in words. */
export function activeFilters(filter: MemberFilter): string[] {
  return [
    ...(filter.search === '' ? [] : [`“${filter.search}”`]),
    ...(filter.status === null ? [] : [statusFilterWords[filter.status]]),
    ...(filter.credits === null ? [] : [creditFilterWords[filter.credits]]),
  ];
}
