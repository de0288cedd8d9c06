const before = `item_id, sequence, state, held_reason, member_id, draft_id, planned_credits, in_doubt_through, stopping, attempts,
  next_attempt_at, last_error, receipt, refusal, queued_at, changed_at, replaced_by, staged_through, committed`;
const standing = `${before}, sent_through`;

/**
 * Of an upload, the highest row that was sent since it was found again after a fault of the disk, if ever: once it is stopped, other rows in
 * doubt are asked for and not sent. Takes the place of a second kind of stop. Whose checksum was wrong keeps a wrong one.
 */
export const knowSentRows = `
  drop trigger outbox_guarded;
  drop trigger outbox_standing_guarded;
  alter table outbox add column sent_through integer;
  update outbox set standing_checksum = iif(standing_checksum = outbox_standing(${before}), 'whole', 'damaged');
  update outbox set sent_through = iif(stopping = 2 or (state = 'held' and held_reason = 'recovered'), null, in_doubt_through),
    stopping = min(stopping, 1);
  update outbox set standing_checksum = iif(standing_checksum = 'whole', outbox_standing(${standing}), '');
  create trigger outbox_guarded after insert on outbox begin
    update outbox set checksum = outbox_checksum(item_id, kind, payload_version, payload),
      standing_checksum = outbox_standing(${standing}) where item_id = new.item_id;
  end;
  -- What was queued never changes: its checksum is not written again, or damage would be sealed by the next change of the state.
  create trigger outbox_standing_guarded after update of ${standing} on outbox begin
    update outbox set standing_checksum = outbox_standing(${standing}) where item_id = new.item_id;
  end;
`;
