import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusalOf } from './act-as.ts';
import { lints, notApplicable, runLints } from './lints.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase('migrated');
const find = (): Promise<{ lint: string; finding: string }[]> =>
  database.sql().begin((transaction) => runLints(transaction));

const readsOwnRows =
  'meant: a partner reads its own rows through the API, and row level security keeps to them; the names of tables and columns are public anyway';

/** What the lints say of our schema, each with the reason why it stays. */
const explained: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '0027_pg_graphql_authenticated_table_exposed': {
    'public.command_receipts': readsOwnRows,
    'public.credit_allocations': readsOwnRows,
    'public.member_upload_answers': readsOwnRows,
    'public.member_upload_rows': readsOwnRows,
    'public.member_uploads': readsOwnRows,
    'public.partner_credits': readsOwnRows,
    'public.partner_members': readsOwnRows,
    'public.removed_members': readsOwnRows,
    'public.sessions': readsOwnRows,
    'public.staged_upload_rows': readsOwnRows,
    'public.users': readsOwnRows,
  },
};

/** What the faulty schema must make each lint say, over and above what is said of ours. */
const faults: Readonly<Record<string, readonly string[]>> = {
  '0001_unindexed_foreign_keys': ['public.faulty_child faulty_child_parent', 'public.faulty_child faulty_child_partly'],
  '0002_auth_users_exposed': ['public.faulty_accounts'],
  '0003_auth_rls_initplan': ['public.faulty_initplan each row'],
  '0004_no_primary_key': ['public.faulty_keyless'],
  '0006_multiple_permissive_policies': ['public.faulty_policies r authenticated'],
  '0007_policy_exists_rls_disabled': ['public.faulty_unenforced'],
  '0008_rls_enabled_no_policy': ['public.faulty_silent'],
  '0009_duplicate_index': ['public.faulty_indexes faulty_indexes_one faulty_indexes_two'],
  '0010_security_definer_view': ['public.faulty_accounts', 'public.faulty_view'],
  '0011_function_search_path_mutable': ['public.faulty_path()'],
  '0013_rls_disabled_in_public': ['public.faulty_open', 'public.faulty_secrets', 'public.faulty_unenforced'],
  '0014_extension_in_public': ['citext'],
  '0015_rls_references_user_metadata': ['public.faulty_metadata admins'],
  '0016_materialized_view_in_api': ['public.faulty_materialized'],
  '0017_foreign_table_in_api': ['public.faulty_foreign'],
  '0018_unsupported_reg_types': ['public.faulty_types kind'],
  '0021_fkey_to_auth_unique': ['public.faulty_account_link faulty_account_link_handle'],
  '0022_extension_versions_outdated': ['pg_trgm 1.5'],
  '0023_sensitive_columns_exposed': ['public.faulty_secrets api_key'],
  '0024_permissive_rls_policy': ['public.faulty_always adds', 'public.faulty_always changes'],
  '0028_anon_security_definer_function_executable': ['public.faulty_definer()'],
  '0029_authenticated_security_definer_function_executable': [
    'public.faulty_definer()',
    'public.faulty_definer_signed_in()',
  ],
};

/** Every relation of the faulty schema that the API can name in GraphQL. */
const openToBoth = ['account_link', 'accounts', 'always', 'child', 'foreign', 'indexes', 'initplan', 'keyless'].concat([
  'materialized',
  'metadata',
  'open',
  'parent',
  'policies',
  'secrets',
  'silent',
  'types',
  'unenforced',
  'view',
]);
const inGraphql = [...openToBoth.map((name) => `public.faulty_${name}`), 'public.right_accounts', 'public.right_view'];
const allFaults: Readonly<Record<string, readonly string[]>> = {
  ...faults,
  '0026_pg_graphql_anon_table_exposed': inGraphql,
  '0027_pg_graphql_authenticated_table_exposed': [...inGraphql, 'public.faulty_signed_in'].toSorted(),
};

describe("Supabase's lints", () => {
  it('are each either run here or said not to apply, up to the last one of splinter', () => {
    const numbers = [...lints.map((lint) => lint.name), ...Object.keys(notApplicable)].map((name) => name.slice(0, 4));
    expect(numbers.toSorted()).toEqual(Array.from({ length: 29 }, (_, index) => String(index + 1).padStart(4, '0')));
  });

  it('find nothing in our schema that is not explained, and every explanation still explains something', async () => {
    const expected = Object.entries(explained).flatMap(([lint, findings]) =>
      Object.keys(findings).map((finding) => ({ lint, finding })),
    );
    expect(await find()).toEqual(expected);
  });

  it('do not pass for nothing where the exposed schemas are not set', async () => {
    for (const lint of lints.filter(({ query }) => query.includes('pgrst.db_schemas'))) {
      expect((await refusalOf(database.sql().unsafe(lint.query).execute())).code).toBe('42704');
    }
  });

  it.each(lints)(
    '$name finds its own faults in a faulty schema, and not what is right beside them',
    async ({ name }) => {
      const faulty = readFileSync(path.join(import.meta.dirname, 'lints-faulty-schema.sql'), 'utf8');
      const found = await database.sql().begin(async (transaction) => {
        await transaction.unsafe(faulty);
        return runLints(transaction);
      });
      const ours = Object.keys(explained[name] ?? {});
      const findings = found.filter((it) => it.lint === name && !ours.includes(it.finding)).map((it) => it.finding);
      expect(findings).toEqual(allFaults[name]);
    },
  );
});
