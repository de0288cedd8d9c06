import type { Announce } from '../application-events.ts';
import type { Clock } from '../platform/platform.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';
import type { ChunkSize } from './chunk-size.ts';

/** What sending an item needs. */
export interface SendDependencies {
  readonly functions: PartnerFunctions;
  readonly clock: Clock;
  readonly announce: Announce;
  readonly chunkSize: ChunkSize;
  /** In [0, 1), for the jitter of delays. */
  readonly random: () => number;
}
