import type { Platform } from '../platform/platform.ts';

/** The project that is looked at, and what one check of the network learned for the next. One object for one run. */
export interface NetworkFacts {
  readonly url: URL;
  readonly publishableKey: string;
  /** What the host really sends requests with: Chromium's network stack in Electron. */
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => number;
  /** Whether requests go through Chromium, with the system's certificates and sign-in at proxies. */
  readonly isChromium: boolean;
  readonly proxyFor: Platform['proxyFor'];
  /** The proxy in use; null when the way is direct or not known yet. */
  proxy: { readonly host: string; readonly port: number; readonly scheme: 'http' | 'https' | 'socks' } | null;
  /** A proxy asks for a sign-in that only Chromium can give: what is behind it cannot be looked at by hand. */
  proxyAsksSignIn: boolean;
  /** The name or the connection failed: what comes behind it cannot work. */
  isUnreachable: boolean;
  /** This computer's clock minus the server's, in milliseconds, by a Date header. */
  skew: number | null;
}

/** The port, also where the address leaves it out. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
