import type { TransactionSql } from 'postgres';

/** One of Supabase's lints (splinter), by its name and number there: a query of the catalog whose rows name what it finds. */
export interface Lint {
  readonly name: string;
  /** Answers `finding`: the object, and within it what is wrong. */
  readonly query: string;
}

/** The schemas that Supabase keeps, and that its lints pass over. */
const platformSchemas = `('auth', 'cron', 'extensions', 'graphql', 'graphql_public', 'information_schema', 'net', 'pg_catalog',
  'pg_toast', 'pgbouncer', 'pgmq', 'pgsodium', 'realtime', 'storage', 'supabase_functions', 'supabase_migrations', 'vault')`;
const notPlatform = `n.nspname not in ${platformSchemas} and n.nspname !~ '^pg_'`;
/** Fails where the setting is missing: without it nothing would count as exposed, and the lints would pass for nothing. */
const isExposed = `n.nspname = any (
  select btrim(s) from unnest(string_to_array(current_setting('pgrst.db_schemas'), ',')) as s)`;
const relation = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`;
const relationName = `n.nspname || '.' || c.relname`;
const openTo = (role: string): string => `has_any_column_privilege('${role}', c.oid, 'select')`;
const openToApi = `(${openTo('anon')} or ${openTo('authenticated')})`;
/** Policies with their conditions as text and their roles by name. */
const policy = `pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select pg_get_expr(p.polqual, p.polrelid) as qual, pg_get_expr(p.polwithcheck, p.polrelid) as with_check,
      array(select case r when 0 then 'public' else r::regrole::text end from unnest(p.polroles) as r) as roles) x`;
const conditions = `coalesce(x.qual, '') || ' ' || coalesce(x.with_check, '')`;
const executable = (role: string): string => `
  select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as finding
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and ${isExposed} and ${notPlatform} and has_function_privilege('${role}', p.oid, 'execute')`;
/** What GraphQL shows of the schema is what the role may select, whatever row level security says. */
const visibleInGraphql = (role: string): string => `
  select ${relationName} as finding from ${relation}
  where c.relkind in ('r', 'v', 'm', 'f') and ${isExposed} and ${notPlatform} and ${openTo(role)}`;

/** Names of columns that hold what nobody should read in passing. */
const sensitive = `'^(password|passwd|pwd|secret|api_?key|(access_|refresh_|session_)?token|jwt|auth_code|otp|ssn|social_security|'
  || 'driver_license|passport_number|national_id|tax_id|credit_card|card_number|cvv|bank_account|account_number|iban|'
  || 'medical_record|health_record|patient_id|diagnosis|ssh_key|pgp_key|fingerprint|biometric)$'`;

export const lints: readonly Lint[] = [
  {
    name: '0001_unindexed_foreign_keys',
    query: `select ${relationName} || ' ' || k.conname as finding
      from pg_catalog.pg_constraint k join ${relation} on c.oid = k.conrelid
      where k.contype = 'f' and ${notPlatform} and not exists (
        select from pg_catalog.pg_index i
        -- The key's columns, in whatever order, are the first of the index.
        where i.indrelid = k.conrelid and i.indpred is null
          and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey and cardinality(i.indkey::int2[]) >= cardinality(k.conkey))`,
  },
  {
    name: '0002_auth_users_exposed',
    query: `select distinct ${relationName} as finding from ${relation}
      join pg_catalog.pg_rewrite w on w.ev_class = c.oid
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
        and d.refobjid = to_regclass('auth.users')
      where c.relkind in ('v', 'm') and ${isExposed} and ${openToApi}
        -- A view that runs as its caller sees what the caller may see, and of auth.users that is nothing.
        and not (c.relkind = 'v' and coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'])`,
  },
  {
    name: '0003_auth_rls_initplan',
    // A call in a sub-select is printed with its select before it, which is evaluated once a query; any other one each row.
    query: `select ${relationName} || ' ' || p.polname as finding from ${policy}
      where ${notPlatform} and regexp_replace(${conditions},
        'select\\s+(auth\\.(uid|jwt|role|email)\\(\\)|current_setting\\()', '', 'gi') ~* '(auth\\.(uid|jwt|role|email)\\(\\)|current_setting\\()'`,
  },
  {
    name: '0004_no_primary_key',
    query: `select ${relationName} as finding from ${relation}
      where c.relkind = 'r' and not c.relispartition and ${notPlatform} and not exists (
        select from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'p')`,
  },
  {
    name: '0006_multiple_permissive_policies',
    query: `select ${relationName} || ' ' || a.act || ' ' || r.role as finding from ${policy}
      cross join lateral unnest(case when p.polcmd = '*' then array['a', 'd', 'r', 'w'] else array[p.polcmd::text] end) as a (act)
      cross join lateral unnest(case when 'public' = any (x.roles) then array['anon', 'authenticated'] else x.roles end) as r (role)
      where p.polpermissive and ${notPlatform}
      group by n.nspname, c.relname, a.act, r.role having count(*) > 1`,
  },
  {
    name: '0007_policy_exists_rls_disabled',
    query: `select distinct ${relationName} as finding from ${policy} where not c.relrowsecurity and ${notPlatform}`,
  },
  {
    name: '0008_rls_enabled_no_policy',
    query: `select ${relationName} as finding from ${relation}
      where c.relkind = 'r' and c.relrowsecurity and ${notPlatform}
        and not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)`,
  },
  {
    name: '0009_duplicate_index',
    query: `select ${relationName} || ' ' || string_agg(i.indexrelid::regclass::text, ' ' order by i.indexrelid::regclass::text) as finding
      from pg_catalog.pg_index i join ${relation} on c.oid = i.indrelid
      join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      where ${notPlatform}
      -- The same but for its name.
      group by n.nspname, c.relname, ic.relam, i.indkey::text, i.indclass::text, i.indoption::text, i.indcollation::text,
        i.indnkeyatts, pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
      having count(*) > 1`,
  },
  {
    name: '0010_security_definer_view',
    query: `select ${relationName} as finding from ${relation}
      where c.relkind = 'v' and ${isExposed} and ${notPlatform} and ${openToApi}
        and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1']`,
  },
  {
    name: '0011_function_search_path_mutable',
    query: `select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as finding
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where ${notPlatform} and not exists (select from unnest(p.proconfig) as s where s like 'search_path=%')
        and not exists (
          select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`,
  },
  {
    name: '0013_rls_disabled_in_public',
    query: `select ${relationName} as finding from ${relation}
      where c.relkind in ('r', 'p') and not c.relrowsecurity and ${isExposed} and ${notPlatform}`,
  },
  {
    name: '0014_extension_in_public',
    query: `select e.extname::text as finding from pg_catalog.pg_extension e where e.extnamespace = 'public'::regnamespace`,
  },
  {
    name: '0015_rls_references_user_metadata',
    query: `select ${relationName} || ' ' || p.polname as finding from ${policy}
      where ${notPlatform} and ${conditions} ~* '(user_metadata|raw_user_meta_data)'`,
  },
  {
    name: '0016_materialized_view_in_api',
    query: `select ${relationName} as finding from ${relation}
      where c.relkind = 'm' and ${isExposed} and ${notPlatform} and ${openToApi}`,
  },
  {
    name: '0017_foreign_table_in_api',
    query: `select ${relationName} as finding from ${relation}
      where c.relkind = 'f' and ${isExposed} and ${notPlatform} and ${openToApi}`,
  },
  {
    name: '0018_unsupported_reg_types',
    // regclass, regrole and regtype survive an upgrade; the others hold numbers that mean another object afterwards.
    query: `select ${relationName} || ' ' || a.attname as finding from ${relation}
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind in ('r', 'p', 'm') and ${notPlatform} and a.atttypid in (
        'regcollation'::regtype, 'regconfig'::regtype, 'regdictionary'::regtype, 'regnamespace'::regtype, 'regoper'::regtype,
        'regoperator'::regtype, 'regproc'::regtype, 'regprocedure'::regtype)`,
  },
  {
    name: '0021_fkey_to_auth_unique',
    query: `select ${relationName} || ' ' || k.conname as finding
      from pg_catalog.pg_constraint k join ${relation} on c.oid = k.conrelid
      join pg_catalog.pg_class target on target.oid = k.confrelid
      join pg_catalog.pg_index i on i.indexrelid = k.conindid
      where k.contype = 'f' and target.relnamespace = to_regnamespace('auth') and not i.indisprimary and ${notPlatform}`,
  },
  {
    name: '0022_extension_versions_outdated',
    query: `select e.extname || ' ' || e.extversion as finding
      from pg_catalog.pg_extension e join pg_catalog.pg_available_extensions a on a.name = e.extname
      where e.extversion <> a.default_version`,
  },
  {
    name: '0023_sensitive_columns_exposed',
    query: `select ${relationName} || ' ' || a.attname as finding from ${relation}
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind in ('r', 'p') and not c.relrowsecurity and ${isExposed} and ${notPlatform} and ${openToApi}
        and lower(a.attname) ~ (${sensitive})`,
  },
  {
    name: '0024_permissive_rls_policy',
    // Reading everything may be meant; changing everything hardly ever is.
    query: `select ${relationName} || ' ' || p.polname as finding from ${policy}
      where p.polpermissive and c.relrowsecurity and ${notPlatform} and x.roles && array['public', 'anon', 'authenticated']
        and (
          (p.polcmd in ('w', 'd', '*') and coalesce(x.qual, 'true') ~ '^\\(*(true|1 = 1)\\)*$')
          or (p.polcmd in ('a', 'w', '*') and x.with_check ~ '^\\(*(true|1 = 1)\\)*$')
          or (p.polcmd = 'a' and x.with_check is null))`,
  },
  { name: '0026_pg_graphql_anon_table_exposed', query: visibleInGraphql('anon') },
  { name: '0027_pg_graphql_authenticated_table_exposed', query: visibleInGraphql('authenticated') },
  { name: '0028_anon_security_definer_function_executable', query: executable('anon') },
  { name: '0029_authenticated_security_definer_function_executable', query: executable('authenticated') },
];

/** The lints that say nothing here, with the reason. */
export const notApplicable: Readonly<Record<string, string>> = {
  '0005_unused_index':
    'reads the counters of a database in use; in a new one every index is unused. The plans of our queries are tested instead.',
  '0012_auth_allow_anonymous_sign_ins':
    'a setting of the auth server, not of the catalog. An anonymous user has no row in users with role partner: the matrix has such a caller.',
  '0019_insecure_queue_exposed_in_api': 'there are no queues (pgmq).',
  '0020_table_bloat': 'an estimate from the statistics of a database in use.',
  '0025_public_bucket_allows_listing': 'there are no storage buckets.',
};

/** Runs every lint, with the setting by which PostgREST names the exposed schemas: as Supabase does. */
export async function runLints(transaction: TransactionSql): Promise<{ lint: string; finding: string }[]> {
  await transaction`select set_config('pgrst.db_schemas', 'public, graphql_public', true)`;
  const found: { lint: string; finding: string }[] = [];
  for (const { name, query } of lints) {
    const rows = await transaction.unsafe<{ finding: string }[]>(`${query} order by 1`);
    for (const { finding } of rows) found.push({ lint: name, finding });
  }
  return found;
}
