import { mutantsOf } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const alone = 'partner-digests: counts every member and every entry that the feed gives, and nobody else';
const isolation = 'partner-isolation: change and tell nothing through partner_bucket_entries';
const fact = 'partner-digests: changes in one bucket with a fact of a member';
const ledger = 'partner-digests: changes in one bucket with a fact of the ledger';
const bounds = 'partner-digests: takes from 1 to 4,096';

/** Guards of what a console compares its copy with. */
export const comparisonMutants: readonly Mutant[] = mutantsOf('compare_members', [
  [
    'digests stand for a position too far ahead',
    'xmin bound',
    'partner_digests',
    'pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())',
    'pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())',
    'partner-digests: stands for a position',
  ],
  [
    'digests cover the members of everybody',
    'owner check',
    'partner_digests',
    'where m.partner_id = v_partner_id',
    'where true',
    alone,
  ],
  [
    'digests cover the ledger of everybody',
    'owner check',
    'partner_digests',
    'where l.partner_id = v_partner_id and',
    'where',
    alone,
  ],
  ['digests leave out the credits', 'digest', 'partner_digests', `coalesce(c.digested, '')`, `''`, fact],
  ['digests leave out the sessions', 'digest', 'partner_digests', `coalesce(s.digested, '')`, `''`, fact],
  [
    'digests leave out the status',
    'digest',
    'partner_digests',
    'm.email, m.status, m.user_id::text',
    'm.email, m.user_id::text',
    fact,
    1,
  ],
  ['digests leave out who gave the credits', 'digest', 'partner_digests', 'a.reason, a.actor,', 'a.reason,', ledger],
  [
    'digests tell expiries apart that a console cannot',
    'digest',
    'partner_digests',
    `pg_catalog.date_trunc('milliseconds', c.expires_at)`,
    'c.expires_at',
    'partner-digests: counts expiries of one millisecond as one',
  ],
  [
    'digests take any number of buckets',
    'input check',
    'partner_digests',
    'perform partner_private.check_buckets(p_buckets);',
    '',
    bounds,
  ],
  [
    'buckets are given by any number',
    'input check',
    'partner_bucket_entries',
    'perform partner_private.check_buckets(p_buckets);',
    '',
    bounds,
  ],
  [
    'buckets give the members of everybody',
    'owner check',
    'partner_bucket_entries',
    'm.partner_id = v_partner_id',
    'true',
    isolation,
  ],
  [
    'buckets give the ledger of everybody',
    'owner check',
    'partner_bucket_entries',
    'a.partner_id = v_partner_id',
    'true',
    isolation,
  ],
  [
    'a page of buckets has no largest size',
    'cap',
    'partner_bucket_entries',
    'least(greatest(coalesce(p_limit, 1000), 1), 2000)',
    'greatest(coalesce(p_limit, 1000), 1)',
    'partner-digests: keeps pages within bounds',
  ],
]);
