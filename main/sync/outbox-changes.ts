import type { Announce } from '../application-events.ts';
import type { OpenDatabase } from '../cache/database.ts';
import { inSlices } from '../cache/in-slices.ts';
import {
  holdForSignIn,
  makeAllDue,
  markInterrupted,
  releaseAfterSignIn,
  releaseNewerVersion,
  releaseOutdated,
} from '../cache/outbox.ts';
import { verifier } from '../cache/verify-outbox.ts';
import type { Clock } from '../platform/platform.ts';

/** Changes over the whole outbox. Each goes piece by piece, and never fails: a fault of this computer is told to `onFault`. */
export interface OutboxChanges {
  /** Looks at every item once. Before anything is sent; throws what the disk says, and is done anew the next time. */
  verify(): Promise<void>;
  /** Whether `verify` has ended. */
  isVerified(): boolean;
  holdForSignIn(): Promise<void>;
  releaseAfterSignIn(): Promise<void>;
  makeAllDue(): Promise<void>;
}

interface Surroundings {
  readonly database: OpenDatabase;
  readonly clock: Clock;
  readonly announce: Announce;
  readonly isClosed: () => boolean;
  readonly isSignedIn: () => boolean;
  readonly onFault: (error: unknown) => void;
}

/** Ten thousand items changed at once would hold everything up for a second. The first piece is done at once. */
export function createOutboxChanges(around: Surroundings): OutboxChanges {
  const { database, clock, announce, isClosed, isSignedIn } = around;
  let verifying: Promise<void> | null = null;
  let isVerified = false;

  /** Every change of an item seals its state anew, and with it what a fault of the disk has made of it: so first they are looked at. */
  function verify(): Promise<void> {
    if (verifying !== null) return verifying;
    const found = { unreadable: 0, recovered: 0 };
    const verifyNext = verifier(database, clock.now(), found);
    const advance = (): boolean => {
      if (verifyNext()) return true;
      markInterrupted(database, clock.now());
      releaseNewerVersion(database, clock.now());
      releaseOutdated(database, clock.now(), 0);
      isVerified = true;
      return false;
    };
    verifying = inSlices(database, advance, { isStopped: isClosed }).then(
      () => {
        if (found.unreadable + found.recovered > 0) announce('outbox');
      },
      (error: unknown) => {
        [verifying, isVerified] = [null, false];
        throw error;
      },
    );
    return verifying;
  }

  async function throughout(change: () => number, isStopped: () => boolean = () => false): Promise<void> {
    let changed = 0;
    const advance = (): boolean => {
      const some = change();
      changed += some;
      return some > 0;
    };
    const onSlice = (): void => {
      if (changed > 0) announce('outbox');
      changed = 0;
    };
    try {
      if (!isVerified) await verify();
      await inSlices(database, advance, { onSlice, isStopped: () => isClosed() || isStopped() });
    } catch (error) {
      if (!isClosed()) around.onFault(error);
    }
  }

  return {
    verify,
    isVerified: () => isVerified,
    // Whoever signs in, or out, meanwhile ends the other.
    holdForSignIn: () => throughout(() => holdForSignIn(database, clock.now()), isSignedIn),
    releaseAfterSignIn: () =>
      throughout(
        () => releaseAfterSignIn(database, clock.now()),
        () => !isSignedIn(),
      ),
    makeAllDue: () => throughout(() => makeAllDue(database)),
  };
}
