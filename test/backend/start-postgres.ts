import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App } from '@supabase/lite';
import { createPostgresConnection } from '@supabase/lite/postgres';
import postgres from 'postgres';
import type { Sql } from 'postgres';
import { readMigrations, readSeed } from '../../scripts/database/migration-files.ts';
import { localKeys } from './local-keys.ts';
import { startPostgresServer } from './postgres-server.ts';
import type { PostgresServer, PostgresServerOptions } from './postgres-server.ts';

/** What a new database holds: a bare Supabase project, that with our migrations, or that with the demo data as well. */
export type Content = 'bare' | 'migrated' | 'seeded';

export interface TestDatabase {
  readonly name: string;
  /** As the superuser. */
  readonly dbUrl: string;
  /** As the superuser; closed by `drop`. */
  readonly sql: Sql;
  drop(): Promise<void>;
}

export interface TestPostgres {
  readonly server: PostgresServer;
  /** A database of its own, cloned from a template in about 0.1 s; `seeded` unless said otherwise. */
  createDatabase(content?: Content): Promise<TestDatabase>;
  close(): Promise<void>;
}

/** A client that parses nothing away: dates stay the texts that Postgres printed. */
export function connect(url: string, connections = 1): Sql {
  return postgres(url, { max: connections, onnotice: () => undefined, idle_timeout: 0 });
}

/**
 * Applies every migration, each in one transaction, as the Supabase CLI does. PARTNER_CONSOLE_MIGRATIONS names another
 * folder of them: that is how `npm run test:mutants` gives the tests a database in which one guard is missing.
 */
export async function applyMigrations(
  sql: Sql,
  folder: string | undefined = process.env['PARTNER_CONSOLE_MIGRATIONS'],
): Promise<void> {
  for (const migration of readMigrations(folder)) {
    await sql.begin((transaction) => transaction.unsafe(migration.sql));
  }
}

/** The tables that GoTrue would have made, then roles, functions and privileges of a new project. */
async function layPlatform(url: string): Promise<void> {
  const connection = createPostgresConnection({ url, postgresOptions: { max: 1, onnotice: () => undefined } });
  const app = new App({
    connection,
    auth: {
      enabled: true,
      jwt_secret: localKeys.jwtSecret,
      publishable_key: localKeys.publishable,
      secret_key: localKeys.secret,
    },
    options: { server: { admin: false } },
  });
  try {
    await app.init();
    await app.ensureSystemSchema();
  } finally {
    await connection.close();
  }
  const sql = connect(url);
  try {
    await sql.unsafe(readFileSync(path.join(import.meta.dirname, 'supabase-platform.sql'), 'utf8'));
  } finally {
    await sql.end();
  }
}

/** The server and templates that `lendTemplates` made for this process, when PARTNER_CONSOLE_LENT_POSTGRES names them. */
function lentPostgres(): { server: PostgresServer; prefix: string } | null {
  const [port, prefix] = process.env['PARTNER_CONSOLE_LENT_POSTGRES']?.split('/') ?? [];
  if (port === undefined || prefix === undefined) return null;
  const server: PostgresServer = {
    port: Number(port),
    databaseUrl: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    restart: () => Promise.reject(new Error('a lent server is not restarted')),
    close: () => Promise.resolve(),
  };
  return { server, prefix };
}

/** A Postgres server whose databases are cloned from templates, so that every test may have its own. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<TestPostgres> {
  const lent = lentPostgres();
  const server = lent?.server ?? (await startPostgresServer(options));
  const admin = connect(server.databaseUrl('postgres'));
  const templates = new Map<Content, Promise<string>>();
  let created = 0;

  async function clone(template: string, name: string): Promise<void> {
    await admin.unsafe(`create database ${name} template ${template}`);
  }

  async function build(content: Content): Promise<string> {
    const name = `template_${content}`;
    if (content === 'bare') {
      await clone('template0', name);
      await layPlatform(server.databaseUrl(name));
      return name;
    }
    await clone(await template(content === 'seeded' ? 'migrated' : 'bare'), name);
    const sql = connect(server.databaseUrl(name));
    try {
      if (content === 'migrated') await applyMigrations(sql);
      else await sql.begin((transaction) => transaction.unsafe(readSeed()));
    } finally {
      await sql.end();
    }
    return name;
  }

  function template(content: Content): Promise<string> {
    if (lent !== null) return Promise.resolve(`${lent.prefix}_${content}`);
    let built = templates.get(content);
    if (built === undefined) {
      built = build(content);
      templates.set(content, built);
    }
    return built;
  }

  return {
    server,
    async createDatabase(content = 'seeded') {
      const source = await template(content);
      created += 1;
      const name = `${lent === null ? '' : `${lent.prefix}_${String(process.pid)}_`}test_${String(created)}`;
      await clone(source, name);
      const sql = connect(server.databaseUrl(name), 4);
      return {
        name,
        dbUrl: server.databaseUrl(name),
        sql,
        async drop() {
          await sql.end();
          await admin.unsafe(`drop database ${name} with (force)`);
        },
      };
    },
    async close() {
      await admin.end({ timeout: 1 });
      await server.close();
    },
  };
}
