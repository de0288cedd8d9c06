import { IconChevronRight } from '@tabler/icons-react';
import type { Dashboard } from '../../shared/contract/dashboard.ts';
import type { MemberFilter, MemberSort } from '../../shared/contract/members.ts';
import { formatCount } from '../design/format.ts';
import { openMembers } from '../navigation/navigation-store.ts';
import classes from './dashboard-page.module.css';

interface Tile {
  readonly label: string;
  readonly value: number;
  readonly note: string;
  readonly filter: Partial<MemberFilter>;
  readonly sort?: MemberSort;
}

const byExpiry: MemberSort = { by: 'next_expiry', direction: 'ascending' };
const byAvailable: MemberSort = { by: 'available', direction: 'descending' };

function tilesOf({ members, credits, expiring }: Dashboard): Tile[] {
  return [
    {
      label: 'Active members',
      value: members.active,
      note: `${formatCount(members.withoutCredits)} without credits`,
      filter: { status: 'active' },
    },
    {
      label: 'Credits allocated',
      value: credits.allocated,
      note: `${formatCount(credits.available)} available`,
      filter: { credits: 'available' },
      sort: byAvailable,
    },
    {
      label: 'Credits used',
      value: credits.used,
      note: `${formatCount(credits.expired)} expired unused`,
      filter: {},
      sort: byAvailable,
    },
    {
      label: 'Expiring in 30 days',
      value: expiring.within30Days,
      note: 'unused credits',
      filter: { credits: 'expiring_30' },
      sort: byExpiry,
    },
    {
      label: 'Expiring in 60 days',
      value: expiring.within60Days,
      note: 'unused credits',
      filter: { credits: 'expiring_60' },
      sort: byExpiry,
    },
    {
      label: 'Expiring in 90 days',
      value: expiring.within90Days,
      note: 'unused credits',
      filter: { credits: 'expiring_90' },
      sort: byExpiry,
    },
  ];
}

/** The figures of the dashboard; each opens the members it counts. */
export function DashboardTiles({ dashboard }: { dashboard: Dashboard }) {
  return (
    <ul className={classes['tiles']} aria-label="Figures">
      {tilesOf(dashboard).map((tile) => (
        <li key={tile.label}>
          <button type="button" className={classes['tile']} onClick={() => openMembers(tile.filter, tile.sort)}>
            <span className={classes['tile-label']}>
              {tile.label}
              <IconChevronRight size={15} aria-hidden className={classes['tile-arrow']} />
            </span>
            <span className={classes['tile-value']}>{formatCount(tile.value)}</span>
            <span className={classes['tile-note']}>{tile.note}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
