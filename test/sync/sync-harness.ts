import type { OutboxItem } from '../../shared/contract/sync.ts';
import type { Hybrid } from '../backend/start-hybrid.ts';
import { whyNoWire } from '../backend/postgrest.ts';
import type { TestConsole } from '../builders/console.ts';

export const demo = { email: 'demo@partner-console.example', password: 'Demo-2026-credits' };
export const other = { email: 'other@partner-console.example', password: 'Other-2026-credits' };

/** Whether there is a PostgREST for this platform; without one the suites over the real wire are skipped by name. */
export const hasWire = whyNoWire() === null;

/** Signs a console in to the hybrid and waits until its first pull has ended. */
export async function signIn(
  partnerConsole: TestConsole,
  hybrid: Hybrid,
  who: { readonly email: string; readonly password: string } = demo,
): Promise<void> {
  await partnerConsole.value('session.signIn', {
    serverUrl: hybrid.url,
    publishableKey: hybrid.publishableKey,
    ...who,
  });
  await partnerConsole.until('sync.status', {}, (status) => status.lastPullAt !== null && !status.pulling);
}

/** Ids of members that may get credits, in the order of their e-mail. */
export async function activeMembers(partnerConsole: TestConsole): Promise<string[]> {
  const page = await partnerConsole.value('members.page', {
    filter: { search: '', status: 'active', credits: null },
    sort: { by: 'email', direction: 'ascending' },
    offset: 0,
    limit: 200,
  });
  return page.rows.map((row) => row.memberId);
}

/** Queues an assignment; answers its id. */
export async function assign(partnerConsole: TestConsole, memberId: string, credits: number): Promise<string> {
  const queued = await partnerConsole.value('allocation.assign', { memberId, credits, validityDays: 30, note: null });
  return queued.itemId;
}

/** The whole way of a file: sent in pieces, recognised, read and submitted. Answers the draft's id. */
export async function submitUpload(
  partnerConsole: TestConsole,
  csv: string,
  mode: 'valid_only' | 'all_or_nothing' = 'valid_only',
  clearBlank: 'first_name'[] = [],
): Promise<string> {
  const bytes = new TextEncoder().encode(csv);
  const { draftId } = await partnerConsole.value('uploads.begin', { fileName: 'people.csv', size: bytes.length });
  for (let start = 0; start < bytes.length; start += 1_048_576) {
    await partnerConsole.value('uploads.append', { draftId, bytes: bytes.subarray(start, start + 1_048_576) });
  }
  const { analysis } = await partnerConsole.value('uploads.analyse', { draftId, options: null });
  if (analysis === null) throw new Error('the file was not recognised');
  const { encoding, separator, sheet, mapping } = analysis;
  await partnerConsole.value('uploads.importRows', {
    draftId,
    options: { encoding, separator, sheet },
    mapping,
    clearBlank,
  });
  await partnerConsole.value('uploads.submit', { draftId, mode });
  return draftId;
}

/** A file of `rows` new members with `credits` each. */
export function csvOfPeople(rows: number, credits: number, prefix = 'person'): string {
  const lines = Array.from(
    { length: rows },
    (_, row) => `${prefix}${row + 1}@upload.example,Person ${row + 1},${credits}`,
  );
  return ['Email,First name,Credits', ...lines].join('\n');
}

/** The item, once its state is one of these. */
export async function itemIn(
  partnerConsole: TestConsole,
  itemId: string,
  ...states: readonly OutboxItem['state'][]
): Promise<OutboxItem> {
  const isSo = (list: { items: OutboxItem[] }): boolean =>
    list.items.some((item) => item.itemId === itemId && states.includes(item.state));
  const { items } = await partnerConsole.until('sync.items', { show: 'all', offset: 0, limit: 200 }, isSo);
  const found = items.find((item) => item.itemId === itemId);
  if (found === undefined) throw new Error('the item is gone');
  return found;
}

export interface ServerState {
  readonly balance: number;
  readonly allocations: number;
  readonly members: number;
  /** Places where balance, ledger, credits and members' sums disagree. */
  readonly violations: unknown[];
}

/** What Postgres says about a partner. */
export async function serverState(hybrid: Hybrid, email = demo.email): Promise<ServerState> {
  const [row] = await hybrid.sql<ServerState[]>`
    select u.credits as balance,
      (select count(*)::int from public.credit_allocations a where a.partner_id = u.id) as allocations,
      (select count(*)::int from public.partner_members m where m.partner_id = u.id) as members,
      public.partner_invariants() -> 'violations' as violations
    from public.users u where u.email = ${email}`;
  if (row === undefined) throw new Error('no such partner');
  return row;
}
