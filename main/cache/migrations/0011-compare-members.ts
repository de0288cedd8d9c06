/** A first pull fills the search once at its end, everything can be compared with the server, and searching reads less. */
export const compareMembers = `
  -- Members up to this rowid are in the search; null when all are.
  alter table pull_state add column search_through integer;
  -- Counts the comparisons. While one is at work, whatever the server still has is stamped with its number.
  alter table pull_state add column comparison integer not null default 0;
  alter table pull_state add column is_comparing integer not null default 0;
  -- What the comparison at work found so far to be unlike the server.
  alter table pull_state add column mended integer not null default 0;
  alter table pull_state add column removed integer not null default 0;
  -- The server went back to a backup: receipts are to be asked for again, from this sequence of the outbox on.
  alter table pull_state add column receipts_from integer;
  -- All that a search reads of a member, so that it need not read the member; and the few whose address is to be folded first.
  create index members_by_text on members (email_key, name_key);
  create index members_beyond_ascii on members (email) where email_key glob '*[^ -~]*';
  alter table members add column seen_in integer not null default 0;
  alter table allocations add column seen_in integer not null default 0;
`;
