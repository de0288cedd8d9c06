/** Keeps small secrets under the operating system's protection, or says that it cannot. */
export interface SecretStore {
  /** False where there is no keyring: nothing is then ever written, in particular no plain text. */
  available(): boolean;
  save(name: string, secret: string): void;
  /** Null when there is none, or when the keyring can no longer read it. */
  load(name: string): string | null;
  remove(name: string): void;
}

/** Wall-clock and timers, so that tests can move time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `milliseconds`; answers the function that cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** One line of the log. Never carries names, e-mail addresses, tokens or request bodies. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  event: string,
  data?: Readonly<Record<string, string | number | boolean | null>>,
) => void;

export interface ProxyChoice {
  /** As Chromium writes it, e.g. `PROXY proxy.company:8080; DIRECT`. */
  readonly used: string;
  /** A proxy that the environment names and this host does not use, without user and password; or null. */
  readonly unused: string | null;
}

/** Why it may be worth trying again at once: the computer has other addresses, or it woke up. */
export type ConnectionHint = 'network' | 'wake';

/** What differs between Electron, the browser host, the terminal command and the tests. */
export interface Platform {
  readonly kind: 'electron' | 'browser' | 'terminal' | 'test';
  readonly operatingSystem: 'mac' | 'windows' | 'linux';
  readonly version: string;
  /** Absolute; created on start, readable by this user alone. */
  readonly dataFolder: string;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The network as the host sees it (Chromium's stack with its proxies in Electron). */
  readonly fetch: typeof globalThis.fetch;
  /** How requests to an address go, by the settings of the system or the environment. */
  readonly proxyFor: (url: string) => Promise<ProxyChoice>;
  /** Tells when it may be worth trying again. Answers the function that ends it. */
  readonly onConnectionHint: (noticed: (hint: ConnectionHint) => void) => () => void;
  /** The project preset for this computer, from the environment or by policy. */
  readonly presetServer: { readonly url: string; readonly publishableKey: string } | null;
  readonly demo: { readonly email: string; readonly password: string } | null;
  /** The file of the worker thread that reads uploads. */
  readonly importWorker: URL;
  /** The file of the worker thread that reads through databases for the diagnostics. */
  readonly inspectWorker: URL;
}
