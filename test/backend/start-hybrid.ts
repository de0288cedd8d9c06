import { getRequestListener } from '@hono/node-server';
import { App } from '@supabase/lite';
import { createPostgresConnection } from '@supabase/lite/postgres';
import { createClient } from '@supabase/supabase-js';
import type { SupabaseClient } from '@supabase/supabase-js';
import type { Sql } from 'postgres';
import { startGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { localKeys, signToken } from './local-keys.ts';
import type { TokenOptions } from './local-keys.ts';
import { startPostgrest } from './postgrest.ts';
import { readSeed } from '../../scripts/database/migration-files.ts';
import { startPostgres } from './start-postgres.ts';
import type { Content } from './start-postgres.ts';

/** A whole Supabase project on this computer: real Postgres, real PostgREST, sign-in by e-mail and password. */
export interface Hybrid {
  /** What an app gets as SUPABASE_URL. */
  readonly url: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  /** Postgres itself, as the superuser. */
  readonly dbUrl: string;
  readonly sql: Sql;
  /** Faults on the way, and the network off and on. */
  readonly gateway: Gateway;
  /** supabase-js as the user would have it after sign-in; null is nobody. No session is kept, nothing to close. */
  clientFor(userId: string | null, options?: TokenOptions): SupabaseClient;
  /** supabase-js after a real sign-in. Throws when it is refused. */
  signIn(email: string, password: string): Promise<SupabaseClient>;
  /** PostgREST reads the schema again. */
  reloadSchema(): Promise<void>;
  /** Empties every table and puts the demo data back; quicker than a new server. */
  reset(): Promise<void>;
  /** Postgres ends all connections and comes back on the same data; `crash` as after a power cut. */
  restartPostgres(options?: { readonly crash?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface HybridOptions {
  readonly content?: Content;
  /** Keeps Postgres' own safety on, for tests that crash it. */
  readonly durable?: boolean;
  /** Life of an access token from sign-in, in seconds. */
  readonly tokenSeconds?: number;
}

/** Starts the hybrid. Throws where there is no PostgREST for this platform: ask `whyNoWire()` first. */
export async function startHybrid(options: HybridOptions = {}): Promise<Hybrid> {
  const cluster = await startPostgres({ durable: options.durable ?? false });
  const content = options.content ?? 'seeded';
  const database = await cluster.createDatabase(content);
  const postgrest = await startPostgrest(database.dbUrl);
  const connection = createPostgresConnection({
    url: database.dbUrl,
    postgresOptions: { max: 4, onnotice: () => undefined },
  });
  const app = new App({
    connection,
    auth: {
      enabled: true,
      jwt_secret: localKeys.jwtSecret,
      jwt_expiry: options.tokenSeconds ?? 3600,
      enable_signup: true,
      publishable_key: localKeys.publishable,
      secret_key: localKeys.secret,
      email: { enable_confirmations: false },
    },
    options: { server: { admin: false } },
  });
  await app.init();
  const gateway = await startGateway({
    postgrestPort: postgrest.port,
    // The adapter's own Response would send the length a second time, which HTTP clients refuse.
    auth: getRequestListener((request) => app.fetch(request, { peerAddress: '127.0.0.1' }), {
      overrideGlobalObjects: false,
    }),
  });

  const newClient = (token: string | null): SupabaseClient =>
    createClient(gateway.url, localKeys.publishable, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
      ...(token === null ? {} : { accessToken: () => Promise.resolve(token) }),
    });

  return {
    url: gateway.url,
    publishableKey: localKeys.publishable,
    secretKey: localKeys.secret,
    dbUrl: database.dbUrl,
    sql: database.sql,
    gateway,
    clientFor: (userId, tokenOptions) =>
      newClient(userId === null && tokenOptions === undefined ? null : signToken(userId, tokenOptions)),
    async signIn(email, password) {
      const client = newClient(null);
      const { error } = await client.auth.signInWithPassword({ email, password });
      if (error !== null) throw new Error(`Sign-in of ${email} was refused: ${error.message}`);
      return client;
    },
    reloadSchema: () => postgrest.reloadSchema(),
    async reset() {
      await database.sql.begin(async (transaction) => {
        // As a replica no trigger fires: the ledger's own triggers would forbid this.
        await transaction.unsafe(`set local session_replication_role = replica`);
        const tables = await transaction<{ name: string }[]>`
          select format('%I.%I', schemaname, tablename) as name from pg_catalog.pg_tables
          where schemaname in ('public', 'partner_private')
             or (schemaname = 'auth' and tablename in ('users', 'identities', 'sessions', 'refresh_tokens'))`;
        await transaction.unsafe(`truncate ${tables.map((table) => table.name).join(', ')} cascade`);
        await transaction.unsafe(`set local session_replication_role = origin`);
        if (content === 'seeded') await transaction.unsafe(readSeed());
      });
    },
    restartPostgres: (restartOptions) => cluster.server.restart(restartOptions),
    async close() {
      await gateway.close();
      await postgrest.close();
      await connection.close();
      await database.sql.end({ timeout: 1 });
      await cluster.close();
    },
  };
}
