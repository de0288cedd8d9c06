type Row = 'old' | 'new';
const stored = (row: Row): string => `json_each(iif(json_valid(${row}.issues), ${row}.issues, '[]'))`;
const codeOf = `iif(type = 'object', value ->> 'code', null)`;
/** Of issues that a fault of the disk has left no JSON of, or no code: the row is changed and deleted all the same, and counted without them. */
const found = (
  row: Row,
): string => `(select value ->> 'code' as code, value ->> 'field' as field, value ->> 'severity' as severity
        from ${stored(row)} where ${codeOf} is not null)`;

const add = `insert into draft_issues (draft_id, code, row_severity, skipped, row_no, field, severity)
      select new.draft_id, code, new.severity, new.skipped, new.row_no, min(field), max(iif(severity = 'error', 2, 1))
      from ${found('new')} group by code;`;

// Which codes such a row was counted under is not known: any of the draft's.
const remove = `delete from draft_issues
      where draft_id = old.draft_id and row_severity = old.severity and skipped = old.skipped and row_no = old.row_no
        and code in (select code from ${found('old')} union all
          select code from draft_issue_tallies where draft_id = old.draft_id
            and (not json_valid(old.issues) or exists (select 1 from ${stored('old')} where ${codeOf} is null)));`;

export const outliveDamagedIssues = `
  drop trigger draft_rows_issues_added;
  create trigger draft_rows_issues_added after insert on draft_rows when new.issues is not null begin
    ${add}
  end;
  drop trigger draft_rows_issues_changed;
  create trigger draft_rows_issues_changed after update of issues, severity, skipped on draft_rows
    when (old.issues is not null or new.issues is not null)
      and (new.issues is not old.issues or new.severity <> old.severity or new.skipped <> old.skipped) begin
    ${remove}
    ${add}
  end;
  drop trigger draft_rows_issues_removed;
  create trigger draft_rows_issues_removed after delete on draft_rows when old.issues is not null begin
    ${remove}
  end;
`;
