/** Refused rows that no draft has taken over are counted wherever uploads are listed: without reading those that one has. */
export const findUntakenRows = `
  create index draft_rows_untaken on draft_rows (draft_id) where result = 'refused' and retried_in is null;
`;
