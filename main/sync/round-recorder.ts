import type { RoundTrigger } from '../../shared/contract/sync-history.ts';
import type { Announce } from '../application-events.ts';
import { classifyCacheFault } from '../cache/classify-cache-fault.ts';
import type { OpenDatabase } from '../cache/database.ts';
import { instantAt } from '../cache/instant.ts';
import { appendRound } from '../cache/sync-history.ts';
import type { Clock, Log } from '../platform/platform.ts';

/** What one answer of the server adds to its round. Uploads count by rows. */
export interface RoundTally {
  readonly sent?: number;
  readonly confirmed?: number;
  readonly refused?: number;
  readonly pulledMembers?: number;
  readonly pulledAllocations?: number;
  readonly removedMembers?: number;
}

/** Keeps the history of rounds. The engine says when one begins and ends, the observed functions what happened in it. */
export interface RoundRecorder {
  begin(by: RoundTrigger): void;
  /** A request went out: the round is worth a line. */
  count(tally: RoundTally): void;
  /** `fault`: code of what ended it early, or null. Writes nothing when no request went out. */
  end(fault: string | null): void;
}

interface RunningRound {
  readonly by: RoundTrigger;
  readonly startedAt: number;
  tally: Required<RoundTally> | null;
}

const nothing: Required<RoundTally> = {
  sent: 0,
  confirmed: 0,
  refused: 0,
  pulledMembers: 0,
  pulledAllocations: 0,
  removedMembers: 0,
};

/** A recorder for one open account. A history that cannot be written (a full disk) never ends the sync. */
export function createRoundRecorder(database: OpenDatabase, clock: Clock, log: Log, announce: Announce): RoundRecorder {
  let running: RunningRound | null = null;
  return {
    begin(by) {
      running = { by, startedAt: clock.now(), tally: null };
    },
    count(added) {
      if (running === null) return;
      const before = running.tally ?? nothing;
      running.tally = {
        sent: before.sent + (added.sent ?? 0),
        confirmed: before.confirmed + (added.confirmed ?? 0),
        refused: before.refused + (added.refused ?? 0),
        pulledMembers: before.pulledMembers + (added.pulledMembers ?? 0),
        pulledAllocations: before.pulledAllocations + (added.pulledAllocations ?? 0),
        removedMembers: before.removedMembers + (added.removedMembers ?? 0),
      };
    },
    end(fault) {
      const ended = running;
      running = null;
      if (ended === null || ended.tally === null || !database.isOpen) return;
      const now = clock.now();
      // The clock may have been set back meanwhile.
      const milliseconds = Math.max(0, Math.round(now - ended.startedAt));
      log('info', 'sync_round', { started_by: ended.by, milliseconds, fault, ...snakeCase(ended.tally) });
      try {
        appendRound(database, {
          ...ended.tally,
          startedBy: ended.by,
          startedAt: instantAt(ended.startedAt),
          endedAt: instantAt(now),
          milliseconds,
          fault,
        });
        announce('sync');
      } catch (error) {
        const cacheFault = classifyCacheFault(error);
        if (cacheFault === null) throw error;
        log('warn', 'history_not_written', { reason: cacheFault.reason });
      }
    },
  };
}

function snakeCase(tally: Required<RoundTally>): Record<string, number> {
  return {
    sent: tally.sent,
    confirmed: tally.confirmed,
    refused: tally.refused,
    members: tally.pulledMembers,
    allocations: tally.pulledAllocations,
    removed: tally.removedMembers,
  };
}
