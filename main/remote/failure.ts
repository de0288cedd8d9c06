import type { NetworkFault } from '../../shared/app-error.ts';

/**
 * Why a call did not bring a usable answer, as far as it decides what happens next. `mayHaveActed` tells whether the
 * server may have carried the command out: then its fate is asked for under the same id, never assumed.
 */
export type Failure =
  /** The server could not be reached, or something on the way answered in its place. */
  | {
      readonly kind: 'unreachable';
      readonly fault: NetworkFault;
      readonly detail: string;
      readonly mayHaveActed: boolean;
      /** The HTTP status with which something on the way answered: it may be only this request that it does not let pass. */
      readonly status?: number;
    }
  /** The server is there but did not do it now. `afterMs`: its own wish (Retry-After), in milliseconds. */
  | {
      readonly kind: 'unavailable';
      readonly error: string;
      readonly afterMs: number | null;
      readonly mayHaveActed: boolean;
      /** The server's time limit, or too many bytes for it or something on the way: ask for less at a time. */
      readonly tooSlow: boolean;
    }
  /** Decided against, for good: `reason` is a stable code. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The token is not accepted: refresh it, or the person signs in again. */
  | { readonly kind: 'sign_in'; readonly reason: 'expired' | 'wrong_password' | 'wrong_key' }
  | { readonly kind: 'not_a_partner' }
  /** The server lacks a function of this version, or the address is no such project. */
  | { readonly kind: 'outdated' };

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };
