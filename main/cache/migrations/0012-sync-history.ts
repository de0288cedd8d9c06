/** What each round of sending and pulling did, for who asks later why and when. */
export const syncHistory = `
  create table sync_history (
    round integer primary key autoincrement,
    started_by text not null,
    started_at text not null,
    ended_at text not null,
    -- Rounds in a row that were alike; see appendRound.
    repeats integer not null default 1,
    milliseconds integer not null,
    sent integer not null default 0,
    confirmed integer not null default 0,
    refused integer not null default 0,
    pulled_members integer not null default 0,
    pulled_allocations integer not null default 0,
    removed_members integer not null default 0,
    fault text
  ) strict;
`;
