import type { WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';

/**
 * Brings `members.available` and `members.next_expiry` to the present: credits expire between two pulls too. Only members
 * with a credit that expires between the last time and now are touched, so this is cheap to call before every read; it
 * works in both directions, so a clock that jumped ahead and back takes nothing away. `now` in milliseconds.
 */
export function rollExpiry(database: WriteDatabase, now: number): void {
  const state = database.get<{ expiry_at: string }>('select expiry_at from pull_state');
  const at = instantAt(now);
  if (state === undefined || state.expiry_at === at) return;
  const [from, to] = state.expiry_at < at ? [state.expiry_at, at] : [at, state.expiry_at];
  const affected = database.get<{ member_id: string }>(
    'select member_id from member_credits where available > 0 and expires_at > ? and expires_at <= ? limit 1',
    from,
    to,
  );
  // Nothing lies between: the figures stand for this instant as well, and nothing needs to be written.
  if (affected === undefined) return;
  database.transaction(() => {
    database.run(
      `update members set (available, next_expiry) =
         (select coalesce(sum(available), 0), min(expires_at) from member_credits
          where member_credits.member_id = members.member_id and available > 0 and expires_at > @at)
       where member_id in (select member_id from member_credits where available > 0 and expires_at > @from and expires_at <= @to)`,
      { at, from, to },
    );
    database.run('update pull_state set expiry_at = ?', at);
  });
}
