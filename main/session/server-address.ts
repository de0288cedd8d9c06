import type { AppError } from '../../shared/app-error.ts';
import { err, ok, type Result } from '../../shared/result.ts';

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The origin of a project from what a person typed: `https://` is added, a path is dropped. Plain http is taken for this
 * computer only, because the password would travel readable. Errors: `invalid_input` on `serverUrl`, reason `not_an_address` or
 * `insecure`.
 */
export function readServerAddress(text: string): Result<string, AppError> {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  if (url === null || url.hostname === '' || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return err({ code: 'invalid_input', field: 'serverUrl', reason: 'not_an_address' });
  }
  if (url.protocol === 'http:' && !loopback.test(url.hostname)) {
    return err({ code: 'invalid_input', field: 'serverUrl', reason: 'insecure' });
  }
  return ok(url.origin);
}
