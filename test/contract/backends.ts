import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@supabase/supabase-js';
import type { SupabaseClient } from '@supabase/supabase-js';
import { readSandboxState } from '../../scripts/sandbox/sandbox-state.ts';
import { startSandbox } from '../../scripts/sandbox/start-sandbox.ts';
import { localKeys, signToken, type TokenOptions } from '../backend/local-keys.ts';
import { whyNoWire } from '../backend/postgrest.ts';
import { startHybrid } from '../backend/start-hybrid.ts';

/** A project with the demo data, as a client reaches it. */
export interface Backend {
  readonly url: string;
  readonly publishableKey: string;
  /** supabase-js with a token as the project's auth server would sign it; null is nobody. */
  clientFor(userId: string | null, options?: TokenOptions): SupabaseClient;
  close(): Promise<void>;
}

export type BackendName = 'postgres' | 'sandbox';

/** What the two are called in the tests' names, and why one cannot run here. */
export const backends: readonly {
  readonly name: BackendName;
  readonly missing: string | null;
  readonly start: () => Promise<Backend>;
}[] = [
  { name: 'postgres', missing: whyNoWire(), start: startPostgresBackend },
  { name: 'sandbox', missing: null, start: startSandboxBackend },
];

function connect(url: string, key: string, secret: string): Omit<Backend, 'close'> {
  return {
    url,
    publishableKey: key,
    clientFor(userId, options) {
      const token = userId === null && options === undefined ? null : signToken(userId, { secret, ...options });
      return createClient(url, key, {
        auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
        ...(token === null ? {} : { accessToken: () => Promise.resolve(token) }),
      });
    },
  };
}

async function startPostgresBackend(): Promise<Backend> {
  const hybrid = await startHybrid();
  return { ...connect(hybrid.url, hybrid.publishableKey, localKeys.jwtSecret), close: () => hybrid.close() };
}

async function startSandboxBackend(): Promise<Backend> {
  const folder = mkdtempSync(path.join(tmpdir(), 'contract-sandbox-'));
  const sandbox = await startSandbox({ dataFolder: folder });
  const state = readSandboxState(folder);
  if (state === null) throw new Error('the sandbox has written no state');
  return {
    ...connect(sandbox.url, sandbox.publishableKey, state.jwtSecret),
    async close() {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
