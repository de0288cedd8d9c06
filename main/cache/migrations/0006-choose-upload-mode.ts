/** Whether a draft was sent row by row or as a whole, and how far an upload is that is sent as a whole. */
export const chooseUploadMode = `
  alter table drafts add column mode text check (mode in ('valid_only', 'all_or_nothing'));
  -- What was submitted before there was a choice.
  update drafts set mode = 'valid_only' where item_id is not null;
  -- Rows up to here are staged on the server, without any effect so far.
  alter table outbox add column staged_through integer not null default 0;
  -- The server has applied every row: what is left is to read the receipts.
  alter table outbox add column committed integer not null default 0;
`;
