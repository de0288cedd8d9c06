import { splitSqlStatements } from '@supabase/lite';
import { PGlite } from '@electric-sql/pglite';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMigrations, readSeed } from '../../scripts/database/migration-files.ts';

/** What the sandbox has before our migrations, as far as they touch it. */
const platform = `
  create schema auth;
  create table auth.users (
    id uuid primary key, aud text, role text, email text, encrypted_password text, email_confirmed_at timestamptz,
    raw_app_meta_data jsonb, raw_user_meta_data jsonb, confirmation_token text, recovery_token text, email_change text,
    email_change_token_new text, created_at timestamptz, updated_at timestamptz);
  create table auth.identities (
    id uuid primary key, user_id uuid, provider text, provider_id text, identity_data jsonb, last_sign_in_at timestamptz,
    created_at timestamptz, updated_at timestamptz);
`;

describe('the SQL in the sandbox', () => {
  it('applies statement by statement, twice, and takes the demo data', async () => {
    const database = new PGlite();
    try {
      await database.exec(platform);
      await database.exec(
        readFileSync(path.join(import.meta.dirname, '..', 'backend', 'supabase-platform.sql'), 'utf8'),
      );
      for (const sql of [...readMigrations(), ...readMigrations()].map((migration) => migration.sql)) {
        await database.transaction(async (transaction) => {
          for (const statement of splitSqlStatements(sql)) await transaction.exec(statement);
        });
      }
      await database.transaction(async (transaction) => {
        for (const statement of splitSqlStatements(readSeed())) await transaction.exec(statement);
      });
      const { rows } = await database.query('select partner_private.partner_invariants(null) as answer');
      expect(rows).toEqual([{ answer: { holds: true, violations: [] } }]);
    } finally {
      await database.close();
    }
  });
});
