/** Revocations and extensions of expiry are rows of the ledger too: an extension's credits are none that were given. */
export const tellKindsApart = `
  alter table allocations add column kind text not null default 'allocation'
    check (kind in ('allocation', 'revocation', 'extension'));
  update allocations set kind = 'revocation' where credits < 0;
  -- The feed brought no extensions before, and has gone past them: it is read from its beginning once more.
  update pull_state set cursor = null;
`;
