import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

function sameSecret(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}

const COOKIE = 'partner_console';

/**
 * Who may talk to the browser host. The token in the printed address works once: it is exchanged for a cookie that
 * scripts cannot read and other sites cannot send. Host and Origin are checked on every request, so that neither another
 * name that resolves to this computer nor another page can reach the console.
 */
export class BrowserAccess {
  readonly #cookie = randomBytes(32).toString('base64url');
  readonly #token = randomBytes(32).toString('base64url');
  readonly #origin: string;
  #tokenIsSpent = false;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The address to open, once. */
  get entryAddress(): string {
    return `${this.#origin}/?token=${this.#token}`;
  }

  /** True for a request to this very address, not to another name of this computer. */
  isForThisHost(request: IncomingMessage): boolean {
    return `http://${request.headers.host ?? ''}` === this.#origin;
  }

  /** True when the request does not come from another page: a browser names the origin of every upgrade and POST. */
  isFromThisOrigin(request: IncomingMessage): boolean {
    return request.headers.origin === this.#origin;
  }

  /** Exchanges the token for the cookie's header; null for a wrong or spent token. */
  redeem(token: string): string | null {
    if (this.#tokenIsSpent || !sameSecret(token, this.#token)) return null;
    this.#tokenIsSpent = true;
    return `${COOKIE}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** True for the one browser that redeemed the token. */
  isKnown(request: IncomingMessage): boolean {
    const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const given = cookies.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
    return given !== undefined && sameSecret(given, this.#cookie);
  }
}
