import type { Platform, ProxyChoice } from './platform.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The project preset by SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY; null unless both are set. */
export function presetServerOf(environment: Environment): Platform['presetServer'] {
  const url = environment['SUPABASE_URL'];
  const publishableKey = environment['SUPABASE_PUBLISHABLE_KEY'];
  if (url === undefined || url === '' || publishableKey === undefined || publishableKey === '') return null;
  return { url, publishableKey };
}

/** The demo sign-in that the sandbox's start hands over; null in front of a real project. */
export function demoOf(environment: Environment): Platform['demo'] {
  const email = environment['PARTNER_CONSOLE_DEMO_EMAIL'];
  const password = environment['PARTNER_CONSOLE_DEMO_PASSWORD'];
  if (email === undefined || email === '' || password === undefined || password === '') return null;
  return { email, password };
}

/** The system's name as the contract spells it. */
export function operatingSystemOf(system: NodeJS.Platform): Platform['operatingSystem'] {
  if (system === 'win32') return 'windows';
  return system === 'darwin' ? 'mac' : 'linux';
}

/**
 * How Node sends requests to an address: it uses the proxies of the environment only when NODE_USE_ENV_PROXY is 1. NO_PROXY holds
 * names with or without a leading dot, `*`, and addresses, each perhaps with a port.
 */
export function environmentProxyFor(environment: Environment, address: string): ProxyChoice {
  const url = new URL(address);
  const variable = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const named = variable(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  const excepted = variable('NO_PROXY')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => isExcepted(url, entry));
  const proxy = excepted || named === '' ? null : readAddress(named);
  if (proxy === null) return { used: 'DIRECT', unused: null };
  const port = proxy.port === '' ? (proxy.protocol === 'https:' ? '443' : '80') : proxy.port;
  if (environment['NODE_USE_ENV_PROXY'] !== '1') return { used: 'DIRECT', unused: `${proxy.hostname}:${port}` };
  return { used: `${proxy.protocol === 'https:' ? 'HTTPS' : 'PROXY'} ${proxy.hostname}:${port}`, unused: null };
}

function isExcepted(url: URL, entry: string): boolean {
  if (entry === '*') return true;
  const [, name = '', port] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false;
  return url.hostname === name || url.hostname.endsWith(`.${name}`);
}

function readAddress(text: string): URL | null {
  const address = text.includes('://') ? text : `http://${text}`;
  return URL.canParse(address) ? new URL(address) : null;
}
