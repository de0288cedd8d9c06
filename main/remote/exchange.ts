/** What came of one HTTP exchange, kept beside the library that made it: its own errors drop the cause and the headers. */
export type Exchange =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Headers; readonly body: string }
  | { readonly kind: 'fault'; readonly error: unknown };

/** An answer that the libraries neither retry nor throw away; only the recorded exchange is believed. */
const NOT_RETRIED_STATUS = 418;

/**
 * A fetch for exactly one call: ends it after `timeoutMs` (body included), and gives what happened to `record`. Failures
 * come back as an answer the library passes on at once: its built-in retries of sign-in would hold the caller for 30 s,
 * and retries are the sender's business alone.
 */
export function recordingFetch(
  fetch: typeof globalThis.fetch,
  timeoutMs: number,
  record: (exchange: Exchange) => void,
): typeof globalThis.fetch {
  return async (input, init) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = init?.signal == null ? timeout : AbortSignal.any([init.signal, timeout]);
    try {
      const response = await fetch(input, { ...init, signal });
      const body = await response.text();
      record({ kind: 'answer', status: response.status, headers: response.headers, body });
      if (!response.ok) return passedOn();
      return new Response(body === '' ? null : body, { status: response.status, headers: withoutEncoding(response) });
    } catch (error) {
      record({ kind: 'fault', error });
      return passedOn();
    }
  };
}

function passedOn(): Response {
  return new Response('{}', { status: NOT_RETRIED_STATUS, headers: { 'content-type': 'application/json' } });
}

/** The body has been decoded already. */
function withoutEncoding(response: Response): Headers {
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return headers;
}
