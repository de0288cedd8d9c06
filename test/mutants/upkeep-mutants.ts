import { mutantsOf } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const ofFunctions = mutantsOf('maintain', [
  [
    'maintain waits for partners',
    'skip locked',
    'maintain',
    'order by u.id for no key update skip locked',
    'order by u.id for no key update',
    'maintain: waits for nobody',
  ],
  [
    'maintain waits for credits',
    'skip locked',
    'mark_expired_credits',
    'for no key update of c skip locked',
    'for no key update of c',
    'maintain: waits for nobody',
  ],
  [
    'maintain expires what is valid',
    'expiry check',
    'mark_expired_credits',
    'c.expires_at <= pg_catalog.now() and c.partner_id',
    "c.expires_at <= pg_catalog.now() + interval '30 days' and c.partner_id",
    'maintain: marks what is past its expiry',
  ],
]);

const ofLinks = [
  ...mutantsOf('maintain', [
    [
      'maintain leaves corrections behind',
      'ledger',
      'link_stray_allocations',
      'where e.member_id is null and',
      'where false and',
      'maintain: links a correction that was left behind',
    ],
    [
      'maintain does not look for corrections that were left behind',
      'ledger',
      'partners_to_maintain',
      'where l.member_id is null and a.member_id is not null',
      'where false',
      'maintain: links a correction that was left behind',
    ],
  ]),
  ...mutantsOf('record_allocations', [
    [
      'maintain links any number of allocations at once',
      'cap',
      'link_allocations',
      ' limit p_limit',
      '',
      'maintain: links so many allocations at a time',
    ],
  ]),
];

const ofStagings = mutantsOf('commit_whole_uploads', [
  [
    'maintain clears any number of stagings at once',
    'cap',
    'clear_stagings',
    'exit when v_rows >= p_limit;',
    '',
    'maintain: clears as many stagings',
  ],
  [
    'maintain removes any number of copies at once',
    'cap',
    'clear_stagings',
    ' limit p_limit',
    '',
    'maintain: clears as many stagings',
  ],
]);

/** Guards of the upkeep that the database's owner runs. */
export const upkeepMutants: readonly Mutant[] = [
  ...ofFunctions,
  ...ofLinks,
  ...ofStagings,
  {
    name: 'maintain takes rows that others write meanwhile for restored ones',
    guard: 'xmax bound',
    file: 'maintain',
    // Once where such partners are looked for, and once where their rows are stamped.
    find: 'pg_catalog.pg_snapshot_xmax(',
    replace: 'pg_catalog.pg_snapshot_xmin(',
    times: 6,
    caughtBy: ['maintain: does not take rows for restored ones'],
  },
];
