import { describe, expect, it } from 'vitest';
import { classifyFailure, retryAfter } from '../../../main/remote/classify-failure.ts';
import type { Exchange } from '../../../main/remote/exchange.ts';
import { findNetworkFault } from '../../../main/remote/network-fault.ts';

const now = Date.parse('2026-05-01T12:00:00Z');

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Exchange => ({
  kind: 'answer',
  status,
  headers: new Headers({ 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers }),
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const tooLarge = { kind: 'unavailable', error: 'rows_too_large', mayHaveActed: false, tooSlow: true };

describe('what an answer means', () => {
  it.each([
    // Signing in again, or not.
    [
      answer(400, { error_code: 'invalid_credentials', msg: 'Invalid login credentials' }),
      { kind: 'sign_in', reason: 'wrong_password' },
    ],
    [
      answer(400, { error: 'invalid_grant', message: 'Invalid login credentials' }),
      { kind: 'sign_in', reason: 'wrong_password' },
    ],
    [answer(400, { error_code: 'refresh_token_not_found', msg: '' }), { kind: 'sign_in', reason: 'expired' }],
    [answer(400, { error_code: 'refresh_token_already_used', msg: '' }), { kind: 'sign_in', reason: 'expired' }],
    [answer(403, { error_code: 'session_not_found', msg: '' }), { kind: 'sign_in', reason: 'expired' }],
    [answer(401, { code: 'PGRST301', message: 'JWT expired' }), { kind: 'sign_in', reason: 'expired' }],
    [answer(401, { code: 'PGRST303', message: 'JWT expired' }), { kind: 'sign_in', reason: 'expired' }],
    [answer(401, { code: 'PT401', message: 'not_signed_in' }), { kind: 'sign_in', reason: 'expired' }],
    [answer(401, { message: 'Invalid API key' }), { kind: 'sign_in', reason: 'wrong_key' }],
    [answer(403, { code: 'PT403', message: 'not_a_partner' }), { kind: 'not_a_partner' }],
    // Decided.
    [answer(409, { code: 'PT409', message: 'request_id_reused' }), { kind: 'refused', reason: 'request_id_reused' }],
    [answer(413, { code: 'PT413', message: 'too_many_rows' }), { kind: 'refused', reason: 'too_many_rows' }],
    // Fewer rows at a time may pass: ours says so, or a gateway on the way in its own words.
    [answer(413, { code: 'PT413', message: 'rows_too_large' }), tooLarge],
    [answer(413, { message: 'Payload Too Large' }), tooLarge],
    [answer(413, '<html><h1>413 Request Entity Too Large</h1></html>'), tooLarge],
    [answer(400, { code: '22P02', message: 'invalid input syntax' }), { kind: 'refused', reason: 'sqlstate_22P02' }],
    [answer(409, { code: '23505', message: 'duplicate key' }), { kind: 'refused', reason: 'sqlstate_23505' }],
    // Not now, and surely without effect.
    [
      answer(429, {}, { 'retry-after': '7' }),
      { kind: 'unavailable', error: 'rate_limited', afterMs: 7_000, mayHaveActed: false },
    ],
    // Whoever answers, and in whatever form: the wish for patience is kept.
    [
      answer(429, '<html>error code: 1015</html>', { 'retry-after': '600' }),
      { kind: 'unavailable', error: 'rate_limited', afterMs: 600_000, mayHaveActed: false },
    ],
    [
      answer(429, '<html>Slow down</html>'),
      { kind: 'unavailable', error: 'rate_limited', afterMs: null, mayHaveActed: false },
    ],
    [
      answer(503, '<html>Maintenance</html>', { 'retry-after': '600' }),
      { kind: 'unavailable', error: 'http_503', afterMs: 600_000, mayHaveActed: true },
    ],
    [
      answer(503, { code: 'PGRST002', message: 'schema cache' }, { 'retry-after': '1' }),
      { kind: 'unavailable', error: 'PGRST002', afterMs: 1_000, mayHaveActed: false },
    ],
    [
      answer(500, { code: '57014', message: 'canceling statement due to statement timeout' }),
      { kind: 'unavailable', tooSlow: true },
    ],
    [answer(500, { code: '40P01', message: 'deadlock detected' }), { kind: 'unavailable', mayHaveActed: false }],
    [answer(500, { code: '53300', message: 'too many connections' }), { kind: 'unavailable', mayHaveActed: false }],
    // Not now, perhaps with effect.
    [
      answer(503, { message: 'upstream connect error' }),
      { kind: 'unavailable', error: 'http_503', mayHaveActed: true },
    ],
    [answer(500, { code: '08006', message: 'connection failure' }), { kind: 'unavailable', mayHaveActed: true }],
    [answer(500, { code: '57P01', message: 'terminating connection' }), { kind: 'unavailable', mayHaveActed: true }],
    [answer(502, {}), { kind: 'unavailable', error: 'http_502', mayHaveActed: true }],
    [answer(200, { anything: 'else' }), { kind: 'unavailable', error: 'wrong_shape', mayHaveActed: true }],
    [null, { kind: 'unavailable', error: 'no_answer', mayHaveActed: true }],
    // Postgres went down right behind a commit.
    [
      answer(400, { code: '', message: 'no connection to the server', details: null, hint: null }),
      { kind: 'unavailable', error: 'connection_lost', mayHaveActed: true },
    ],
    // Something on the way answered.
    [
      answer(200, '<!doctype html><title>Sign in to the network</title>'),
      { kind: 'unreachable', fault: 'proxy', mayHaveActed: true },
    ],
    [answer(504, '<html>Gateway timeout</html>'), { kind: 'unreachable', fault: 'server', mayHaveActed: true }],
    [answer(407, ''), { kind: 'unreachable', fault: 'proxy', mayHaveActed: false }],
    [answer(500, { code: 'XX000', message: 'internal error' }), { kind: 'unavailable', mayHaveActed: false }],
    ...[400, 402, 403, 404, 405, 406, 410, 418, 422, 451, 497].flatMap((status) => [
      [
        answer(status, { message: 'Request blocked' }),
        { kind: 'unreachable', fault: 'proxy', detail: `HTTP ${status}`, mayHaveActed: true, status },
      ] as const,
      [
        answer(status, '<html>Blocked by the firewall</html>'),
        { kind: 'unreachable', fault: 'proxy', mayHaveActed: true, status },
      ] as const,
    ]),
    // The wrong version.
    [answer(404, { code: 'PGRST202', message: 'Could not find the function' }), { kind: 'outdated' }],
    [answer(400, { code: 'PGRST102', message: 'Invalid body' }), { kind: 'outdated' }],
    [answer(403, { code: '42501', message: 'permission denied' }), { kind: 'outdated' }],
    [answer(404, { code: '42P01', message: 'relation does not exist' }), { kind: 'outdated' }],
  ] as const)('%# %j → %j', (exchange, expected) => {
    expect(classifyFailure(exchange, now)).toMatchObject(expected);
  });

  it.each([
    [answer(404, '<html>Not found</html>'), { kind: 'outdated' }],
    [answer(405, {}), { kind: 'outdated' }],
    [answer(422, { error_code: 'weak_password', msg: '' }), { kind: 'refused', reason: 'http_422' }],
    // Not the auth server: a session does not end by it.
    [answer(403, { message: 'Request blocked' }), { kind: 'unreachable', fault: 'proxy' }],
    [answer(400, {}), { kind: 'unreachable', fault: 'proxy' }],
  ] as const)('of the auth server %# %j → %j', (exchange, expected) => {
    expect(classifyFailure(exchange, now, 'auth')).toMatchObject(expected);
  });

  it.each([
    ['120', 120_000],
    ['Fri, 01 May 2026 12:00:30 GMT', 30_000],
    ['Fri, 01 May 2026 11:00:00 GMT', 0],
    ['999999', 3_600_000],
    ['soon', null],
  ])('reads Retry-After %s', (text, expected) => {
    expect(retryAfter(new Headers({ 'retry-after': text }), now)).toBe(expected);
  });
});

describe('where a connection broke', () => {
  const coded = (code: string, syscall?: string): Error => Object.assign(new Error('failed'), { code, syscall });
  const fetchFailed = (cause: unknown): Error => new TypeError('fetch failed', { cause });

  it.each([
    [fetchFailed(coded('ENOTFOUND')), 'dns', 'ENOTFOUND', false],
    [fetchFailed(coded('EAI_AGAIN')), 'dns', 'EAI_AGAIN', false],
    [fetchFailed(coded('ECONNREFUSED')), 'refused', 'ECONNREFUSED', false],
    [fetchFailed(new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')])), 'refused', 'ECONNREFUSED', false],
    [fetchFailed(coded('DEPTH_ZERO_SELF_SIGNED_CERT')), 'tls', 'DEPTH_ZERO_SELF_SIGNED_CERT', false],
    [fetchFailed(coded('CERT_HAS_EXPIRED')), 'tls', 'CERT_HAS_EXPIRED', false],
    [fetchFailed(coded('ERR_TLS_CERT_ALTNAME_INVALID')), 'tls', 'ERR_TLS_CERT_ALTNAME_INVALID', false],
    [fetchFailed(coded('UND_ERR_CONNECT_TIMEOUT')), 'timeout', 'UND_ERR_CONNECT_TIMEOUT', false],
    [fetchFailed(coded('UND_ERR_HEADERS_TIMEOUT')), 'timeout', 'UND_ERR_HEADERS_TIMEOUT', true],
    [fetchFailed(coded('UND_ERR_SOCKET')), 'reset', 'UND_ERR_SOCKET', true],
    [fetchFailed(coded('ECONNRESET')), 'reset', 'ECONNRESET', true],
    [new DOMException('The operation was aborted due to timeout', 'TimeoutError'), 'timeout', 'TimeoutError', true],
    [new Error('net::ERR_NAME_NOT_RESOLVED'), 'dns', 'ERR_NAME_NOT_RESOLVED', false],
    [new Error('net::ERR_PROXY_CONNECTION_FAILED'), 'proxy', 'ERR_PROXY_CONNECTION_FAILED', false],
    [new Error('net::ERR_TUNNEL_CONNECTION_FAILED'), 'proxy', 'ERR_TUNNEL_CONNECTION_FAILED', false],
    [new Error('net::ERR_CERT_AUTHORITY_INVALID'), 'tls', 'ERR_CERT_AUTHORITY_INVALID', false],
    // These end a connection that stood as well, over which the request may have gone.
    [new Error('net::ERR_INTERNET_DISCONNECTED'), 'unreachable', 'ERR_INTERNET_DISCONNECTED', true],
    [new Error('net::ERR_ADDRESS_UNREACHABLE'), 'unreachable', 'ERR_ADDRESS_UNREACHABLE', true],
    [new Error('net::ERR_SSL_PROTOCOL_ERROR'), 'tls', 'ERR_SSL_PROTOCOL_ERROR', true],
    [new Error('net::ERR_SSL_BAD_RECORD_MAC_ALERT'), 'tls', 'ERR_SSL_BAD_RECORD_MAC_ALERT', true],
    [fetchFailed(coded('EPROTO', 'read')), 'tls', 'EPROTO', true],
    [
      fetchFailed(coded('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')),
      'tls',
      expect.stringMatching(/^ERR_SSL_/),
      true,
    ],
    [fetchFailed(coded('EHOSTUNREACH', 'read')), 'unreachable', 'EHOSTUNREACH', true],
    [fetchFailed(coded('ENETDOWN', 'write')), 'unreachable', 'ENETDOWN', true],
    [fetchFailed(coded('ENETUNREACH', 'connect')), 'unreachable', 'ENETUNREACH', false],
    [fetchFailed(coded('EHOSTUNREACH', 'connect')), 'unreachable', 'EHOSTUNREACH', false],
    [fetchFailed(coded('ETIMEDOUT', 'connect')), 'timeout', 'ETIMEDOUT', false],
    [fetchFailed(coded('ETIMEDOUT', 'read')), 'timeout', 'ETIMEDOUT', true],
    [new Error('net::ERR_CONNECTION_RESET'), 'reset', 'ERR_CONNECTION_RESET', true],
    [new Error('net::ERR_CONNECTION_REFUSED'), 'refused', 'ERR_CONNECTION_REFUSED', false],
    [new Error('something new'), 'unreachable', 'Error', true],
    ['not even an error', 'unreachable', 'unknown', true],
  ])('%s → %s', (error, fault, detail, mayHaveActed) => {
    expect(findNetworkFault(error)).toEqual({ fault, detail, mayHaveActed });
  });
});
