import type { OutboxItem } from '../../shared/contract/sync.ts';
import type { Hybrid } from '../backend/start-hybrid.ts';
import { demoPartner } from '../database/act-as.ts';
import { serverState } from '../sync/sync-harness.ts';
import type { KillableCore } from './killable-core.ts';
import type { Wanted } from './run-chaos.ts';

/** Everything in which the outcome differs from what was wanted; empty when all is well. */
export async function judge(hybrid: Hybrid, core: KillableCore, wanted: Wanted): Promise<string[]> {
  const wrong: string[] = [];
  const refused = await refusedNotes(core);
  wrong.push(...(await judgeLedger(hybrid, wanted, refused)));
  wrong.push(...(await judgeUploads(hybrid, wanted)));
  const { violations, balance } = await serverState(hybrid);
  if (violations.length > 0) wrong.push(`invariants: ${JSON.stringify(violations)}`);
  const shown = (await core.value('dashboard.read', {})).balance;
  if (shown.confirmed !== balance || shown.planned !== 0)
    wrong.push(`balance ${JSON.stringify(shown)}, not ${balance}`);
  wrong.push(...(await judgeCache(hybrid, core)));
  return wrong;
}

/** Assignments and revocations by their note, which is in the ledger. */
async function judgeLedger(hybrid: Hybrid, wanted: Wanted, refused: ReadonlySet<string>): Promise<string[]> {
  const rows = await hybrid.sql<{ kind: string; reason: string; entries: number; credits: number; members: number }[]>`
    select kind, reason, count(*)::int as entries, sum(credits)::int as credits, count(distinct member_id)::int as members
    from public.credit_allocations where partner_id = ${demoPartner} and reason like 'chaos %' group by kind, reason`;
  const given = new Map(rows.filter((row) => row.kind === 'allocation').map((row) => [row.reason, row]));
  const taken = new Map(rows.filter((row) => row.kind === 'revocation').map((row) => [row.reason, row]));
  const wrong: string[] = [];
  const compare = (
    note: string,
    found: { readonly entries: number; readonly credits: number } | undefined,
    expected: { readonly entries: number; readonly credits: number; readonly isAcknowledged: boolean },
  ): void => {
    if (found === undefined) {
      if (expected.isAcknowledged && !refused.has(note)) wrong.push(`lost: ${note}`);
    } else if (found.entries !== expected.entries || found.credits !== expected.credits) {
      wrong.push(
        `${note}: ${found.entries} entries of ${found.credits} credits, not ${expected.entries} of ${expected.credits}`,
      );
    }
  };
  for (const [note, it] of wanted.assignments) compare(note, given.get(note), { ...it, entries: 1 });
  for (const [note, it] of wanted.toMany) {
    const entries = it.members.length;
    compare(note, given.get(note), { entries, credits: entries * it.credits, isAcknowledged: it.isAcknowledged });
  }
  for (const [note, it] of wanted.revocations) compare(note, taken.get(note), { ...it, entries: 1 });
  for (const note of given.keys()) {
    if (!wanted.assignments.has(note) && !wanted.toMany.has(note)) wrong.push(`never asked for: ${note}`);
  }
  for (const note of taken.keys()) if (!wanted.revocations.has(note)) wrong.push(`never asked for: ${note}`);
  return wrong;
}

/** Each row of a file is one new member with one allocation. */
async function judgeUploads(hybrid: Hybrid, wanted: Wanted): Promise<string[]> {
  const rows = await hybrid.sql<{ prefix: string; emails: number; entries: number; credits: number }[]>`
    select substring(employee_email from '^(chaos[0-9]+u)') as prefix, count(distinct employee_email)::int as emails,
      count(*)::int as entries, sum(credits)::int as credits
    from public.credit_allocations where partner_id = ${demoPartner} and employee_email ~ '^chaos[0-9]+u' group by 1`;
  const found = new Map(rows.map((row) => [row.prefix, row]));
  const wrong: string[] = [];
  for (const [prefix, it] of wanted.uploads) {
    const row = found.get(prefix);
    if (row === undefined) {
      if (it.isAcknowledged) wrong.push(`lost: upload ${prefix}`);
    } else if (row.emails !== it.rows || row.entries !== it.rows || row.credits !== it.rows * it.credits) {
      wrong.push(`upload ${prefix}: ${JSON.stringify(row)}, not ${JSON.stringify(it)}`);
    }
  }
  for (const prefix of found.keys()) if (!wanted.uploads.has(prefix)) wrong.push(`never asked for: upload ${prefix}`);
  return wrong;
}

/** Every member as the console shows it, against Postgres. */
async function judgeCache(hybrid: Hybrid, core: KillableCore): Promise<string[]> {
  const server = await hybrid.sql<{ id: string; email: string; status: string; assigned: number; available: number }[]>`
    select m.id, m.email, m.status, m.credits_assigned as assigned,
      (select count(*)::int from public.partner_credits c join public.credit_allocations a on a.id = c.allocation_id
        where a.member_id = m.id and c.status = 'available' and c.expires_at > now()) as available
    from public.partner_members m where m.partner_id = ${demoPartner}`;
  const left = new Map(server.map((member) => [member.id, member]));
  const wrong: string[] = [];
  for (let offset = 0; ; offset += 200) {
    const page = await core.value('members.page', {
      filter: { search: '', status: null, credits: null },
      sort: { by: 'email', direction: 'ascending' },
      offset,
      limit: 200,
    });
    for (const row of page.rows) {
      const member = left.get(row.memberId);
      left.delete(row.memberId);
      if (member === undefined) wrong.push(`the cache has ${row.memberId}, Postgres not`);
      else if (row.available !== member.available || row.status !== member.status || row.planned !== 0) {
        wrong.push(`the cache shows ${JSON.stringify(row)}, Postgres ${JSON.stringify(member)}`);
      }
    }
    if (page.rows.length === 0) break;
  }
  if (left.size > 0) wrong.push(`${left.size} members are missing in the cache`);
  return wrong;
}

/** Notes of what the server refused, and of nothing else: everything in the outbox is confirmed or refused. */
async function refusedNotes(core: KillableCore): Promise<ReadonlySet<string>> {
  const notes = new Set<string>();
  for (let offset = 0; ; offset += 200) {
    const { items } = await core.value('sync.items', { show: 'attention', offset, limit: 200 });
    for (const item of items) if (item.state === 'refused') notes.add(noteOf(item));
    if (items.length === 0) return notes;
  }
}

function noteOf({ command }: OutboxItem): string {
  if ('note' in command) return command.note ?? '';
  return 'reason' in command ? (command.reason ?? '') : '';
}
