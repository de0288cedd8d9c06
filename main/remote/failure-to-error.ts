import type { AppError } from '../../shared/app-error.ts';
import type { Failure } from './failure.ts';

/** The failure of a call that a person waits for, as the error they are shown. `url` is the project's address. */
export function failureToError(failure: Failure, url: string): AppError {
  const host = new URL(url).host;
  switch (failure.kind) {
    case 'unreachable':
      return { code: 'offline', fault: failure.fault, host, detail: failure.detail };
    case 'unavailable':
      return { code: 'offline', fault: 'server', host, detail: failure.error };
    case 'refused':
      return { code: 'refused', reason: failure.reason };
    case 'sign_in':
      if (failure.reason === 'wrong_key') {
        return { code: 'invalid_input', field: 'publishableKey', reason: 'wrong_key' };
      }
      return { code: 'signed_out', reason: failure.reason };
    case 'not_a_partner':
      return { code: 'forbidden', reason: 'not_a_partner' };
    case 'outdated':
      return { code: 'not_found', what: 'project' };
  }
}
