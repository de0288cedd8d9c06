import type { OpenDatabase } from './database.ts';
import { CHECKPOINT_PAGES } from './open.ts';

/**
 * In pages. A commit that fills the usual 16 MB of the log copies them into the file at once, 30 ms and more; smaller copies more often
 * cost the same in all.
 */
const SMALL_CHECKPOINT = 500;

/** How many pieces of work that goes on want which checkpoints. */
interface Wishes {
  small: number;
  none: number;
}
const wishesOf = new WeakMap<OpenDatabase, Wishes>();

/** While many short transactions write much: see `SMALL_CHECKPOINT`. */
export function withSmallCheckpoints<T>(database: OpenDatabase, work: () => Promise<T>): Promise<T> {
  return wishing(database, 'small', work);
}

/** While another thread writes much and copies the log into the file itself: this connection then never does. */
export function withoutCheckpoints<T>(database: OpenDatabase, work: () => Promise<T>): Promise<T> {
  return wishing(database, 'none', work);
}

async function wishing<T>(database: OpenDatabase, wish: keyof Wishes, work: () => Promise<T>): Promise<T> {
  const wishes = wishesOf.get(database) ?? { small: 0, none: 0 };
  wishesOf.set(database, wishes);
  wishes[wish] += 1;
  apply(database, wishes);
  try {
    return await work();
  } finally {
    wishes[wish] -= 1;
    apply(database, wishes);
  }
}

function apply(database: OpenDatabase, { small, none }: Wishes): void {
  const pages = none > 0 ? 0 : small > 0 ? SMALL_CHECKPOINT : CHECKPOINT_PAGES;
  if (database.isOpen) database.execute(`pragma wal_autocheckpoint = ${pages}`);
}
