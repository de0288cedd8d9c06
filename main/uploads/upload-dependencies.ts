import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { Announce } from '../application-events.ts';
import type { OpenDatabase } from '../cache/database.ts';
import type { Clock, Log } from '../platform/platform.ts';

/** The account whose drafts are worked on. */
export interface UploadAccount {
  readonly database: OpenDatabase;
  /** Absolute; the files of drafts are kept in its folder `drafts`, readable by this OS user alone. */
  readonly folder: string;
}

/** What the use cases of uploads are given by the composition. */
export interface UploadDependencies {
  /** The open account; null while nobody is signed in (every operation then answers `signed_out`). */
  readonly account: () => UploadAccount | null;
  readonly announce: Announce;
  readonly emit: (event: BridgeEvent) => void;
  /** Asks the sender to look at the outbox now. */
  readonly wakeSender: () => void;
  /** The database of the open account turned out to be damaged. */
  readonly onDamage: () => void;
  readonly clock: Clock;
  readonly log: Log;
  /** The worker thread's file, see Platform. */
  readonly importWorker: URL;
}
