import * as z from 'zod';
import type { Exchange } from './exchange.ts';
import type { Failure } from './failure.ts';
import { findNetworkFault } from './network-fault.ts';

/** What PostgREST, Supabase's gateway and its auth server say about an error, as far as it is read. */
const errorBody = z.object({
  code: z.union([z.string(), z.number()]).nullish(),
  error_code: z.string().nullish(),
  error: z.string().nullish(),
  message: z.string().nullish(),
  msg: z.string().nullish(),
});

/** No connection to Postgres, or the schema not loaded yet: PostgREST has not started the command. */
const notStarted = /^PGRST00[0-3]$/;
/** Classes of SQLSTATE after which the same request may succeed; the transaction was rolled back. */
const passing = /^(08|25P03|40|53|55|57|58|XX)/;
/** The connection to Postgres broke: whether it committed is not known. */
const fateUnknown = /^(08|57P)/;
const sqlState = /^[0-9A-Z]{5}$/;
const endedSession =
  /^(refresh_token_not_found|refresh_token_already_used|session_not_found|session_expired|user_not_found|user_banned|bad_jwt|invalid_grant)$/;

/**
 * Turns an exchange that brought no usable answer into the one decision that follows from it. `now` in milliseconds, for
 * a Retry-After that is a date. `asked`: the auth server is the first that is called at an address: where it is not found, the
 * address is wrong. Whoever else answers a command with a 4xx that is not the functions' own JSON stands on the way: nothing was
 * decided.
 */
export function classifyFailure(
  exchange: Exchange | null,
  now: number,
  asked: 'functions' | 'auth' = 'functions',
): Failure {
  if (exchange === null) return unavailable('no_answer', null, true);
  if (exchange.kind === 'fault') return { kind: 'unreachable', ...findNetworkFault(exchange.error) };
  const { status } = exchange;
  if (status === 407) return { kind: 'unreachable', fault: 'proxy', detail: 'HTTP 407', mayHaveActed: false };
  const afterMs = retryAfter(exchange.headers, now);
  // A wish for patience is kept, in whatever form and by whomever it is said.
  if (status === 429) return unavailable('rate_limited', afterMs, false);
  const body = readBody(exchange.body);
  // Too much at a time for the server or something on the way: nothing was done, and fewer rows may pass.
  if (status === 413 && body === null) return tooLarge();
  if (body === null && status >= 500 && afterMs !== null) return unavailable(`http_${status}`, afterMs, true);
  // A login page of a proxy or a hotel, or an error page of a gateway: nothing that a project would answer.
  if (body === null && looksLikeHtml(exchange)) {
    // A web server, but no project: the address is wrong.
    if (asked === 'auth' && (status === 404 || status === 405)) return { kind: 'outdated' };
    const fault = status >= 500 ? 'server' : 'proxy';
    return { kind: 'unreachable', fault, detail: `HTTP ${status}, HTML`, mayHaveActed: true, status };
  }
  if (body === null) {
    return status < 300 ? unavailable('wrong_shape', null, true) : byStatus(status, afterMs, asked, false);
  }
  const isNamed = body.error_code != null || body.error != null || typeof body.code === 'string';
  return byCode(status, body, afterMs) ?? byStatus(status, afterMs, asked, isNamed);
}

/**
 * The same for a refresh of the session. It ends by the auth server's own word alone: whoever else refuses on the way, and a refusal that
 * is over at the next attempt (two refreshes at the same time are a `conflict`), leaves the refresh token as good as it was.
 */
export function classifyRefresh(exchange: Exchange | null, now: number): Failure {
  const failure = classifyFailure(exchange, now, 'auth');
  if (exchange?.kind !== 'answer') return failure;
  const { status } = exchange;
  const body = status >= 400 && status < 500 && !looksLikeHtml(exchange) ? readBody(exchange.body) : null;
  if (body !== null && endedSession.test(codeOf(body))) return { kind: 'sign_in', reason: 'expired' };
  if (failure.kind === 'unreachable' || failure.kind === 'unavailable') return failure;
  // The gateway does not know the key: nothing was said about the session.
  if (failure.kind === 'sign_in' && failure.reason === 'wrong_key') return failure;
  if (body?.error_code != null) return unavailable(body.error_code, retryAfter(exchange.headers, now), false);
  const fault = status >= 500 ? 'server' : 'proxy';
  return { kind: 'unreachable', fault, detail: `HTTP ${status}`, mayHaveActed: false, status };
}

const codeOf = (body: z.infer<typeof errorBody>): string =>
  body.error_code ?? (typeof body.code === 'string' ? body.code : null) ?? body.error ?? '';

function byCode(status: number, body: z.infer<typeof errorBody>, afterMs: number | null): Failure | null {
  const code = codeOf(body);
  const message = body.message ?? body.msg ?? '';
  if (code === 'invalid_credentials' || (code === 'invalid_grant' && /credentials/i.test(message))) {
    return { kind: 'sign_in', reason: 'wrong_password' };
  }
  if (endedSession.test(code) || code === 'PT401' || /^PGRST30[0-3]$/.test(code))
    return { kind: 'sign_in', reason: 'expired' };
  if (status === 401 && /api ?key/i.test(message)) return { kind: 'sign_in', reason: 'wrong_key' };
  if (code === 'PT403' && message === 'not_a_partner') return { kind: 'not_a_partner' };
  if (code === 'PGRST202' || code === 'PGRST203' || code === 'PGRST106' || code === '42883')
    return { kind: 'outdated' };
  // PostgREST itself, whose connection to Postgres broke in the middle: it has no code of Postgres to tell.
  if (body.code === '' && status === 400) return unavailable('connection_lost', afterMs, true);
  if (notStarted.test(code)) return unavailable(code, afterMs, false);
  // PostgREST does not understand what this version of the console asks for.
  if (code.startsWith('PGRST') && status >= 400 && status < 500) return { kind: 'outdated' };
  if (code === 'PT413' && message === 'rows_too_large') return tooLarge();
  if (/^PT[45]\d\d$/.test(code))
    return status >= 500 ? unavailable(code, afterMs, false) : { kind: 'refused', reason: message };
  if (sqlState.test(code) && !code.startsWith('PT')) {
    if (passing.test(code)) return { ...unavailable(code, afterMs, fateUnknown.test(code)), tooSlow: code === '57014' };
    // A table, a column or a right that this version counts on is not there: a matter of versions, not of this command.
    return code.startsWith('42') ? { kind: 'outdated' } : { kind: 'refused', reason: `sqlstate_${code}` };
  }
  return null;
}

function byStatus(status: number, afterMs: number | null, asked: 'functions' | 'auth', isNamed: boolean): Failure {
  if (status === 401) return { kind: 'sign_in', reason: 'expired' };
  if (asked === 'auth' && (status === 404 || status === 405)) return { kind: 'outdated' };
  if (status === 413) return tooLarge();
  if (status >= 500 || status === 408) return unavailable(`http_${status}`, afterMs, true);
  if (asked === 'auth' && status >= 400 && isNamed) return { kind: 'refused', reason: `http_${status}` };
  if (status >= 400) {
    return { kind: 'unreachable', fault: 'proxy', detail: `HTTP ${status}`, mayHaveActed: true, status };
  }
  return unavailable('wrong_shape', afterMs, true);
}

function unavailable(
  error: string,
  afterMs: number | null,
  mayHaveActed: boolean,
): Extract<Failure, { kind: 'unavailable' }> {
  return { kind: 'unavailable', error, afterMs, mayHaveActed, tooSlow: false };
}

function tooLarge(): Failure {
  return { ...unavailable('rows_too_large', null, false), tooSlow: true };
}

function readBody(text: string): z.infer<typeof errorBody> | null {
  try {
    const parsed = errorBody.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    // Not JSON: the caller decides by status and content type.
    return null;
  }
}

function looksLikeHtml(exchange: Extract<Exchange, { kind: 'answer' }>): boolean {
  return /html/i.test(exchange.headers.get('content-type') ?? '') || /^\s*<(!doctype|html)/i.test(exchange.body);
}

/** Retry-After as seconds or as a date; never negative, at most an hour. Milliseconds, or null without one. */
export function retryAfter(headers: Headers, now: number): number | null {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined || text === '') return null;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), 3_600_000);
}
