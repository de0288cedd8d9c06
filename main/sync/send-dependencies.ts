import type { Announce } from '../application-events.ts';
import type { Clock } from '../platform/platform.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';
import type { ChunkSize } from './chunk-size.ts';

/** What sending an item needs. */
export interface SendDependencies {
  readonly functions: PartnerFunctions;
  readonly clock: Clock;
  readonly announce: Announce;
  /** When the account was opened. In milliseconds. */
  readonly openedAt: number;
  /** Rows of an upload in one call. */
  readonly chunkSize: ChunkSize;
  /** Assignments in one call. */
  readonly batchSize: ChunkSize;
  /** In [0, 1), for the jitter of delays. */
  readonly random: () => number;
}
