import { App, recordVersion, splitSqlStatements } from '@supabase/lite';
import { createPgliteConnection, type PgliteConnection } from '@supabase/lite/pglite';
import { readProjectMigrations, readSeed } from './project-migrations.ts';

/** What signs and accepts the sandbox's tokens; made anew for each data folder. */
export interface SandboxKeys {
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly jwtSecret: string;
}

export interface SandboxDatabase {
  readonly app: App;
  readonly connection: PgliteConnection;
  close(): Promise<void>;
}

/**
 * Opens PGlite in `folder` (in memory when absent), from the baked archive when one is given, behind the REST and auth
 * endpoints. One process may hold a folder at a time: PGlite does not lock it.
 */
export async function openSandboxDatabase(options: {
  keys: SandboxKeys;
  folder?: string;
  baked?: Blob;
}): Promise<SandboxDatabase> {
  const connection = await createPgliteConnection({
    ...(options.folder === undefined ? {} : { url: options.folder }),
    ...(options.baked === undefined ? {} : { pgliteOptions: { loadDataDir: options.baked } }),
  });
  await connection.driver.waitReady;
  const app = new App({
    connection,
    api: { schemas: ['public'], max_rows: 1_000 },
    auth: {
      enabled: true,
      jwt_secret: options.keys.jwtSecret,
      jwt_expiry: 3_600,
      enable_signup: false,
      publishable_key: options.keys.publishableKey,
      secret_key: options.keys.secretKey,
      site_url: 'http://127.0.0.1',
      email: { enable_signup: false, enable_confirmations: false },
    },
    options: { server: { admin: false } },
  });
  await app.init();
  await app.ensureSystemSchema();
  return { app, connection, close: async () => connection.close() };
}

/** Brings an empty database to the project's state: roles as Supabase has them, migrations, demo data. */
export async function fillSandboxDatabase({ connection }: SandboxDatabase): Promise<void> {
  await connection.exec(`do $$ begin
    if not exists (select from pg_roles where rolname = 'anon') then create role anon nologin; end if;
    if not exists (select from pg_roles where rolname = 'authenticated') then create role authenticated nologin; end if;
    if not exists (select from pg_roles where rolname = 'service_role') then create role service_role nologin bypassrls; end if;
  end $$`);
  // A hosted project grants this; the embedded one does not, and every policy with auth.uid() would fail.
  await connection.exec('grant usage on schema auth to anon, authenticated, service_role');
  for (const { version, name, sql } of readProjectMigrations()) {
    const statements = splitSqlStatements(sql);
    await connection.transaction(statements, { intent: 'migration' });
    await recordVersion(connection, { version, name, statements });
  }
  await connection.transaction(splitSqlStatements(readSeed()));
}
