/** What a person has said a column with this header is used for, so that the next file need not ask. */
export const rememberColumns = `
  create table remembered_columns (
    -- The header as foldHeader writes it.
    header_key text primary key,
    field text not null
  ) strict, without rowid;
`;
