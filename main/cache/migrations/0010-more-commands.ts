/** Commands that take credits back, move their expiry, or change a member's status wait in the outbox too. */
export const moreCommands = `
  -- SQLite cannot change a check: the table is made anew with everything in it.
  create table outbox_rebuilt (
    item_id text primary key,
    sequence integer not null unique,
    kind text not null check (kind in ('assign_member_credits', 'revoke_member_credits', 'extend_member_credits',
      'set_member_status', 'upload_members')),
    payload_version integer not null,
    payload text not null,
    state text not null check (state in ('queued', 'sending', 'checking', 'held', 'refused', 'confirmed')),
    held_reason text,
    member_id text,
    draft_id text,
    -- Credits without an answer yet: of an upload, the sum over its unanswered rows; of what gives none, 0.
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
    replaced_by text,
    -- Of an upload that is sent as a whole: rows up to here are staged on the server, without any effect so far.
    staged_through integer not null default 0,
    -- The server has applied every row: what is left is to read the receipts.
    committed integer not null default 0
  ) strict;
  insert into outbox_rebuilt (item_id, sequence, kind, payload_version, payload, state, held_reason, member_id, draft_id,
      planned_credits, in_doubt_through, stopping, attempts, next_attempt_at, last_error, receipt, refusal, queued_at,
      changed_at, replaced_by, staged_through, committed)
    select item_id, sequence, kind, payload_version, payload, state, held_reason, member_id, draft_id,
      planned_credits, in_doubt_through, stopping, attempts, next_attempt_at, last_error, receipt, refusal, queued_at,
      changed_at, replaced_by, staged_through, committed
    from outbox;
  drop table outbox;
  alter table outbox_rebuilt rename to outbox;
  create index outbox_open on outbox (sequence) where state not in ('confirmed');
  -- In order, for finding out whether an earlier command on the same member is open.
  create index outbox_by_member on outbox (member_id, sequence) where member_id is not null and state not in ('confirmed');
`;
