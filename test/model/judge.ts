import type { MemberRow } from '../../shared/contract/members.ts';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import type { SeededPartner } from './direct-server.ts';
import type { Person } from './person.ts';
import { allItems, goOver, shownMembers } from './take-step.ts';
import { type Asked, isForgiven } from './wanted.ts';

/** What has to hold after every step, whatever happened: nothing lost from the outbox, nothing planned wrongly, nobody else's data. */
export async function lookAround(person: Person): Promise<void> {
  const owner = await person.open();
  if (owner === null) return;
  const { asked, objections, partners } = person.wanted;
  const items = new Map((await allItems(person)).map((item) => [item.itemId, item]));
  const rows = await shownMembers(person, owner);
  for (const item of items.values()) {
    if (asked.get(item.itemId)?.owner !== owner.userId) objections.push(`an item of nobody here: ${item.itemId}`);
  }
  const planned = new Map<string, number>();
  let hasUploads = false;
  for (const one of asked.values()) {
    const { itemId, command } = one;
    if (one.owner !== owner.userId || one.takenBack) continue;
    const item = items.get(itemId);
    if (item === undefined && isForgiven(person.wanted, one)) continue;
    if (item === undefined) objections.push(`lost from the outbox: ${itemId} ${command.kind}`);
    else if (item.state !== 'confirmed' && item.state !== 'refused') {
      hasUploads ||= command.kind === 'upload';
      if (command.kind === 'assign')
        planned.set(command.memberId, (planned.get(command.memberId) ?? 0) + command.credits);
    }
  }
  for (const row of rows) {
    for (const [userId, { members }] of partners) {
      const isOthers =
        userId !== owner.userId && [...members.values()].some(({ memberId }) => memberId === row.memberId);
      if (isOthers) objections.push(`a member of another account is shown: ${row.email}`);
    }
    const expected = planned.get(row.memberId) ?? 0;
    if (!hasUploads && row.planned !== expected) {
      objections.push(`planned for ${row.email}: ${String(row.planned)} instead of ${String(expected)}`);
    }
  }
}

/** Everything is online again, everybody has signed in, nothing is paused: goes on until nothing waits for anything but a person. */
export async function drain(person: Person, owner: SeededPartner): Promise<void> {
  const { way } = person;
  way.set('online');
  await person.quiet();
  if ((await person.open()) !== owner) await person.signIn(owner);
  const partnerConsole = person.partnerConsole();
  if ((await partnerConsole.value('session.state', {})).status !== 'signed_in') await person.signIn(owner);
  await partnerConsole.value('sync.resume', {});
  for (let round = 0; round < 8; round += 1) {
    await person.quiet();
    await goOver(person);
    // A session that ended without anybody noticing is noticed now.
    if (!(await partnerConsole.call('sync.now', {})).ok) await person.signIn(owner);
    await person.quiet();
    const waiting = (await allItems(person)).some(({ state }) => ['queued', 'sending', 'checking'].includes(state));
    if (!waiting) break;
    await person.wait(61_000);
  }
}

interface ServerMember {
  readonly id: string;
  readonly email: string;
  readonly first_name: string;
  readonly status: string;
  readonly credits_assigned: number;
  /** Left, by days from giving to expiry. */
  readonly left: Readonly<Record<string, number>> | null;
  /** Left, by the instant of expiry. */
  readonly expiries: Readonly<Record<string, number>> | null;
  /** Of the ledger. */
  readonly entries: readonly string[] | null;
}

/** After the drain: the server is as wanted, the cache is as the server, and each item says what became of it. */
export async function judge(person: Person, owner: SeededPartner): Promise<void> {
  const { sql } = person.project;
  const { objections } = person.wanted;
  const [server] = await sql<{ balance: number; members: ServerMember[] | null }[]>`
    select u.credits as balance, (
      select jsonb_agg(jsonb_build_object('id', m.id, 'email', m.email, 'first_name', m.first_name, 'status', m.status,
        'credits_assigned', m.credits_assigned,
        'left', (select jsonb_object_agg(d.days, d.credits) from (
            select round(extract(epoch from c.expires_at - a.created_at) / 86400) as days, count(*) as credits
            from public.credit_allocations a join public.partner_credits c on c.allocation_id = a.id
            where a.member_id = m.id and c.status = 'available' group by 1) d),
        'expiries', (select jsonb_object_agg(d.at, d.credits) from (
            select floor(extract(epoch from c.expires_at) * 1000) as at, count(*) as credits
            from public.credit_allocations a join public.partner_credits c on c.allocation_id = a.id
            where a.member_id = m.id and c.status = 'available' group by 1) d),
        'entries', (select jsonb_agg(a.id order by a.id) from public.credit_allocations a where a.member_id = m.id)
      ) order by m.email)
      from public.partner_members m where m.partner_id = u.id) as members
    from public.users u where u.id = ${owner.userId}`;
  if (server === undefined) throw new Error('the partner is gone');
  const members = server.members ?? [];
  judgeServer(person, owner, server.balance, members);
  await judgeCache(person, owner, server.balance, members);
  const items = new Map((await allItems(person)).map((item) => [item.itemId, item]));
  for (const asked of person.wanted.asked.values()) {
    if (asked.owner !== owner.userId || asked.takenBack) continue;
    const item = items.get(asked.itemId);
    if (item === undefined && isForgiven(person.wanted, asked)) continue;
    if (item === undefined) objections.push(`lost: ${asked.itemId} ${asked.command.kind}`);
    else await judgeItem(person, asked, item);
  }
}

function judgeServer(person: Person, owner: SeededPartner, balance: number, members: readonly ServerMember[]): void {
  const { objections } = person.wanted;
  const wanted = person.wanted.partnerOf(owner.userId);
  if (balance < 0) objections.push(`a balance below 0: ${String(balance)}`);
  if (balance !== wanted.balance)
    objections.push(`the balance is ${String(balance)} instead of ${String(wanted.balance)}`);
  const seen = members.map((it) => ({ email: it.email, name: it.first_name, status: it.status, left: it.left ?? {} }));
  const expected = [...wanted.members.values()]
    .map((it) => ({ email: it.email, name: it.name, status: it.status, left: Object.fromEntries(it.credits) }))
    .toSorted((a, b) => a.email.localeCompare(b.email));
  compare(objections, 'the server', sorted(seen), sorted(expected));
}

const sorted = <Value extends { readonly email: string }>(list: readonly Value[]): Value[] =>
  list.toSorted((a, b) => (a.email < b.email ? -1 : 1));

async function judgeCache(
  person: Person,
  owner: SeededPartner,
  balance: number,
  members: readonly ServerMember[],
): Promise<void> {
  const { objections } = person.wanted;
  const partnerConsole = person.partnerConsole();
  const dashboard = await partnerConsole.value('dashboard.read', {});
  const { confirmed } = dashboard.balance;
  if (confirmed !== balance)
    objections.push(`the cache says a balance of ${String(confirmed)}, the server ${String(balance)}`);
  const rows = await shownMembers(person, owner);
  const ofServer = members.map((it) => ({
    memberId: it.id,
    email: it.email,
    firstName: it.first_name,
    status: it.status,
    creditsAssigned: it.credits_assigned,
    available: Object.values(it.left ?? {}).reduce((sum, count) => sum + count, 0),
  }));
  const ofCache = rows.map(({ memberId, email, firstName, status, creditsAssigned, available }: MemberRow) => ({
    memberId,
    email,
    firstName,
    status,
    creditsAssigned,
    available,
  }));
  compare(objections, 'the cache', sorted(ofCache), sorted(ofServer));
  for (const member of members) {
    if (!rows.some(({ memberId }) => memberId === member.id)) continue;
    const detail = await partnerConsole.value('members.read', { memberId: member.id });
    const expiries = detail.creditsByExpiry.filter(({ available }) => available > 0);
    compare(
      objections,
      `the expiries of ${member.email}`,
      Object.fromEntries(expiries.map(({ expiresAt, available }) => [String(Date.parse(expiresAt)), available])),
      member.expiries ?? {},
    );
    compare(
      objections,
      `the ledger of ${member.email}`,
      detail.allocations.map(({ id }) => id).toSorted(),
      member.entries ?? [],
    );
  }
}

/** What each item says, against what the server decided. */
async function judgeItem(person: Person, asked: Asked, item: OutboxItem): Promise<void> {
  const { outcomes, objections } = person.wanted;
  const outcome = outcomes.get(asked.itemId);
  const { command } = asked;
  if (command.kind !== 'upload') {
    const says = item.state === 'refused' ? item.refusal?.reason : item.state === 'confirmed' ? 'done' : item.state;
    if (says !== outcome) {
      const reason = item.heldReason ?? item.lastError ?? '';
      objections.push(
        `${command.kind} ${asked.itemId} says ${[says, reason].join(' ').trim()}, and it was ${String(outcome)}`,
      );
    }
    return;
  }
  const { rows } = await person
    .partnerConsole()
    .value('uploads.rows', { draftId: command.draftId, show: 'all', offset: 0, limit: 200 });
  const isShort = command.rows.some(
    ({ row }) => outcomes.get(`${asked.itemId}/${String(row)}`) === 'insufficient_credits',
  );
  const isLossy = person.wanted.lossy.has(asked.owner);
  const isExplained = isLossy || item.state === 'confirmed' || (item.heldReason === 'insufficient_credits' && isShort);
  if (!isExplained) objections.push(`an upload is left ${item.state} ${String(item.heldReason)}`);
  for (const { row } of command.rows) {
    const shown = rows.find((it) => it.row === row);
    const decided = outcomes.get(`${asked.itemId}/${String(row)}`);
    const says =
      shown?.state === 'confirmed' ? 'done' : shown?.state === 'refused' ? shown.outcome?.reason : shown?.state;
    const isWhole = command.mode === 'all_or_nothing';
    // Edits of rows that went with the log leave rows behind that are not what was submitted: these are never sent.
    const isCautious = isLossy && (shown?.state !== 'confirmed' || says === decided);
    const fits =
      isCautious ||
      (isWhole && outcome !== 'done'
        ? shown?.state === 'refused' || says === 'waiting'
        : says === (decided ?? 'queued'));
    if (!fits)
      objections.push(`row ${String(row)} of an upload says ${String(says)}, and it was ${String(decided ?? outcome)}`);
  }
}

function compare(objections: string[], what: string, seen: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (one !== other) objections.push(`${what}: ${one} instead of ${other}`);
}
