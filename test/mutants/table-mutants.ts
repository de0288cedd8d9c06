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
  partner_members_keep: ['outside-writes: stays with its partner'],
  partner_members_follow: ['outside-writes: takes its credits along'],
  partner_members_bury: ['partner-changes: tells which members are gone'],
  credit_allocations_keep: ['constraints-and-indexes: the ledger takes no change'],
  credit_allocations_keep_all: ['constraints-and-indexes: the ledger takes no change'],
  credit_allocations_stamp: ['partner-changes: tells which members are gone'],
  removed_members_stamp: ['partner-changes: gives a tombstone again'],
  partner_credits_keep_revoked: ['outside-writes: is not spent by somebody who waited'],
  partner_credits_return: ['outside-writes: finds a credit that was spent under'],
  partner_credits_touch_insert: ['partner-changes: gives a member again when its name changes'],
  partner_credits_touch_update: ['outside-writes: puts both members into the feed'],
  partner_credits_touch_update_old: ['outside-writes: puts both members into the feed'],
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
const asService = ['existing-writers: the existing system', 'outside-writes: takes its credits along'];

const byHand: readonly Mutant[] = [
  {
    name: 'columns of other types do not stop the migration',
    guard: 'upgrade check',
    ...adopt,
    find: 'if cardinality(v_problems) > 0 then',
    replace: 'if false then',
    caughtBy: ['adopt-existing-system: stop at a column'],
  },
  {
    name: 'a policy that begins like ours is taken for ours',
    guard: 'policy',
    ...close,
    find: `and (p.tablename::text, p.policyname::text) not in (`,
    replace: `and p.policyname not like 'partner reads own %' and (p.tablename::text, p.policyname::text) not in (`,
    caughtBy: ['adopt-existing-system: replace policies'],
  },
  {
    name: 'a credit that comes back does not wait for a rename',
    guard: 'lock',
    file: 'record_allocations',
    find: `perform from public.credit_allocations a join public.partner_members m on m.id = a.member_id
    where a.id = new.allocation_id for no key update of m;`,
    replace: '',
    caughtBy: ['outside-writes: goes to the new e-mail'],
  },
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
    find: `(pg_catalog.to_jsonb(new) - '{member_id,holder_email,change_txid}'::text[])
      = (pg_catalog.to_jsonb(old) - '{member_id,holder_email,change_txid}'::text[])`,
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
    find: `'foreign key (allocation_id) references public.credit_allocations (id)'`,
    replace: `'check (allocation_id is not null)'`,
    caughtBy: ['constraints: partner_credits_allocation'],
  },
  {
    name: "a new member gets another partner's allocations",
    guard: 'owner check',
    ...record,
    within: 'partner_private.link_allocations',
    find: 'a.partner_id = m.partner_id\n      and coalesce',
    replace: 'coalesce',
    caughtBy: ['allocate-partner-credit: of its own partner only'],
  },
  {
    name: 'a correction stays behind that was committed while its row was waited for',
    guard: 'ledger',
    ...record,
    within: 'partner_private.link_allocations',
    find: ' + partner_private.link_corrections(v_linked)',
    replace: '',
    caughtBy: ['undo-races: after its ledger is written'],
  },
  {
    name: 'a correction is linked by its e-mail',
    guard: 'ledger',
    ...record,
    within: 'partner_private.link_allocations',
    find: ' and a.corrects is null',
    replace: '',
    caughtBy: ['maintain: links a correction that was left behind'],
  },
  ...[
    'link_member_allocations',
    'bury_members',
    'follow_member_email',
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
    find: `current_setting('partner_console.ledger_written', true) is distinct from 'on'`,
    replace: 'true',
    caughtBy: ['allocate-partner-credit: inserts the credits'],
  },
  {
    name: 'anybody may say that the ledger knows of a balance',
    guard: 'ledger',
    ...record,
    find: `ledger_written', true) is distinct from 'on'\n    or not has_table_privilege('public.credit_allocations', 'insert')`,
    replace: `ledger_written', true) is distinct from 'on'`,
    caughtBy: ['outside-writes: cannot claim that the ledger'],
  },
  {
    name: 'anybody may revoke without giving back',
    guard: 'ledger',
    ...record,
    find: `\n    and not has_table_privilege('public.credit_allocations', 'insert')`,
    replace: ' and false',
    caughtBy: ['outside-writes: comes of a command only'],
  },
  {
    name: 'a removed member is told once only',
    guard: 'feed',
    ...record,
    within: 'partner_private.bury_members',
    find: 'do update set partner_id = excluded.partner_id, removed_at = excluded.removed_at',
    replace: 'do nothing',
    caughtBy: ['partner-changes: tells of a member that came back'],
  },
  {
    name: 'a living member is told as gone',
    guard: 'feed',
    file: 'read_partner_data',
    within: 'partner_private.partner_changes',
    find: 'and not exists (select from public.partner_members m where m.id = r.member_id)',
    replace: '',
    caughtBy: ['partner-changes: tells of a member that came back'],
  },
  {
    name: 'credits stay with the old e-mail',
    guard: 'ledger',
    ...record,
    within: 'partner_private.follow_member_email',
    find: 'update public.partner_credits c set employee_email = new.email',
    replace: 'update public.partner_credits c set employee_email = c.employee_email',
    caughtBy: ['update-member: takes the credits along'],
  },
  {
    name: 'the old e-mail brings back what was renamed',
    guard: 'ledger',
    ...record,
    within: 'partner_private.follow_member_email',
    find: 'update public.credit_allocations a set holder_email = new.email where a.member_id = new.id;',
    replace: '',
    caughtBy: ['update-member: leaves its credits to nobody'],
  },
  {
    name: 'what the new e-mail had stays with nobody',
    guard: 'ledger',
    ...record,
    within: 'partner_private.follow_member_email',
    find: 'perform partner_private.link_allocations(array[new.id]);',
    replace: '',
    caughtBy: ['update-member: gives the member what its new e-mail had'],
  },
  ...[
    ['credits', 'grant update (employee_name, status, expires_at) on', 'grant update on'],
    ['new members', 'insert (id, partner_id, user_id, first_name, email, status, created_at)', 'insert'],
    ['members', 'update (user_id, first_name, email, status, created_at)', 'update'],
  ].map(([what = '', find = '', replace = '']): Mutant => ({
    name: `the service role writes every column of ${what}`,
    guard: 'grant',
    ...close,
    find,
    replace,
    caughtBy: matrix,
  })),
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
    find: `execute format('revoke execute on function %s from public, anon, authenticated, service_role', v_function);`,
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
