const itemOf = (row: string): string => `json_object('item_id', ${row}.item_id, 'kind', ${row}.kind,
  'payload_version', ${row}.payload_version, 'payload', ${row}.payload, 'member_id', ${row}.member_id,
  'draft_id', ${row}.draft_id, 'planned_credits', ${row}.planned_credits, 'queued_at', ${row}.queued_at)`;

const draftOf = (row: string): string => `json_object('draft_id', ${row}.draft_id, 'file_name', ${row}.file_name,
  'encoding', ${row}.encoding, 'separator', ${row}.separator, 'sheet', ${row}.sheet, 'clear_blank', ${row}.clear_blank,
  'analysis', ${row}.analysis, 'fingerprint', ${row}.fingerprint, 'item_id', ${row}.item_id,
  'created_at', ${row}.created_at)`;

/** How many rows of an upload have their answers, as its receipt says; 0 for any other item. */
export const answersOf = (row: string): string => `iif(${row}.kind = 'upload_members' and json_valid(${row}.receipt),
  coalesce(${row}.receipt ->> '$.confirmed', 0) + coalesce(${row}.receipt ->> '$.refused', 0), 0)`;

const backOf = (row: string): string =>
  `json_object('entry', 'item_back', 'id', ${row}.item_id, 'answers', ${answersOf(row)})`;

/**
 * Notes in the journal what happens to the outbox and the drafts, whichever statement does it. Of one connection only
 * (temporary), which has the function `journal_note(entry, lasting)`.
 */
export const journalTriggers = `
  create temp trigger journal_item after insert on main.outbox begin
    select journal_note(json_object('entry', 'item', 'item', ${itemOf('new')}), 1);
  end;
  create temp trigger journal_item_sent after update of state on main.outbox
    when new.state in ('sending', 'checking') and old.state not in ('sending', 'checking') begin
    select journal_note(json_object('entry', 'item_sent', 'id', new.item_id), 0);
  end;
  -- Whatever was on its way surely had no effect, or is kept beside its rows. Not while an answer is out, for all that it is held.
  create temp trigger journal_item_back after update of state, in_doubt_through on main.outbox
    when (old.state in ('sending', 'checking') or old.in_doubt_through is not null)
      and new.state in ('queued', 'held') and new.in_doubt_through is null
      and coalesce(new.held_reason, '') not in ('recovered', 'unreadable', 'newer_version') begin
    select journal_note(${backOf('new')}, 0);
  end;
  create temp trigger journal_item_settled after update of state on main.outbox
    when new.state in ('confirmed', 'refused') and old.state not in ('confirmed', 'refused') begin
    select journal_note(json_object('entry', 'item_ended', 'id', new.item_id), 0);
  end;
  -- Refused rows of an upload let the whole go on.
  create temp trigger journal_item_again after update of state on main.outbox
    when old.state in ('confirmed', 'refused') and new.state not in ('confirmed', 'refused') begin
    select journal_note(json_object('entry', 'item', 'item', ${itemOf('new')}), 1);
  end;
  create temp trigger journal_item_replaced after update of replaced_by on main.outbox when new.replaced_by is not null begin
    select journal_note(json_object('entry', 'item_replaced', 'id', new.item_id, 'by', new.replaced_by), 0);
  end;
  create temp trigger journal_item_removed after delete on main.outbox begin
    select journal_note(json_object('entry', 'item_ended', 'id', old.item_id), 0);
  end;
  create temp trigger journal_draft after insert on main.drafts begin
    select journal_note(json_object('entry', 'draft', 'draft', ${draftOf('new')}), 1);
  end;
  create temp trigger journal_draft_changed
    after update of encoding, separator, sheet, clear_blank, analysis, fingerprint, item_id on main.drafts begin
    select journal_note(json_object('entry', 'draft', 'draft', ${draftOf('new')}), 1);
  end;
  create temp trigger journal_draft_removed after delete on main.drafts begin
    select journal_note(json_object('entry', 'draft_ended', 'id', old.draft_id), 0);
  end;
`;

/** Everything that a journal written anew holds, one entry (JSON) a row. */
export const journalEntries = `
  select json_object('entry', 'draft', 'draft', ${draftOf('drafts')}) as entry from drafts
  union all
  select json_object('entry', 'item', 'item', ${itemOf('outbox')}) from outbox where state not in ('confirmed', 'refused')
  union all
  select ${backOf('outbox')} from outbox where state not in ('confirmed', 'refused') and ${answersOf('outbox')} > 0
  union all
  select json_object('entry', 'item_sent', 'id', item_id) from outbox
    where state in ('sending', 'checking') or (state in ('queued', 'held') and in_doubt_through is not null)
      -- A command that was found again may have been sent: no journal may say that it was not.
      or (state = 'held' and held_reason = 'recovered' and coalesce(last_error, '') not in ('taken_back', 'forgotten'))
`;
