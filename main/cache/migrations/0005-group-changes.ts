/**
 * Lists of rows by rule, figures of a draft and places in its lists without reading all rows, and changes over any number of
 * rows as one step that a crash cannot leave half done.
 */
export const groupChanges = `
  -- Which rows break which rule: what draft_rows.issues says, by rule. Kept by triggers; a row without issues costs nothing.
  create table draft_issues (
    draft_id text not null,
    code text not null,
    -- Severity and skipped of the whole row, so that each list by rule is one range in file order.
    row_severity integer not null,
    skipped integer not null,
    row_no integer not null,
    field text,
    -- 2 error, 1 warning.
    severity integer not null,
    primary key (draft_id, code, row_severity, skipped, row_no)
  ) strict, without rowid;

  create table draft_issue_tallies (
    draft_id text not null references drafts (draft_id) on delete cascade,
    code text not null,
    row_severity integer not null,
    skipped integer not null,
    field text not null,
    severity integer not null,
    -- 2,048 row numbers each.
    block integer not null,
    rows integer not null,
    primary key (draft_id, code, row_severity, skipped, field, severity, block)
  ) strict, without rowid;

  create trigger draft_issues_added after insert on draft_issues begin
    insert into draft_issue_tallies (draft_id, code, row_severity, skipped, field, severity, block, rows)
      values (new.draft_id, new.code, new.row_severity, new.skipped, coalesce(new.field, ''), new.severity, new.row_no / 2048, 1)
      on conflict (draft_id, code, row_severity, skipped, field, severity, block) do update set rows = rows + 1;
  end;
  create trigger draft_issues_removed after delete on draft_issues begin
    update draft_issue_tallies set rows = rows - 1
      where draft_id = old.draft_id and code = old.code and row_severity = old.row_severity and skipped = old.skipped
        and field = coalesce(old.field, '') and severity = old.severity and block = old.row_no / 2048;
  end;

  create trigger draft_rows_issues_added after insert on draft_rows when new.issues is not null begin
    insert into draft_issues (draft_id, code, row_severity, skipped, row_no, field, severity)
      select new.draft_id, value ->> 'code', new.severity, new.skipped, new.row_no, min(value ->> 'field'),
        max(iif(value ->> 'severity' = 'error', 2, 1))
      from json_each(new.issues) group by value ->> 'code';
  end;
  create trigger draft_rows_issues_changed after update of issues, severity, skipped on draft_rows
    when (old.issues is not null or new.issues is not null)
      and (new.issues is not old.issues or new.severity <> old.severity or new.skipped <> old.skipped) begin
    delete from draft_issues
      where draft_id = old.draft_id and code in (select value ->> 'code' from json_each(old.issues))
        and row_severity = old.severity and skipped = old.skipped and row_no = old.row_no;
    insert into draft_issues (draft_id, code, row_severity, skipped, row_no, field, severity)
      select new.draft_id, value ->> 'code', new.severity, new.skipped, new.row_no, min(value ->> 'field'),
        max(iif(value ->> 'severity' = 'error', 2, 1))
      from json_each(new.issues) group by value ->> 'code';
  end;
  create trigger draft_rows_issues_removed after delete on draft_rows when old.issues is not null begin
    delete from draft_issues
      where draft_id = old.draft_id and code in (select value ->> 'code' from json_each(old.issues))
        and row_severity = old.severity and skipped = old.skipped and row_no = old.row_no;
  end;

  insert into draft_issues (draft_id, code, row_severity, skipped, row_no, field, severity)
    select draft_id, value ->> 'code', draft_rows.severity, skipped, row_no, min(value ->> 'field'),
      max(iif(value ->> 'severity' = 'error', 2, 1))
    from draft_rows, json_each(draft_rows.issues) where issues is not null
    group by draft_id, row_no, value ->> 'code';

  -- Rows of a draft counted by block. Written once when all rows are there, kept by the trigger from then on; a draft without
  -- any is being read, and its rows have to be counted themselves.
  create table draft_tallies (
    draft_id text not null references drafts (draft_id) on delete cascade,
    severity integer not null,
    skipped integer not null,
    -- '' before submission.
    result text not null,
    block integer not null,
    rows integer not null,
    credits integer not null,
    primary key (draft_id, severity, skipped, result, block)
  ) strict, without rowid;
  insert into draft_tallies (draft_id, severity, skipped, result, block, rows, credits)
    select draft_id, severity, skipped, coalesce(result, ''), row_no / 2048, count(*), coalesce(sum(credits), 0)
    from draft_rows join drafts using (draft_id) where stage not in ('receiving', 'columns') group by 1, 2, 3, 4, 5;

  create trigger draft_rows_tallied after update of severity, skipped, result, credits on draft_rows
    when (new.severity <> old.severity or new.skipped <> old.skipped or new.result is not old.result
        or new.credits is not old.credits)
      and exists (select 1 from draft_tallies where draft_id = new.draft_id) begin
    update draft_tallies set rows = rows - 1, credits = credits - coalesce(old.credits, 0)
      where draft_id = old.draft_id and severity = old.severity and skipped = old.skipped
        and result = coalesce(old.result, '') and block = old.row_no / 2048;
    insert into draft_tallies (draft_id, severity, skipped, result, block, rows, credits)
      values (new.draft_id, new.severity, new.skipped, coalesce(new.result, ''), new.row_no / 2048, 1, coalesce(new.credits, 0))
      on conflict (draft_id, severity, skipped, result, block)
        do update set rows = rows + 1, credits = credits + excluded.credits;
  end;

  -- A change over many rows. While work is set it is going on, in slices: a crash leaves it so, and the next start goes on.
  create table draft_steps (
    step_id integer primary key autoincrement,
    draft_id text not null,
    -- JSON: what was asked for.
    what text not null,
    -- How many rows it has changed: as many as it has draft_step_rows.
    rows integer not null default 0,
    work text check (work in ('make', 'undo', 'redo')),
    -- Cancelled: the work goes back over what it has done.
    taking_back integer not null default 0,
    -- rows: changing rows; emails: then the duplicates of the e-mails that came and went.
    phase text not null default 'rows' check (phase in ('rows', 'emails')),
    -- Up to this row number everything is as the work wants it.
    done_through integer not null default 0,
    done integer not null default 0,
    total integer not null default 0,
    -- Can neither be undone nor made again: what is left of it is being deleted.
    forgotten integer not null default 0
  ) strict;
  create index draft_steps_by_draft on draft_steps (draft_id);
  create index draft_steps_at_work on draft_steps (step_id) where work is not null or forgotten = 1;

  -- What a step changed in a row: its edits before and after (JSON, null: none). Both null where rows were skipped or taken in.
  create table draft_step_rows (
    step_id integer not null,
    row_no integer not null,
    before text,
    after text,
    primary key (step_id, row_no)
  ) strict, without rowid;

  create table draft_step_emails (
    step_id integer not null,
    email_key text not null,
    -- Up to this row number the rows with this e-mail have been compared.
    done_through integer not null default 0,
    primary key (step_id, email_key)
  ) strict, without rowid;

  create trigger draft_changes_forgotten after delete on draft_changes when old.change ->> 'kind' = 'step' begin
    update draft_steps set forgotten = 1 where step_id = old.change ->> 'step';
  end;
  create trigger drafts_steps_forgotten after delete on drafts begin
    update draft_steps set forgotten = 1, work = null where draft_id = old.draft_id;
  end;

  -- Skips of many rows stood as one list of numbers in one value.
  insert into draft_steps (draft_id, what, rows, total)
    select draft_id, json_object('kind', 'skip_rows', 'skipped', json(iif(change ->> 'skipped', 'true', 'false')), 'position', position),
      json_array_length(change, '$.rows'), json_array_length(change, '$.rows')
    from draft_changes where change ->> 'kind' = 'skip';
  insert into draft_step_rows (step_id, row_no)
    select distinct step_id, value from draft_steps
    join draft_changes on draft_changes.draft_id = draft_steps.draft_id and position = what ->> 'position',
      json_each(change, '$.rows');
  update draft_changes set change = json_object('kind', 'step', 'step', step_id)
    from draft_steps where draft_steps.draft_id = draft_changes.draft_id and draft_changes.position = what ->> 'position';
  update draft_steps set what = json_remove(what, '$.position');
`;
