import type { MigrationFile } from '../../scripts/database/migration-files.ts';
import type { Mutant } from './mutant.ts';

/** Constraints stand in two forms: in a list of the first migration, and in the definitions of our own tables. */
function constraintMutants(migrations: readonly MigrationFile[]): Mutant[] {
  return migrations.flatMap(({ version, name, sql }) => {
    const file = `${version}_${name}`;
    const listed = [...sql.matchAll(/^ {4}'\w+', '(\w+)', '(?:check|foreign key|unique) .*',?\n/gm)].map((match) => ({
      text: match[0],
      constraint: match[1] ?? '',
      // The list stays one: the last of its lines has no comma.
      replace: match[0].endsWith(',\n') ? '' : `    'users', 'users_credits_not_negative', 'check (credits >= 0)'\n`,
    }));
    const inline = [
      ...sql.matchAll(/,\n {2}constraint (\w+)\s+(?:check|foreign key)[\s\S]*?(?=,\n {2}constraint|\n\);)/g),
    ].map((match) => ({ text: match[0], constraint: match[1] ?? '', replace: '' }));
    return [...listed, ...inline].map(({ text, constraint, replace }) => ({
      name: `constraint ${constraint} is missing`,
      guard: 'constraint',
      file,
      find: text,
      replace,
      caughtBy: [`constraints: ${constraint} refuses`],
    }));
  });
}

const triggerTests: Readonly<Record<string, readonly string[]>> = {
  partner_members_normalise: ['constraints-and-indexes: allow an e-mail once'],
  partner_members_stamp: ['partner-changes: gives a member again when its name changes'],
  partner_members_link: ['allocate-partner-credit: gives what an e-mail had'],
  partner_members_bury: ['partner-changes: tells which members are gone'],
  credit_allocations_keep: ['constraints-and-indexes: the ledger takes no change'],
  credit_allocations_keep_all: ['constraints-and-indexes: the ledger takes no change'],
  credit_allocations_stamp: ['partner-changes: tells which members are gone'],
  removed_members_stamp: ['partner-changes: gives a tombstone again'],
  partner_credits_touch_insert: ['partner-changes: gives a member again when its name changes'],
  partner_credits_touch_update: ['partner-changes: gives a member again when its credits'],
  partner_credits_touch_delete: ['partner-changes: gives a member again when its name changes'],
  sessions_touch_insert: ['partner-changes: gives a member again when its credits'],
  sessions_touch_update: ['partner-changes: gives both members'],
  sessions_touch_update_old: ['partner-changes: gives both members'],
  sessions_touch_delete: ['partner-changes: gives a member again when its credits'],
  users_record_balance: ['invariants: still hold after a purchase'],
};

function triggerMutants(migrations: readonly MigrationFile[]): Mutant[] {
  return migrations.flatMap(({ version, name, sql }) =>
    [...sql.matchAll(/^create or replace trigger (\w+) [^;]*;\n/gm)].map((match) => ({
      name: `trigger ${match[1] ?? ''} is missing`,
      guard: 'trigger',
      file: `${version}_${name}`,
      find: match[0],
      replace: '',
      caughtBy: triggerTests[match[1] ?? ''] ?? asService,
    })),
  );
}

const adopt = { file: 'adopt_partner_tables' };
const record = { file: 'record_allocations' };
const close = { file: 'close_privileges' };
const matrix = ['access-matrix: has no cell otherwise than expected'];
const asService = ['existing-writers: the existing system'];

const byHand: readonly Mutant[] = [
  {
    name: 'bad data does not stop the migration',
    guard: 'upgrade check',
    ...adopt,
    find: 'if v_count > 0 then',
    replace: 'if false then',
    caughtBy: ['adopt-existing-system: stop on'],
  },
  {
    name: 'two members with one e-mail are not looked for',
    guard: 'upgrade check',
    ...adopt,
    find: 'where same > 1 order by',
    replace: 'where same > 99 order by',
    caughtBy: ['adopt-existing-system: stop on members of one partner'],
  },
  {
    name: 'the ledger may change anything but its credits',
    guard: 'append-only ledger',
    ...record,
    within: 'partner_private.keep_ledger',
    find: `(pg_catalog.to_jsonb(new) - 'member_id' - 'change_txid') = (pg_catalog.to_jsonb(old) - 'member_id' - 'change_txid')`,
    replace: 'new.credits = old.credits',
    caughtBy: ['constraints-and-indexes: the ledger takes no change'],
  },
  {
    name: 'two opening balances of one partner',
    guard: 'constraint',
    ...record,
    find: `create unique index if not exists credit_allocations_one_opening_idx
  on public.credit_allocations (partner_id) where kind = 'opening';`,
    replace: '',
    caughtBy: ['constraints: one opening'],
  },
  {
    name: 'a credit without an allocation',
    guard: 'constraint',
    ...record,
    find: 'alter table public.partner_credits alter column allocation_id set not null;',
    replace: '',
    caughtBy: ['constraints: a credit without'],
  },
  {
    name: 'a credit of an allocation that is not there',
    guard: 'constraint',
    ...record,
    find: `foreign key (allocation_id) references public.credit_allocations (id);`,
    replace: 'check (allocation_id is not null);',
    caughtBy: ['constraints: partner_credits_allocation'],
  },
  {
    name: "a new member gets another partner's allocations",
    guard: 'owner check',
    ...record,
    within: 'partner_private.link_allocations',
    find: 'a.partner_id = m.partner_id and ',
    replace: '',
    caughtBy: ['allocate-partner-credit: of its own partner only'],
  },
  ...[
    'link_member_allocations',
    'bury_members',
    'touch_members_of_credits',
    'touch_members_of_sessions',
    'record_balance_change',
  ].map((trigger): Mutant => ({
    name: `${trigger} runs as its caller`,
    guard: 'definer trigger',
    ...record,
    within: `partner_private.${trigger}`,
    find: 'security definer ',
    replace: '',
    caughtBy: asService,
  })),
  {
    name: 'a balance written by our functions is entered a second time',
    guard: 'ledger',
    ...record,
    within: 'partner_private.record_balance_change',
    find: `pg_catalog.current_setting('partner_console.ledger_written', true) = 'on'`,
    replace: 'false',
    caughtBy: ['allocate-partner-credit: inserts the credits'],
  },
  {
    name: 'schema partner_private is open to anon',
    guard: 'grant',
    ...close,
    find: 'grant usage on schema partner_private to authenticated, service_role;',
    replace: 'grant usage on schema partner_private to anon, authenticated, service_role;',
    caughtBy: matrix,
  },
  {
    name: 'tables stay open to anon',
    guard: 'revoke',
    ...close,
    find: 'revoke all on public.%I from public, anon, authenticated',
    replace: 'revoke all on public.%I from public, authenticated',
    caughtBy: matrix,
  },
  {
    name: 'tables stay open to those signed in',
    guard: 'revoke',
    ...close,
    find: 'revoke all on public.%I from public, anon, authenticated',
    replace: 'revoke all on public.%I from public, anon',
    caughtBy: matrix,
  },
  {
    name: 'the service role writes our tables',
    guard: 'revoke',
    ...close,
    find: `execute format('revoke all on public.%I from service_role', v_table);`,
    replace: '',
    caughtBy: matrix,
  },
  {
    name: 'private functions stay open',
    guard: 'revoke',
    ...close,
    find: 'revoke execute on all functions in schema partner_private from public, anon, authenticated, service_role;',
    replace: '',
    caughtBy: matrix,
  },
  {
    name: 'policies of the existing system stay',
    guard: 'policy',
    ...close,
    find: `execute format('drop policy %I on public.%I', v_policy.policyname, v_policy.tablename);`,
    replace: '',
    caughtBy: ['adopt-existing-system: replace the flawed function and close what was open'],
  },
  {
    name: 'a plain user reads its own row as a partner does',
    guard: 'policy',
    ...close,
    find: `(id = (select auth.uid()) and role = 'partner')`,
    replace: '(id = (select auth.uid()))',
    caughtBy: ['access-matrix: public.users, in real statements > shows each column'],
  },
];

/** Guards that stand with the tables: constraints, triggers, privileges, policies. */
export function tableMutants(migrations: readonly MigrationFile[]): Mutant[] {
  return [...constraintMutants(migrations), ...triggerMutants(migrations), ...byHand];
}
