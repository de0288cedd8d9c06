import type { RoundTrigger } from '../../shared/contract/sync-history.ts';
import type { Announce } from '../application-events.ts';
import { beginComparison, readComparison, stopComparison } from '../cache/compare-members.ts';
import type { OpenDatabase } from '../cache/database.ts';
import { classifyCacheFault, isCertainDamage } from '../cache/classify-cache-fault.ts';
import { isSendingPaused, nextAttemptTime, nextDueItem, releaseOutdated } from '../cache/outbox.ts';
import { resumePayable } from '../cache/upload-items.ts';
import type { Clock, ConnectionHint, Log } from '../platform/platform.ts';
import type { Failure } from '../remote/failure.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';
import { askKeptReceipts, hasReceiptsToAskFor } from './ask-kept-receipts.ts';
import { ASSIGNMENTS, createChunkSize, UPLOAD_ROWS } from './chunk-size.ts';
import { type BucketComparison, type BucketProgress, compareBuckets } from './compare-buckets.ts';
import { createConnection, type ConnectionState } from './connection.ts';
import { createOutboxChanges } from './outbox-changes.ts';
import { pullPage } from './pull-page.ts';
import type { RoundRecorder } from './round-recorder.ts';
import type { SendDependencies } from './send-dependencies.ts';
import { sendItem } from './send-item.ts';
import { faultCode } from './settle-failure.ts';
import { withinGrace } from './within-grace.ts';

const PULL_EVERY_MS = 60_000;
/** How often a command that the server has no function for is tried again: somebody may have brought it up to date. */
const OUTDATED_LOOK_MS = 30 * 60_000;
/** So often a server may fail over its digests; then its feed is read instead. */
const MOST_COMPARISON_FAULTS = 4;
/** So much later than planned a timer comes only when the computer has slept. */
const SLEPT_MS = 30_000;

export interface EngineDependencies {
  readonly database: OpenDatabase;
  readonly partnerId: string;
  readonly functions: PartnerFunctions;
  readonly clock: Clock;
  readonly log: Log;
  readonly announce: Announce;
  readonly onPullProgress: (members: number, allocations: number) => void;
  readonly onCompareProgress?: (progress: BucketProgress) => void;
  readonly random: () => number;
  /** The database turned out to be damaged while it was at work: it has to be closed and made anew. */
  readonly onDamage?: () => void;
  /** Keeps the history of rounds; without one there is none. */
  readonly rounds?: RoundRecorder;
}

/** What runs by itself for one open account. Sends and pulls alternate on one lane: no answer overtakes another. */
export interface SyncEngine {
  /** Something was queued or let go: look at the outbox now. */
  wake(): void;
  /** A hint, no evidence: where the server could not be reached, it is tried now, and so is whether it still can be. */
  tryAgain(hint: ConnectionHint): void;
  /** A session is there: what waited for one goes on, and everything is tried at once. */
  signedIn(): void;
  /** The session is gone: nothing is sent until the next `signedIn`. */
  signedOut(): void;
  /** One whole round without waiting out any delay. Answers why it ended early, or null; throws a fault of this computer. */
  syncNow(): Promise<Failure | null>;
  /** As `syncNow`, but everything is compared with the server, and what it does not have is taken away here. */
  compareNow(): Promise<{ readonly failure: Failure | null; readonly stopped: boolean }>;
  /** Ends a comparison by buckets where it is: what it has mended stays mended. */
  stopComparing(): void;
  state(): EngineState;
  /** Ends after the current step, at the latest after a grace of five seconds; `patiently`: however long its request takes. */
  close(options?: { readonly patiently?: boolean }): Promise<void>;
}

export interface EngineState extends ConnectionState {
  readonly isSignedIn: boolean;
  readonly isPulling: boolean;
  /** Milliseconds since 1970; null when nothing waits for a time. */
  readonly nextAttemptAt: number | null;
}

/** An engine at rest; `signedIn` or `signedOut` starts it. */
export function createSyncEngine(dependencies: EngineDependencies): SyncEngine {
  const { database, clock, log, announce } = dependencies;
  const send: SendDependencies = {
    ...dependencies,
    openedAt: dependencies.clock.now(),
    chunkSize: createChunkSize(UPLOAD_ROWS),
    batchSize: createChunkSize(ASSIGNMENTS),
  };
  const connection = createConnection(clock, dependencies.random);
  let isSignedIn = false;
  let isClosed = false;
  let pullWanted = false;
  let isPulling = false;
  let isCompareWanted = false;
  let comparison: BucketComparison | null = null;
  let comparisonFaults = 0;
  /** Whether the feed has answered since the comparison failed: then it is the comparison alone that fails. */
  let hasFeedAnswered = true;
  let wasStopped = false;
  let nextPullAt = 0;
  let pulled = { members: 0, allocations: 0 };
  let round: Promise<void> | null = null;
  let lookAgain = false;
  let startedBy: RoundTrigger = 'timer';
  let lastFailure: Failure | null = null;
  /** A fault of this computer that ended the last round. */
  let localFault: { readonly error: unknown } | null = null;
  let cancelTimer: (() => void) | null = null;

  const changes = createOutboxChanges({
    database,
    clock,
    announce,
    isClosed: () => isClosed,
    isSignedIn: () => isSignedIn,
    onFault: pauseAfterLocalFault,
  });
  changes.verify().catch(pauseAfterLocalFault);

  /** The next thing to do, or null when nothing is due. Commands go before pulling: people wait for their receipts. */
  function nextStep(): (() => Promise<Failure | null>) | null {
    // Where there was no network a command might get lost and be in doubt; the feed tells whether there is one again.
    if (connection.isCutOff()) return pull;
    // Every second probe of a server in trouble is the small one; the others see whether it is the feed alone that fails.
    if (connection.trouble() % 2 === 1) return pull;
    const item = isSendingPaused(database) ? undefined : nextDueItem(database, clock.now());
    if (item !== undefined) {
      return async () => {
        const failure = await sendItem(database, item, send);
        // What was sent comes back by the feed, with what it changed elsewhere.
        if (failure === null) pullWanted = true;
        return failure;
      };
    }
    if (pullWanted) return pull;
    return hasReceiptsToAskFor(database) ? askReceipts : null;
  }

  async function askReceipts(): Promise<Failure | null> {
    const answer = await askKeptReceipts(database, dependencies.functions, () => clock.now());
    if (!answer.ok) return answer.failure;
    if (answer.value > 0) {
      log('warn', 'receipts_forgotten', { items: answer.value });
      announce('outbox', 'partner', 'members', 'drafts', 'draft_rows');
    }
    return null;
  }

  async function pull(): Promise<Failure | null> {
    if (isCompareWanted) {
      // Here, between two pages: in the middle of one the feed's position would be lost.
      isCompareWanted = false;
      comparison = null;
      beginComparison(database, 'buckets');
    }
    if (comparison === null) [comparisonFaults, hasFeedAnswered] = [0, true];
    if (!isPulling) {
      isPulling = true;
      pulled = { members: 0, allocations: 0 };
      announce('sync');
    }
    // Asked for again while the answer is on its way: that answer may not have it yet.
    pullWanted = false;
    if (comparison !== null && hasFeedAnswered) return compare(comparison);
    const answer = await pullPage(database, dependencies.functions, dependencies.partnerId, () => clock.now());
    if (!answer.ok) {
      pullWanted = true;
      isPulling = false;
      announce('sync');
      return answer.failure;
    }
    const page = answer.value;
    hasFeedAnswered = true;
    if (
      page.wentBack ||
      (comparison === null && !page.hasMore && database.isOpen && readComparison(database).way === 'buckets')
    ) {
      // Only now: what changed since the last pull comes cheaper by the feed than as buckets that differ.
      comparison = compareBuckets(database, dependencies.functions, dependencies.partnerId, () => clock.now());
    }
    pulled = { members: pulled.members + page.members, allocations: pulled.allocations + page.allocations };
    if (page.hasMore || comparison !== null) {
      pullWanted = true;
      dependencies.onPullProgress(pulled.members, pulled.allocations);
    } else {
      isPulling = false;
      nextPullAt = clock.now() + PULL_EVERY_MS;
      const released = releaseOutdated(database, clock.now(), OUTDATED_LOOK_MS);
      if (resumePayable(database, clock.now()) + released > 0) announce('outbox', 'drafts');
    }
    const somethingChanged = page.members + page.allocations + page.removed > 0;
    announce('sync', 'partner', ...(somethingChanged ? (['members', 'allocations'] as const) : []));
    return null;
  }

  /** One request of a comparison by buckets. A server that cannot give digests is read from the beginning of its feed. */
  async function compare(running: BucketComparison): Promise<Failure | null> {
    const answer = await running.step();
    pullWanted = true;
    hasFeedAnswered = answer.ok || answer.failure.kind !== 'unavailable';
    comparisonFaults = hasFeedAnswered ? 0 : comparisonFaults + 1;
    const isRefused = !answer.ok && (answer.failure.kind === 'outdated' || answer.failure.kind === 'refused');
    if (!answer.ok && !isRefused && comparisonFaults < MOST_COMPARISON_FAULTS) {
      isPulling = false;
      announce('sync');
      return answer.failure;
    }
    // Stopped, or begun anew, while the answer was on its way.
    if (comparison !== running || !database.isOpen) return null;
    dependencies.onCompareProgress?.(running.progress());
    if (answer.ok && answer.value === 'more') return null;
    comparison = null;
    if (!answer.ok || answer.value === 'too_different') beginComparison(database, 'feed');
    announce('sync', 'members', 'allocations');
    return answer.ok || isRefused ? null : answer.failure;
  }

  async function runRound(): Promise<void> {
    if (!changes.isVerified()) await changes.verify();
    while (!isClosed && isSignedIn && connection.delay() === 0) {
      const step = nextStep();
      if (step === null) return;
      const failure = await step();
      if (isClosed) return;
      lastFailure = failure;
      const changed = failure === null ? connection.worked() : connection.failed(failure);
      // What says something about more than one item is looked at again as soon as it may have passed.
      if (failure !== null && failure.kind !== 'unavailable') pullWanted = true;
      if (changed) {
        log('info', 'connection', { state: connection.state().connection, fault: connection.state().fault });
        announce('sync');
      }
    }
  }

  function run(): Promise<void> {
    if (isClosed) return Promise.resolve();
    if (round !== null) {
      lookAgain = true;
      return round;
    }
    lookAgain = false;
    dependencies.rounds?.begin(startedBy);
    startedBy = 'timer';
    round = runRound()
      .finally(() => dependencies.rounds?.end(lastFailure === null ? null : faultCode(lastFailure)))
      // The session may have ended during a step, which put its item back into the queue afterwards.
      .then(() => (isClosed || isSignedIn ? undefined : changes.holdForSignIn()))
      .catch(pauseAfterLocalFault)
      .then(() => {
        round = null;
        if (isClosed) return undefined;
        if (lookAgain) return run();
        plan();
        return undefined;
      });
    return round;
  }

  /** A fault of this computer, not of the server: the disk, say. Tried again after a while. */
  function pauseAfterLocalFault(error: unknown): void {
    // Closed, its account is nobody's business any more.
    if (isClosed) return;
    const reason = classifyCacheFault(error)?.reason ?? 'unexpected';
    // Something has to be tried, or nothing tells that the fault has passed.
    pullWanted = true;
    isPulling = false;
    localFault = { error };
    if (connection.failedHere(reason)) announce('sync');
    log('error', 'sync_step_failed', { error: error instanceof Error ? error.name : 'unknown', reason });
    if (isCertainDamage(error)) dependencies.onDamage?.();
  }

  function plan(): void {
    cancelTimer?.();
    cancelTimer = null;
    const delay = delayOrPause();
    if (delay === null) return;
    const dueAt = clock.now() + delay;
    cancelTimer = clock.after(delay, () => {
      cancelTimer = null;
      // Timers stand still while the computer sleeps; the clock goes on.
      if (clock.now() - dueAt > SLEPT_MS) startedBy = 'wake';
      if (untilPull() === 0) pullWanted = true;
      void run();
    });
  }

  function delayOrPause(): number | null {
    try {
      return nextDelay();
    } catch (error) {
      pauseAfterLocalFault(error);
      return connection.delay();
    }
  }

  /** How long until there is something to do, but not before the server may be bothered again. Milliseconds. */
  function nextDelay(): number | null {
    if (isClosed || !isSignedIn) return null;
    const itemAt = isSendingPaused(database) ? null : nextAttemptTime(database);
    const untilItem = itemAt === null ? Number.POSITIVE_INFINITY : Math.max(itemAt - clock.now(), 0);
    return Math.max(Math.min(untilItem, untilPull()), connection.delay());
  }

  function untilPull(): number {
    const left = nextPullAt - clock.now();
    // Further away than it is ever put: the clock has been set back since.
    return pullWanted || left > PULL_EVERY_MS ? 0 : Math.max(left, 0);
  }

  async function syncNow(): Promise<Failure | null> {
    connection.reset();
    pullWanted = true;
    lastFailure = null;
    localFault = null;
    await changes.makeAllDue();
    if (isClosed) return null;
    // What was to be done first failed, and is paused now.
    throwLocalFault();
    releaseOutdated(database, clock.now(), 0);
    startedBy = 'person';
    await run();
    throwLocalFault();
    return lastFailure;
  }

  function throwLocalFault(): void {
    if (localFault !== null) throw localFault.error;
  }

  function nextAttemptAt(): number | null {
    const delay = connection.state().connection === 'offline' ? nextDelay() : null;
    return delay === null ? nextAttemptTime(database) : clock.now() + delay;
  }

  return {
    wake: () => {
      if (!isSignedIn && !isClosed) void changes.holdForSignIn();
      startedBy = 'queued';
      void run();
    },
    tryAgain(hint) {
      if (isClosed || !isSignedIn) return;
      // A server that asked for patience is there, and its wish stands.
      if (connection.state().connection === 'offline') connection.reset();
      pullWanted = true;
      startedBy = hint;
      void run();
    },
    signedIn() {
      if (isClosed) return;
      isSignedIn = true;
      // What is let go behind the first piece is looked for when all of it is.
      Promise.all([changes.releaseAfterSignIn(), changes.makeAllDue()])
        .then(() => {
          if (isClosed || !isSignedIn) return;
          releaseOutdated(database, clock.now(), 0);
          if (round === null && nextDueItem(database, clock.now()) !== undefined) void run();
        })
        .catch(pauseAfterLocalFault);
      connection.reset();
      pullWanted = true;
      announce('outbox', 'sync');
      startedBy = 'sign_in';
      void run();
    },
    signedOut() {
      if (isClosed) return;
      isSignedIn = false;
      void changes.holdForSignIn();
      cancelTimer?.();
      cancelTimer = null;
      announce('outbox', 'sync');
    },
    syncNow,
    async compareNow() {
      isCompareWanted = true;
      wasStopped = false;
      const failure = await syncNow();
      return { failure, stopped: wasStopped };
    },
    stopComparing() {
      isCompareWanted = false;
      comparison = null;
      if (isClosed || readComparison(database).way !== 'buckets') return;
      wasStopped = true;
      stopComparison(database);
      announce('sync');
    },
    state: () => ({
      ...connection.state(),
      isSignedIn,
      isPulling,
      nextAttemptAt: nextAttemptAt(),
    }),
    async close({ patiently = false } = {}) {
      if (isClosed) return;
      isClosed = true;
      cancelTimer?.();
      cancelTimer = null;
      if (round !== null) await (patiently ? round : withinGrace(round, clock));
    },
  };
}
