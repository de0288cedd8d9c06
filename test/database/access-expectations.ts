/** The database roles of the API. */
export const databaseRoles = ['anon', 'authenticated', 'service_role'] as const;
export type DatabaseRole = (typeof databaseRoles)[number];

/**
 * Rights in the letters of Postgres: r select, a insert, w update, d delete, D truncate, x references, t trigger,
 * m maintain (Postgres 17 and later). Those of a relation hold for each of its columns, too.
 */
export type Rights = Readonly<Record<DatabaseRole, string>>;

/** Ours: written by our functions alone. A partner reads its own rows through row level security. */
const ours: Rights = { anon: '', authenticated: 'r', service_role: 'r' };
/** Those of the existing system, which writes them with the service role. */
const existing: Rights = { anon: '', authenticated: 'r', service_role: 'rawd' };

export interface ExpectedRelation {
  readonly rights: Rights;
  /** The condition under which a row is the partner's own; $1 is the partner. */
  readonly own: string;
  /** Every column, in their order. */
  readonly columns: string;
  /** What the service role may do with single columns beyond its rights on the relation: letter by letter, names of columns. */
  readonly serviceColumns?: Readonly<Record<string, string>>;
}

/** The rights on one column. */
export function rightsOnColumn({ rights, serviceColumns = {} }: ExpectedRelation, column: string): Rights {
  const more = Object.entries(serviceColumns).flatMap(([letter, columns]) =>
    columns.split(' ').includes(column) ? [letter] : [],
  );
  return { ...rights, service_role: rights.service_role + more.join('') };
}

/** Every relation of our schemas that can hold or show rows: table, view, materialized view, foreign table, partition. */
export const expectedRelations: Readonly<Record<string, ExpectedRelation>> = {
  'public.users': { rights: existing, own: 'id = $1', columns: 'id email full_name role credits created_at' },
  // What follows the ledger, the functions alone write: the sum of a member, and everything of a credit but its use.
  'public.partner_members': {
    rights: { ...existing, service_role: 'rd' },
    own: 'partner_id = $1',
    columns: 'id partner_id user_id first_name email status credits_assigned created_at change_txid',
    serviceColumns: {
      a: 'id partner_id user_id first_name email status created_at',
      w: 'user_id first_name email status created_at',
    },
  },
  'public.partner_credits': {
    rights: ours,
    own: 'partner_id = $1',
    columns: 'id partner_id employee_email employee_name status created_at expires_at allocation_id',
    serviceColumns: { w: 'employee_name status expires_at' },
  },
  'public.sessions': {
    rights: existing,
    own: 'user_id in (select user_id from public.partner_members where partner_id = $1)',
    columns: 'id user_id status scheduled_at created_at',
  },
  'public.credit_allocations': {
    rights: ours,
    own: 'partner_id = $1',
    columns:
      'id partner_id kind member_id employee_email credits expires_at source upload_id upload_row corrects reason actor ' +
      'created_at balance_before balance_after change_txid holder_email',
  },
  'public.command_receipts': {
    rights: ours,
    own: 'partner_id = $1',
    columns: 'partner_id id command request_digest response created_at actor',
  },
  'public.member_uploads': {
    rights: ours,
    own: 'partner_id = $1',
    columns: 'partner_id id file_name created_at staged_rows actor',
  },
  'public.member_upload_answers': {
    rights: ours,
    own: 'partner_id = $1',
    columns: 'partner_id upload_id request_digest rows created_at',
  },
  'public.member_upload_rows': {
    rights: ours,
    own: 'partner_id = $1',
    columns:
      'partner_id upload_id row_no request_digest outcome reason field shortfall member_id allocation_id credits expires_at ' +
      'credits_assigned created_at',
  },
  'public.staged_upload_rows': {
    rights: ours,
    own: 'partner_id = $1',
    columns:
      'partner_id upload_id row_no request_digest email first_name credits validity_days expires_at reason field staged_at',
  },
  'public.removed_members': {
    rights: ours,
    own: 'partner_id = $1',
    columns: 'partner_id member_id removed_at change_txid',
  },
};

/** Every schema but the system's own. U usage, C create. Those of the platform are named only: they are not ours to judge. */
export const expectedSchemas: Readonly<Record<string, Rights | 'platform'>> = {
  auth: 'platform',
  extensions: 'platform',
  supabase_migrations: 'platform',
  public: { anon: 'U', authenticated: 'U', service_role: 'U' },
  // Usage because the wrappers of schema public run as their caller.
  partner_private: { anon: '', authenticated: 'U', service_role: 'U' },
};

/** Types of our schemas that are not a table's row or an array. */
export const expectedTypes: readonly string[] = ['partner_private.planned_row', 'partner_private.sent_command'];

/** No identifier is counted up: ids are random, so that they tell nothing. */
export const expectedSequences: readonly string[] = [];

/** What someone signed in gets from a function who is not a partner, or whose token names nobody. */
type Refusal = 'PT401' | 'PT403' | 'false';

export interface ExpectedFunction {
  readonly by: readonly DatabaseRole[];
  readonly memberGets: Refusal;
  readonly nobodySignedInGets: Refusal;
}

const forPartners: ExpectedFunction = { by: ['authenticated'], memberGets: 'PT403', nobodySignedInGets: 'PT401' };
const forPartnersAndService: ExpectedFunction = { ...forPartners, by: ['authenticated', 'service_role'] };

/** The API: each stands in schema public, running as its caller, and in partner_private as the body that runs as its owner. */
const exposed: Readonly<Record<string, ExpectedFunction>> = {
  'allocate_partner_credit(uuid,text,text,integer,integer)': {
    // The existing contract knows no errors: false for whomever it is not for.
    ...forPartnersAndService,
    memberGets: 'false',
    nobodySignedInGets: 'false',
  },
  'assign_credits_to_members(uuid,uuid[],integer,integer,text)': forPartners,
  'assign_member_credits(uuid,uuid,integer,integer,text)': forPartners,
  'command_outcomes(uuid[])': forPartners,
  'commit_member_upload(uuid)': forPartners,
  'extend_member_credits(uuid,uuid,integer)': forPartners,
  'list_member_uploads(timestamp with time zone,integer,uuid)': forPartners,
  'partner_bucket_entries(integer,integer[],integer[],uuid,uuid,integer)': forPartners,
  'partner_changes(text,integer)': forPartners,
  'partner_dashboard()': forPartners,
  'partner_digests(integer,integer,integer)': forPartners,
  'partner_invariants(uuid)': forPartnersAndService,
  'revoke_member_credits(uuid,uuid,integer,text)': forPartners,
  'send_assignments(jsonb)': forPartners,
  'set_member_status(uuid,uuid,text)': forPartners,
  'stage_member_upload(uuid,text,jsonb)': forPartners,
  'undo_member_upload(uuid,uuid,text)': forPartners,
  'update_member(uuid,uuid,text,text)': forPartners,
  'upload_members(uuid,text,jsonb)': forPartners,
  'upload_outcomes(uuid,integer,integer)': forPartners,
};

/** Parts of the bodies, and triggers: nobody but their owner executes them. */
const closed: readonly string[] = [
  'acting_partner()',
  'actor_name()',
  'apply_assignments(uuid,integer,partner_private.sent_command[])',
  'apply_upload(uuid,uuid,integer,partner_private.planned_row[])',
  'bring_credit_to_holder()',
  'bury_members()',
  'calendar_date(text)',
  'check_buckets(integer)',
  'check_command_count(bigint)',
  'check_credits(bigint)',
  'check_member_list(uuid[],integer)',
  'check_sent_commands(jsonb)',
  'check_text(text,text)',
  'check_upload_rows(uuid,jsonb)',
  'clear_stagings(timestamp with time zone,integer)',
  'credits_of_upload(uuid,uuid)',
  'decide_assignments(uuid,integer,partner_private.sent_command[])',
  'digest(jsonb)',
  'exclusive_balance(uuid)',
  'feed_allocations(uuid[])',
  'feed_members(uuid[])',
  'follow_member_email()',
  'give_credits(uuid,integer,uuid,text,text,integer,timestamp with time zone,text,text)',
  'give_credits_to_members(uuid,integer,uuid[],integer,timestamp with time zone,text)',
  'is_email(text)',
  'is_integer_or_null(jsonb)',
  'is_low_balance(uuid,integer)',
  'is_trusted_caller()',
  'keep_ledger()',
  'keep_member_in_place()',
  'keep_revoked()',
  'link_allocations(uuid[],integer)',
  'link_corrections(uuid[])',
  'link_member_allocations()',
  'link_stray_allocations(uuid[],integer)',
  'lock_member_to_rename(uuid,uuid)',
  'lock_partner(uuid)',
  'lock_upload_members(uuid,partner_private.planned_row[])',
  'locked_balance(uuid)',
  'maintain(integer)',
  'mark_expired_credits(uuid[],integer)',
  'most_buckets()',
  'most_credits()',
  'most_listed_uploads()',
  'most_members()',
  'most_sent_commands()',
  'most_staged_rows()',
  'most_upload_bytes()',
  'most_upload_rows()',
  'most_validity_days()',
  'move_balance(uuid,integer)',
  'move_expiry(uuid,integer,uuid,uuid[],integer)',
  'normalise_member_email()',
  'partners_to_maintain(integer)',
  'plan_upload(uuid,integer,partner_private.planned_row[])',
  'read_sent_commands(jsonb)',
  'read_upload_rows(jsonb)',
  'record_answer(uuid,uuid,text,jsonb,jsonb)',
  'record_balance_change()',
  'recorded_answer(uuid,uuid,text,jsonb)',
  'stamp_change()',
  'stamp_restored_rows(uuid[],integer)',
  'take_credits_back(uuid,integer,uuid,uuid[],text)',
  'take_upload_back(uuid,integer,uuid[],text)',
  'touch_members(uuid[])',
  'touch_members_of_credits()',
  'touch_members_of_sessions()',
  'unspent_credits(uuid,uuid)',
  'upload_row_numbers(jsonb)',
  'wait_in_line(uuid)',
];

/** Every function and procedure of our schemas; `closed` is executable by none of the API's roles. */
export const expectedFunctions: ReadonlyMap<string, ExpectedFunction | 'closed'> = new Map<
  string,
  ExpectedFunction | 'closed'
>([
  ...Object.entries(exposed).flatMap(([name, expected]): [string, ExpectedFunction][] => [
    [`public.${name}`, expected],
    [`partner_private.${name}`, expected],
  ]),
  ...closed.map((name): [string, 'closed'] => [`partner_private.${name}`, 'closed']),
]);
