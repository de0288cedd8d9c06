import type { AppError } from '../../shared/app-error.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { BalanceNumbers } from '../../shared/contract/values.ts';
import type { Result } from '../../shared/result.ts';
import type { Announce } from '../application-events.ts';
import type { OpenDatabase, ReadDatabase, WriteDatabase } from '../cache/database.ts';
import type { Clock, Log } from '../platform/platform.ts';

/** The account whose drafts are worked on. */
export interface UploadAccount {
  readonly database: OpenDatabase;
  /** Absolute; the files of drafts are kept in its folder `drafts`, readable by this OS user alone. */
  readonly folder: string;
}

/**
 * The outbox as uploads need it. Each runs inside the transaction of its caller where there is one, changes the draft's
 * stage and the rows' results itself, and leaves announcing to the caller.
 */
export interface UploadOutbox {
  /**
   * Queues the ready rows of the draft (no error, not skipped) as one item, under an id minted here; sets the rows to
   * `queued`, the draft to stage `queued` with that item id. Answers the item id.
   */
  queueUpload(database: WriteDatabase, draftId: string, now: number): string;
  pauseUpload(database: WriteDatabase, draftId: string, now: number): Result<null, AppError>;
  resumeUpload(database: WriteDatabase, draftId: string, now: number): Result<null, AppError>;
  stopUpload(database: WriteDatabase, draftId: string, now: number): Result<null, AppError>;
  /** Confirmed, planned (outbox only) and left. */
  readBalance(database: ReadDatabase): BalanceNumbers;
  /** Asks the sender to look at the outbox now. */
  wake(): void;
}

/** What the use cases of uploads are given by the composition. */
export interface UploadDependencies {
  /** The open account; null while nobody is signed in (every operation then answers `signed_out`). */
  readonly account: () => UploadAccount | null;
  readonly outbox: UploadOutbox;
  readonly announce: Announce;
  readonly emit: (event: BridgeEvent) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** The worker thread's file, see Platform. */
  readonly importWorker: URL;
}
