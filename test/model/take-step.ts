import { randomUUID } from 'node:crypto';
import type { MemberRow } from '../../shared/contract/members.ts';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import { callFunction, partner } from '../database/act-as.ts';
import type { SeededPartner } from './direct-server.ts';
import type { Person } from './person.ts';
import type { Here, OfComputer, OnDraft, OnItem, OnMember, OnSync, Step } from './steps.ts';
import { type Asked, type Command, type Row, takeStray } from './wanted.ts';

const everything = { show: 'all', offset: 0, limit: 200 } as const;

/** All items of the open account. */
export async function allItems(person: Person): Promise<OutboxItem[]> {
  return (await person.partnerConsole().value('sync.items', everything)).items;
}

/** The members as the console shows them, by e-mail; ids of those that an upload has added become known by it. */
export async function shownMembers(person: Person, owner: SeededPartner): Promise<MemberRow[]> {
  const { rows } = await person.partnerConsole().value('members.page', {
    filter: { search: '', status: null, credits: null },
    sort: { by: 'email', direction: 'ascending' },
    offset: 0,
    limit: 200,
  });
  const { members, gone } = person.wanted.partnerOf(owner.userId);
  for (const row of rows) {
    const known = members.get(row.email);
    if (known?.memberId === null && !gone.has(row.memberId)) known.memberId = row.memberId;
  }
  return rows;
}

/** Does what a step says, as far as it can be done now, and waits until nothing more follows from it. */
export async function takeStep(person: Person, step: Step, draftIds: readonly string[]): Promise<void> {
  const owner = await person.open();
  const { way } = person;
  if (isOfComputer(step)) {
    await useComputer(person, step);
    return goOver(person);
  }
  if (step.do === 'way') {
    // A console that nobody is signed in to has no session that could end.
    if (step.is !== 'expired' || owner !== null) way.set(step.is);
  } else if (step.do === 'elsewhere') await actElsewhere(person, step);
  else if (owner !== null) await actHere(person, owner, step, draftIds);
  await person.quiet();
  return goOver(person);
}

/** Of what was found again after the end of a log was lost, the person lets go on what they still want. */
export async function goOver(person: Person): Promise<void> {
  const owner = await person.open();
  if (owner === null || !person.wanted.lossy.has(owner.userId)) return;
  for (const { itemId, state, heldReason } of await allItems(person)) {
    const known = person.wanted.asked.get(itemId);
    if (state !== 'held' || heldReason !== 'recovered' || known === undefined) continue;
    await person.partnerConsole().call(known.takenBack ? 'sync.discard' : 'sync.retry', { itemId });
  }
  await person.quiet();
}

function isOfComputer(step: Step): step is OfComputer {
  return ['crash', 'restart', 'wait', 'sign_in', 'sign_out', 'switch_account'].includes(step.do);
}

function useComputer(person: Person, step: OfComputer): Promise<void> {
  switch (step.do) {
    case 'crash':
      return person.crash();
    case 'restart':
      return person.restart();
    case 'wait':
      return person.wait(step.seconds * 1000);
    case 'sign_in':
      return person.signIn(person.latest());
    case 'sign_out':
      return person.signOut(step.clearCache);
    case 'switch_account':
      return person.signIn(person.partners.find((it) => it !== person.latest()) ?? person.latest());
  }
}

/** What the person does in the open account. */
async function actHere(person: Person, owner: SeededPartner, step: Here, draftIds: readonly string[]): Promise<void> {
  const partnerConsole = person.partnerConsole();
  if (step.do === 'pull' || step.do === 'compare' || step.do === 'pause' || step.do === 'resume') {
    await useSync(person, step);
    return;
  }
  if (step.do === 'edit_item' || step.do === 'retry_item' || step.do === 'discard_item') {
    await decideOnItem(person, owner, step);
    return;
  }
  if (step.do === 'edit_row' || step.do === 'skip_row' || step.do === 'upload') {
    await workOnDraft(person, owner, step, draftIds[step.draft] ?? '');
    return;
  }
  const rows = await shownMembers(person, owner);
  if (rows.length === 0) return;
  await queue(person, owner, async () => {
    if (step.do === 'assign_many') {
      const chosen = rows.filter((_, place) => place % 2 === step.from % 2 || step.from > 4);
      if (chosen.length === 0) return [];
      const memberIds = chosen.map(({ memberId }) => memberId);
      const answer = await partnerConsole.call('allocation.assignMany', {
        members: { by: 'ids', memberIds },
        credits: step.credits,
        validityDays: 30,
        note: null,
      });
      const active = chosen.filter(({ status }) => status !== 'inactive');
      if (answer.ok && answer.value.queued !== active.length)
        person.wanted.objections.push('not all of many were queued');
      if (!answer.ok) return [];
      return active.map(({ memberId }): Command => ({ kind: 'assign', memberId, credits: step.credits, days: 30 }));
    }
    // Whom nothing was given, nothing is taken from by a person who sees it, unless there is nobody else.
    const holders = rows.filter(({ available }) => available > 0);
    const fitting = (step.do === 'revoke' || step.do === 'extend') && holders.length > 0 ? holders : rows;
    const memberId = fitting[step.who % fitting.length]?.memberId ?? '';
    const { command, queued } = await queueOne(person, step, memberId);
    return queued ? [command] : [];
  });
}

async function useSync(person: Person, step: OnSync): Promise<void> {
  const partnerConsole = person.partnerConsole();
  if (step.do === 'pause' || step.do === 'resume') {
    await partnerConsole.value(step.do === 'pause' ? 'sync.pause' : 'sync.resume', {});
    return;
  }
  person.giveUp();
  // It may well fail; what it did not bring, the next one does.
  await partnerConsole.call(step.do === 'pull' ? 'sync.now' : 'sync.compare', {});
}

async function queueOne(
  person: Person,
  step: OnMember,
  memberId: string,
): Promise<{ command: Command; queued: boolean }> {
  const partnerConsole = person.partnerConsole();
  switch (step.do) {
    case 'assign': {
      const { credits, days } = step;
      const answer = await partnerConsole.call('allocation.assign', {
        memberId,
        credits,
        validityDays: days,
        note: null,
      });
      return { command: { kind: 'assign', memberId, credits, days }, queued: answer.ok };
    }
    case 'revoke': {
      const { credits } = step;
      const answer = await partnerConsole.call('allocation.revoke', { memberId, credits, reason: null });
      return { command: { kind: 'revoke', memberId, credits }, queued: answer.ok };
    }
    case 'extend': {
      const { days } = step;
      const answer = await partnerConsole.call('allocation.extend', { memberId, days });
      return { command: { kind: 'extend', memberId, days }, queued: answer.ok };
    }
    case 'set_status': {
      const status = step.isActive ? 'active' : 'inactive';
      const answer = await partnerConsole.call('members.setStatus', { memberId, status });
      return { command: { kind: 'status', memberId, status }, queued: answer.ok };
    }
  }
}

/**
 * Runs an operation that queues, and writes down what was asked for under the ids that it got, before any of it can reach the
 * server. As many items as commands have to be there, in their order.
 */
async function queue(person: Person, owner: SeededPartner, work: () => Promise<readonly Command[]>): Promise<void> {
  const { asked, objections } = person.wanted;
  await person.way.whileShut(async () => {
    const before = new Set((await allItems(person)).map(({ itemId }) => itemId));
    const commands = [...(await work())];
    const added = (await allItems(person)).filter(({ itemId }) => !before.has(itemId));
    if (added.length !== commands.length) {
      objections.push(`${String(added.length)} items for ${String(commands.length)} commands`);
    }
    for (const command of commands) {
      const item = added.find((it) => standsFor(it, command));
      if (item === undefined) objections.push(`no item for ${JSON.stringify(command)}`);
      else asked.set(item.itemId, { itemId: item.itemId, owner: owner.userId, command, takenBack: false });
    }
  });
}

function standsFor(item: OutboxItem, command: Command): boolean {
  if (command.kind === 'upload') return item.command.kind === 'upload_members';
  return item.command.kind !== 'upload_members' && item.command.memberId === command.memberId;
}

async function decideOnItem(person: Person, owner: SeededPartner, step: OnItem): Promise<void> {
  const partnerConsole = person.partnerConsole();
  const { asked } = person.wanted;
  const items = (await allItems(person)).filter(
    (it) => it.command.kind !== 'upload_members' || step.do === 'retry_item',
  );
  // What is done with needs no decision, unless there is nothing else.
  const open = items.filter(({ state }) => state !== 'confirmed');
  const choice = open.length > 0 ? open : items;
  const item = choice[step.item % Math.max(choice.length, 1)];
  const known = item === undefined ? undefined : asked.get(item.itemId);
  if (item === undefined || known === undefined) return;
  const { itemId } = item;
  if (step.do === 'discard_item') {
    await person.way.whileShut(async () => {
      if ((await partnerConsole.call('sync.discard', { itemId })).ok) takeBack(person, known);
    });
    return;
  }
  const { credits } = { credits: 1, ...step };
  const wantedNow: Command =
    step.do === 'edit_item' && known.command.kind === 'assign' ? { ...known.command, credits } : known.command;
  await queue(person, owner, async () => {
    const days = known.command.kind === 'assign' ? known.command.days : 1;
    const answer =
      step.do === 'edit_item'
        ? await partnerConsole.call('sync.edit', { itemId, credits, validityDays: days, note: null })
        : await partnerConsole.call('sync.retry', { itemId });
    if (!answer.ok || answer.value.itemId === itemId) return [];
    if (item.state !== 'refused') takeBack(person, known);
    return [wantedNow];
  });
}

/** What had an effect cannot be taken back, and the console has to know. */
function takeBack(person: Person, item: Asked): void {
  const { outcomes, objections } = person.wanted;
  if (outcomes.get(item.itemId) === 'done') objections.push(`taken back after it was done: ${item.itemId}`);
  item.takenBack = true;
}

async function workOnDraft(person: Person, owner: SeededPartner, step: OnDraft, draftId: string): Promise<void> {
  const partnerConsole = person.partnerConsole();
  if (step.do === 'edit_row') {
    const { row, credits } = step;
    // Refused where it is sent already, or has no such row.
    const value = String(credits);
    const answer = await partnerConsole.call('uploads.editCell', { draftId, row, field: 'credits', value });
    if (answer.ok && answer.value.row.values.credits !== value) person.wanted.objections.push('an edit was not kept');
    if (answer.ok) person.wanted.edits.set(`${owner.userId}/${draftId}/${String(row)}`, value);
    return;
  }
  if (step.do === 'skip_row') {
    await partnerConsole.call('uploads.setSkipped', { draftId, rows: [step.row], skipped: step.skipped });
    return;
  }
  const mode = step.whole ? 'all_or_nothing' : 'valid_only';
  await queue(person, owner, async () => {
    const before = await partnerConsole.value('uploads.read', { draftId });
    if (before.outboxItemId !== null) return [];
    const { asked, objections } = person.wanted;
    const isSent = [...asked.values()].some(
      ({ command, owner: whose }) => command.kind === 'upload' && command.draftId === draftId && whose === owner.userId,
    );
    if (isSent) objections.push('a draft that was submitted is offered anew');
    if (step.whole) await partnerConsole.call('uploads.setSkipped', { draftId, rows: 'all_errors', skipped: true });
    const answer = await partnerConsole.call('uploads.submit', { draftId, mode });
    if (!answer.ok) return [];
    const rows = await queuedRows(person, draftId);
    for (const { row, credits } of rows) {
      const typed = person.wanted.edits.get(`${owner.userId}/${draftId}/${String(row)}`);
      if (typed !== undefined && Number(typed) !== credits) person.wanted.objections.push('an edit of a row was lost');
    }
    return [{ kind: 'upload', draftId, mode, rows }];
  });
}

async function queuedRows(person: Person, draftId: string): Promise<Row[]> {
  const { rows } = await person.partnerConsole().value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 200 });
  return rows
    .filter(({ state }) => state === 'queued')
    .map(({ row, values }) => ({
      row,
      email: values.email ?? '',
      name: values.first_name ?? null,
      credits: Number(values.credits ?? 0),
    }));
}

/** What another admin does with the same partner, or somebody who may write the tables. */
async function actElsewhere(person: Person, step: Extract<Step, { do: 'elsewhere' }>): Promise<void> {
  const { sql } = person.project;
  const { userId } = person.latest();
  const { wanted } = person;
  const model = wanted.partnerOf(userId);
  if (step.what === 'buy') {
    await sql`update public.users set credits = credits + ${step.credits} where id = ${userId}`;
    model.balance += step.credits;
    return;
  }
  if (step.what === 'add') {
    const email = `added${String(step.who)}@people.example`;
    if (model.members.has(email)) return;
    const [row] = await sql<{ id: string }[]>`
      insert into public.partner_members (partner_id, first_name, email) values (${userId}, 'Added', ${email}) returning id`;
    model.members.set(email, {
      memberId: row?.id ?? null,
      email,
      name: 'Added',
      status: 'active',
      credits: takeStray(model, email),
    });
    return;
  }
  const member = [...model.members.values()][step.who % Math.max(model.members.size, 1)];
  if (member === undefined) return;
  const [row] = await sql<{ id: string }[]>`
    select id from public.partner_members where partner_id = ${userId} and email = ${member.email}`;
  const memberId = row?.id ?? '';
  member.memberId ??= memberId;
  if (step.what === 'remove') {
    await sql`delete from public.partner_members where id = ${memberId}`;
    model.members.delete(member.email);
    model.gone.add(memberId);
    model.stray.set(member.email, member.credits);
    return;
  }
  const call = (name: string, args: Readonly<Record<string, string | number>>): Promise<unknown> =>
    callFunction(sql, partner(userId), name, { p_request_id: randomUUID(), p_member_id: memberId, ...args });
  const { credits } = step;
  switch (step.what) {
    case 'assign':
      await call('assign_member_credits', { p_credits: credits, p_validity_days: 30 });
      return void wanted.elsewhere(userId, { kind: 'assign', memberId, credits, days: 30 });
    case 'revoke':
      await call('revoke_member_credits', { p_credits: credits });
      return void wanted.elsewhere(userId, { kind: 'revoke', memberId, credits });
    case 'activate':
    case 'deactivate': {
      const status = step.what === 'activate' ? 'active' : 'inactive';
      await call('set_member_status', { p_status: status });
      return void wanted.elsewhere(userId, { kind: 'status', memberId, status });
    }
  }
}
