import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { UnusedSocket } from './unused-socket.ts';

export interface ProjectAddress {
  /** Origin of the project, without a path. */
  readonly url: string;
  readonly publishableKey: string;
}

/** supabase-js without any life of its own: keeps nothing, refreshes nothing. With a token its auth part is off. */
export function projectClient(
  project: ProjectAddress,
  fetch: typeof globalThis.fetch,
  token: string | null,
): SupabaseClient {
  return createClient(project.url, project.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch },
    realtime: { transport: UnusedSocket },
    ...(token === null ? {} : { accessToken: () => Promise.resolve(token) }),
  });
}
