import { mutantsOf } from './mutant.ts';
import type { Mutant } from './mutant.ts';

/** Guards of the upkeep that the database's owner runs. */
export const upkeepMutants: readonly Mutant[] = mutantsOf('maintain', [
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
  [
    'maintain stamps what others write meanwhile',
    'xmin bound',
    'stamp_restored_rows',
    `where m.partner_id = any (p_partner_ids) and m.change_txid <> v_own
      and m.change_txid >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())`,
    'where m.partner_id = any (p_partner_ids) and m.change_txid <> v_own',
    'maintain: does not take rows for restored ones',
  ],
]);
