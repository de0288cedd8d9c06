/** Which sheet of a workbook a draft was read from, and in which columns a blank cell clears the member's value. */
export const chooseSheet = `
  alter table drafts add column sheet text;
  -- JSON: the fields of those columns.
  alter table drafts add column clear_blank text not null default '[]';
`;
