/** Cache (may be dropped and pulled again), outbox and drafts (always migrated, never dropped). */
export const createConsole = `
  -- Cache ------------------------------------------------------------------------------------------------------------
  create table partner (
    only_row integer primary key check (only_row = 1),
    partner_id text not null,
    full_name text not null,
    email text not null,
    balance integer not null,
    low_balance integer not null default 0,
    as_of text not null
  ) strict;

  create table members (
    member_id text primary key,
    first_name text not null,
    -- The name as it is sorted and searched: lower case, without accents.
    name_key text not null default '',
    email text not null,
    email_key text not null unique,
    status text not null,
    user_id text,
    credits_assigned integer not null,
    available integer not null,
    used integer not null,
    next_expiry text,
    created_at text not null
  ) strict;
  create index members_by_name on members (name_key);
  create index members_by_available on members (available);
  -- Members without credits come after all others.
  create index members_by_next_expiry on members (coalesce(next_expiry, '9999'));
  create index members_by_created_at on members (created_at);
  create index members_by_status on members (status);
  -- Holds name_key and the e-mail in the same form, by the rowid of members (so never VACUUM: it may number rows anew).
  -- Keeps no text: to forget an entry it must be told it.
  create virtual table member_search using fts5 (name, email, content = '', tokenize = 'trigram', detail = none);

  create table member_credits (
    member_id text not null references members (member_id) on delete cascade,
    expires_at text not null,
    available integer not null,
    used integer not null,
    expired integer not null,
    revoked integer not null,
    primary key (member_id, expires_at)
  ) strict, without rowid;
  create index member_credits_by_expiry on member_credits (expires_at, available) where available > 0;

  create table member_sessions (
    session_id text primary key,
    member_id text not null references members (member_id) on delete cascade,
    status text not null,
    scheduled_at text
  ) strict;
  create index member_sessions_by_member on member_sessions (member_id);

  create table allocations (
    allocation_id text primary key,
    member_id text,
    email text not null,
    credits integer not null,
    expires_at text,
    source text not null,
    note text,
    actor text,
    created_at text not null
  ) strict;
  create index allocations_by_member on allocations (member_id, created_at desc);
  create index allocations_by_created_at on allocations (created_at desc);

  -- The feed's position and when it was last read to its end.
  create table pull_state (
    only_row integer primary key check (only_row = 1),
    cursor text,
    completed_at text,
    -- The instant that members.available and members.next_expiry stand for: credits past it count as expired there.
    expiry_at text not null
  ) strict;

  -- The person's own pause of all sending; survives a restart.
  create table sending (
    only_row integer primary key check (only_row = 1),
    paused integer not null default 0
  ) strict;
  insert into sending (only_row) values (1);

  -- Outbox -----------------------------------------------------------------------------------------------------------
  -- item_id is the idempotency key: minted once, when the command is queued, and sent unchanged until its receipt is here.
  create table outbox (
    item_id text primary key,
    sequence integer not null unique,
    kind text not null check (kind in ('assign_member_credits', 'upload_members')),
    payload_version integer not null,
    payload text not null,
    state text not null check (state in ('queued', 'sending', 'checking', 'held', 'refused', 'confirmed')),
    held_reason text,
    member_id text,
    draft_id text,
    -- Credits without an answer yet: of an upload, the sum over its unanswered rows.
    planned_credits integer not null check (planned_credits >= 0),
    -- The highest row of an upload that was sent without an answer so far: queued rows up to it may have taken effect.
    in_doubt_through integer,
    -- An upload that was stopped while rows were in doubt: ends as stopped once their answer is here.
    stopping integer not null default 0,
    attempts integer not null default 0,
    next_attempt_at text,
    last_error text,
    receipt text,
    refusal text,
    queued_at text not null,
    changed_at text not null,
    replaced_by text
  ) strict;
  create index outbox_open on outbox (sequence) where state not in ('confirmed');
  create index outbox_by_member on outbox (member_id) where member_id is not null and state not in ('confirmed');

  -- Drafts -----------------------------------------------------------------------------------------------------------
  create table drafts (
    draft_id text primary key,
    file_name text not null,
    stage text not null,
    encoding text,
    separator text,
    analysis text,
    mapping text,
    fingerprint text,
    item_id text,
    failure text,
    undo_position integer not null default 0,
    created_at text not null,
    changed_at text not null
  ) strict;

  -- One row of the file. cells: a JSON array of texts as read, one a column; edits: a JSON object field -> text over them.
  -- The typed columns below hold what the rules made of them and are null where a rule refused.
  create table draft_rows (
    draft_id text not null references drafts (draft_id) on delete cascade,
    row_no integer not null,
    cells text not null,
    edits text,
    email_key text,
    first_name text,
    credits integer,
    validity_days integer,
    expires_on text,
    issues text,
    severity integer not null default 0,
    skipped integer not null default 0,
    -- null before submission; then queued | confirmed | refused | waiting
    result text,
    outcome text,
    primary key (draft_id, row_no)
  ) strict, without rowid;
  create index draft_rows_by_email on draft_rows (draft_id, email_key) where email_key is not null;
  create index draft_rows_by_severity on draft_rows (draft_id, severity, skipped, row_no, credits);
  create index draft_rows_by_result on draft_rows (draft_id, result, row_no) where result is not null;

  -- Undo and redo: what each change replaced, in order.
  create table draft_changes (
    draft_id text not null references drafts (draft_id) on delete cascade,
    position integer not null,
    change text not null,
    primary key (draft_id, position)
  ) strict, without rowid;
`;
