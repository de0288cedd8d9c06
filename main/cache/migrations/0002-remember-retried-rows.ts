/** A row without an effect is in one draft at a time: two drafts of the same row could both be sent. */
export const rememberRetriedRows = `
  -- The draft that this row was taken over into, to be corrected and sent from there.
  alter table draft_rows add column retried_in text;
  create index draft_rows_by_retry on draft_rows (retried_in) where retried_in is not null;
`;
