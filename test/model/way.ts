import { userOf, json } from './direct-server.ts';

/**
 * How the way to the server is: as it should be; nobody there; the answers of commands get lost; everything hangs, before or behind
 * the server; a busy server; a login page of a proxy in between; the session ended on the server.
 */
export type WayState =
  | 'online'
  | 'offline'
  | 'lost'
  | 'cut'
  | 'hang_before'
  | 'hang_after'
  | 'busy'
  | 'html'
  | 'expired';

export interface Way {
  readonly fetch: typeof globalThis.fetch;
  /** Requests that are neither answered nor hanging. */
  inFlight(): number;
  /** Nothing leaves before this has ended: what is queued meanwhile is known before it reaches the server. */
  whileShut<Value>(work: () => Promise<Value>): Promise<Value>;
  /** What hangs breaks off, unless its console is dead: those never hear of it. */
  set(state: WayState, options?: { readonly consoleIsDead: boolean }): void;
  state(): WayState;
}

type Received = (userId: string, name: string, args: Readonly<Record<string, unknown>>) => void;

/** A way to the server behind `fetch`. `onReceived` hears of every call of a function at the moment in which it reaches the server. */
export function openWay(fetch: typeof globalThis.fetch, onReceived: Received): Way {
  let state: WayState = 'online';
  let inFlight = 0;
  let hanging: (() => void)[] = [];
  let shut: Promise<unknown> = Promise.resolve();

  const fault = (code: string): TypeError =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

  /** Until the way changes; then it breaks. */
  async function hang(): Promise<never> {
    inFlight -= 1;
    await new Promise<void>((resolve) => {
      hanging.push(resolve);
    });
    inFlight += 1;
    throw fault('ECONNRESET');
  }

  async function carry(url: URL, init: RequestInit): Promise<Response> {
    const now = state;
    const signsIn = url.searchParams.get('grant_type') === 'password';
    switch (now) {
      case 'offline':
        throw fault('ECONNREFUSED');
      case 'hang_before':
        return hang();
      case 'busy':
        return json({ code: 'PGRST003', message: 'busy', details: null, hint: null }, 503);
      case 'html':
        return new Response('<!doctype html><title>Welcome</title>', { headers: { 'content-type': 'text/html' } });
      case 'expired':
        if (signsIn) state = 'online';
        else if (url.pathname.startsWith('/auth/'))
          return json({ code: 400, error_code: 'refresh_token_not_found' }, 400);
        else return json({ code: 'PGRST303', message: 'JWT expired', details: null, hint: null }, 401);
        break;
      case 'online':
      case 'lost':
      case 'cut':
      case 'hang_after':
        break;
    }
    const name = /\/rpc\/(\w+)$/.exec(url.pathname)?.[1];
    if (name !== undefined) {
      const body = typeof init.body === 'string' && init.body !== '' ? init.body : '{}';
      const args = JSON.parse(body) as Readonly<Record<string, unknown>>;
      onReceived(userOf(new Headers(init.headers).get('authorization')), name, args);
    }
    const answer = await fetch(url, init);
    if (now === 'hang_after') return hang();
    if (now === 'lost') throw fault('ECONNRESET');
    if (now !== 'cut') return answer;
    const text = await answer.text();
    return new Response(text.slice(0, text.length / 2), { status: answer.status, headers: answer.headers });
  }

  return {
    fetch: async (input, init) => {
      inFlight += 1;
      try {
        await shut;
        return await carry(new URL(input instanceof Request ? input.url : input), init ?? {});
      } finally {
        inFlight -= 1;
      }
    },
    inFlight: () => inFlight,
    whileShut(work) {
      const done = work();
      shut = done.catch(() => undefined);
      return done;
    },
    state: () => state,
    set(next, { consoleIsDead } = { consoleIsDead: false }) {
      state = next;
      const waiting = hanging;
      hanging = [];
      if (!consoleIsDead) for (const breakOff of waiting) breakOff();
    },
  };
}
