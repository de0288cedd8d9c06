import { LONGEST_DELAY_MS } from '../cache/outbox.ts';
import type { Clock } from '../platform/platform.ts';
import type { Failure } from '../remote/failure.ts';
import { backoffDelay, CONNECTION_BACKOFF } from './backoff.ts';
import { faultCode } from './settle-failure.ts';

/** A partner role that is missing, or a server without this version's functions, is no matter of seconds. */
const LASTING_FAULT_MS = 60_000;

export interface ConnectionState {
  readonly connection: 'online' | 'offline' | 'unknown';
  /** Code of the last fault while there is one. */
  readonly fault: string | null;
}

/** What is known about the connection, by evidence alone: the last answer or the last fault. */
export interface Connection {
  state(): ConnectionState;
  /** How long nothing is sent yet, in milliseconds; 0 when it may be tried. */
  delay(): number;
  /** An answer came. Both answer whether the state changed for people. */
  worked(): boolean;
  failed(failure: Failure): boolean;
  /** Whatever was waited for, try now. */
  reset(): void;
  pauseFor(milliseconds: number): void;
}

export function createConnection(clock: Clock, random: () => number): Connection {
  let connection: ConnectionState['connection'] = 'unknown';
  let fault: string | null = null;
  let notBefore = 0;
  let failures = 0;

  const become = (next: ConnectionState['connection'], nextFault: string | null): boolean => {
    const changed = next !== connection || nextFault !== fault;
    connection = next;
    fault = nextFault;
    return changed;
  };

  return {
    state: () => ({ connection, fault }),
    delay() {
      const left = notBefore - clock.now();
      // More than any delay that is ever set: the clock has been set back since.
      return left > LONGEST_DELAY_MS ? 0 : Math.max(left, 0);
    },
    worked() {
      failures = 0;
      notBefore = 0;
      return become('online', null);
    },
    failed(failure) {
      failures += 1;
      const delay = backoffDelay(failures, CONNECTION_BACKOFF, random);
      const afterMs = failure.kind === 'unavailable' ? (failure.afterMs ?? 0) : 0;
      const isLasting = failure.kind === 'not_a_partner' || failure.kind === 'outdated' || failure.kind === 'refused';
      notBefore = clock.now() + Math.max(delay, afterMs, isLasting ? LASTING_FAULT_MS : 0);
      return become(failure.kind === 'unreachable' ? 'offline' : 'online', faultCode(failure));
    },
    reset() {
      failures = 0;
      notBefore = 0;
    },
    pauseFor(milliseconds) {
      notBefore = clock.now() + milliseconds;
    },
  };
}
