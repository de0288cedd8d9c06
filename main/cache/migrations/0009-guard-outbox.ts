/**
 * Each item carries two checksums: of what was queued (set once) and of where it stands (set with every change). Triggers write
 * them, so that no statement can forget to. `outbox_checksum` and `outbox_standing` are functions of every connection.
 */
const standing = `item_id, sequence, state, held_reason, member_id, draft_id, planned_credits, in_doubt_through, stopping, attempts,
  next_attempt_at, last_error, receipt, refusal, queued_at, changed_at, replaced_by, staged_through, committed`;

const setBoth = `update outbox set checksum = outbox_checksum(item_id, kind, payload_version, payload),
  standing_checksum = outbox_standing(${standing})`;

export const guardOutbox = `
  alter table outbox add column checksum text not null default '';
  alter table outbox add column standing_checksum text not null default '';
  ${setBoth};
  create trigger outbox_guarded after insert on outbox begin
    ${setBoth} where item_id = new.item_id;
  end;
  -- What was queued never changes: its checksum is not written again, or damage would be sealed by the next change of the state.
  create trigger outbox_standing_guarded after update of ${standing} on outbox begin
    update outbox set standing_checksum = outbox_standing(${standing}) where item_id = new.item_id;
  end;

  -- Each time that a damaged database was set aside and made anew; shown until somebody has read it.
  create table cache_recovered (
    recovery integer primary key autoincrement,
    happened_at text not null,
    reason text not null,
    items integer not null,
    drafts integer not null,
    lost integer not null,
    set_aside text not null,
    seen integer not null default 0
  ) strict;
`;
