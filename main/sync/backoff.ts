/** No pause after faults of this computer is longer. Milliseconds. */
export const LONGEST_LOCAL_PAUSE_MS = 60_000;

/** However small the random number is: nothing spins. */
const LEAST_SHARE = 0.5;

/**
 * How long to wait after the n-th failure in a row (from 1), in milliseconds: a random time up to a limit that doubles (full
 * jitter), so that many consoles do not come back at the same moment; never under half the base. `random` in [0, 1).
 */
export function backoffDelay(
  failures: number,
  limits: { readonly baseMs: number; readonly capMs: number },
  random: () => number,
): number {
  const limit = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(Math.max(failures, 1) - 1, 20));
  return Math.round(Math.max(limit * random(), limits.baseMs * LEAST_SHARE));
}

/** Between two looks for a server that could not be reached: at most 15 s, so that its return is noticed without a click. */
export const CONNECTION_BACKOFF = { baseMs: 1_000, capMs: 15_000 };
/** The same once a server has answered with faults many times in a row: it is in trouble, and every request adds to it. */
export const TROUBLED_BACKOFF = { baseMs: 1_000, capMs: 60_000 };
/** Between two attempts of one item that the server answered with a fault. */
export const ITEM_BACKOFF = { baseMs: 2_000, capMs: 60_000 };
