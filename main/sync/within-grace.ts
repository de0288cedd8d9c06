import type { Clock } from '../platform/platform.ts';

/** How long closing waits for a request that is on its way. Afterwards it counts as lost: its item is asked for again. */
const CLOSE_GRACE_MS = 5_000;

/** Waits for what is going on, at most five seconds. */
export async function withinGrace(goingOn: Promise<void>, clock: Clock): Promise<void> {
  let cancelGrace = (): void => undefined;
  const grace = new Promise<void>((resolve) => {
    cancelGrace = clock.after(CLOSE_GRACE_MS, resolve);
  });
  await Promise.race([goingOn, grace]);
  cancelGrace();
}
