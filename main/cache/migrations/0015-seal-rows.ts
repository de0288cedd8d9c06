/**
 * A checksum of what is sent of a row, written when it is submitted, as the items of the outbox have one; null before. `row_seal` is a function
 * of every connection.
 */
export const sealRows = `
  alter table draft_rows add column seal text;
  update draft_rows set seal = row_seal('', draft_id, row_no, email_key, first_name, credits, validity_days, expires_on)
    where result is not null;
`;
