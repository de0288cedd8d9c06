import { APP_ORIGIN } from './app-origin.ts';

/** Sites that links of the console may open, outside, in the person's own browser. */
const openableHosts: ReadonlySet<string> = new Set(['partner-console.example', 'supabase.com']);

/** The address as a URL; null when it is none. */
export function parseAddress(address: string): URL | null {
  return URL.canParse(address) ? new URL(address) : null;
}

/** True for an address of the console's own page. Compares origins: a prefix would also match `app://console.evil`. */
export function isConsoleAddress(address: string): boolean {
  // URL gives 'null' as the origin of a scheme it does not know, so scheme and host are compared themselves.
  const url = parseAddress(address);
  const own = new URL(APP_ORIGIN);
  return url !== null && url.protocol === own.protocol && url.host === own.host && url.username === '';
}

/** True for a link that may be handed to the person's browser: https, a listed site, no credentials in it. */
export function mayOpenOutside(address: string): boolean {
  const url = parseAddress(address);
  return (
    url !== null &&
    url.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.port === '' &&
    openableHosts.has(url.hostname)
  );
}
