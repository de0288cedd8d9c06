import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Database } from './database-types.ts';
import { UnusedSocket } from './unused-socket.ts';

/** supabase-js typed by the schema: an unknown function, or an argument that it does not take, does not compile. */
export type ProjectClient = SupabaseClient<Database>;

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
): ProjectClient {
  return createClient<Database>(project.url, project.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch },
    realtime: { transport: UnusedSocket },
    ...(token === null ? {} : { accessToken: () => Promise.resolve(token) }),
  });
}
