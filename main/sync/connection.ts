import type { CacheFaultReason } from '../cache/classify-cache-fault.ts';
import { LONGEST_DELAY_MS } from '../cache/outbox.ts';
import type { Clock } from '../platform/platform.ts';
import type { Failure } from '../remote/failure.ts';
import { isWithoutNetwork } from '../remote/network-fault.ts';
import { backoffDelay, CONNECTION_BACKOFF, LONGEST_LOCAL_PAUSE_MS, TROUBLED_BACKOFF } from './backoff.ts';
import { faultCode } from './settle-failure.ts';

/** So many faults in a row of a server that is there: it is in trouble. */
const FAULTS_OF_TROUBLE = 5;
/** A partner role that is missing, or a server without this version's functions, is no matter of seconds. */
const LASTING_FAULT_MS = 60_000;

const LOCAL_PAUSE_MS = 5_000;

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
  /** How often in a row the server answered with a fault, once that is too often: then single small requests probe it. */
  trouble(): number;
  /** There was no network at the last attempt. */
  isCutOff(): boolean;
  /** Whatever was waited for, try now. */
  reset(): void;
  /** A fault of this computer (a full disk, say): nothing is tried for a while, twice as long each time. Answers as `failed`. */
  failedHere(reason: CacheFaultReason | 'unexpected'): boolean;
}

export function createConnection(clock: Clock, random: () => number): Connection {
  let connection: ConnectionState['connection'] = 'unknown';
  let fault: string | null = null;
  let notBefore = 0;
  let failures = 0;
  /** In a row, of this computer. */
  let localFaults = 0;
  let isCutOff = false;
  /** Of those in a row that the server itself answered. */
  let troubles = 0;

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
    trouble: () => (troubles >= FAULTS_OF_TROUBLE ? troubles : 0),
    isCutOff: () => isCutOff,
    worked() {
      localFaults = 0;
      isCutOff = false;
      failures = 0;
      troubles = 0;
      notBefore = 0;
      return become('online', null);
    },
    failed(failure) {
      failures += 1;
      isCutOff = failure.kind === 'unreachable' && isWithoutNetwork(failure.detail);
      troubles = failure.kind === 'unavailable' ? troubles + 1 : 0;
      const limits = troubles >= FAULTS_OF_TROUBLE ? TROUBLED_BACKOFF : CONNECTION_BACKOFF;
      const delay = backoffDelay(failures, limits, random);
      const afterMs = failure.kind === 'unavailable' ? (failure.afterMs ?? 0) : 0;
      const isLasting = failure.kind === 'not_a_partner' || failure.kind === 'outdated' || failure.kind === 'refused';
      notBefore = clock.now() + Math.max(delay, afterMs, isLasting ? LASTING_FAULT_MS : 0);
      return become(failure.kind === 'unreachable' ? 'offline' : 'online', faultCode(failure));
    },
    reset() {
      failures = 0;
      troubles = 0;
      notBefore = 0;
    },
    failedHere(reason) {
      notBefore = clock.now() + Math.min(LOCAL_PAUSE_MS * 2 ** localFaults, LONGEST_LOCAL_PAUSE_MS);
      localFaults = Math.min(localFaults + 1, 10);
      return become(connection, `local_${reason}`);
    },
  };
}
