import { setTimeout as wait } from 'node:timers/promises';
import type { Hybrid } from '../backend/start-hybrid.ts';
import { demoPartner } from '../database/act-as.ts';
import type { Random } from '../soak/random.ts';
import { csvOfPeople, demo } from '../sync/sync-harness.ts';
import { type ChaosProxy, faults } from './chaos-proxy.ts';
import type { OperationInput } from '../../shared/contract/bridge.ts';
import { CoreGone, type KillableCore } from './killable-core.ts';

export interface ChaosPlan {
  /** At least so many commands are acknowledged before it ends: each assignment, row of an upload, revocation counts one. */
  readonly commands: number;
  /** At least so many times the core is killed, connections are cut, Postgres crashes. */
  readonly kills: number;
  readonly cuts: number;
  readonly crashes: number;
}

/** What the console has acknowledged, or was asked for when it was killed: what must, and what may, have taken effect. */
export interface Wanted {
  /** By note: the credits of each assignment. */
  readonly assignments: Map<string, { readonly credits: number; readonly isAcknowledged: boolean }>;
  /** By note: members and credits of what was given to many at once. */
  readonly toMany: Map<
    string,
    { readonly members: readonly string[]; readonly credits: number; readonly isAcknowledged: boolean }
  >;
  readonly revocations: Map<string, { readonly credits: number; readonly isAcknowledged: boolean }>;
  /** By the local part that the e-mails of the file begin with. */
  readonly uploads: Map<string, { readonly rows: number; readonly credits: number; readonly isAcknowledged: boolean }>;
}

export interface ChaosRun {
  readonly wanted: Wanted;
  readonly commands: number;
  readonly crashes: number;
  /** How often the person had to sign in again. */
  readonly signIns: number;
}

/** Cut connections are what loses answers. */
const cut = ['reset', 'cut_request', 'cut_answer', 'cut_answer'] as const;
const mostlyCuts = [...faults, ...cut, ...cut];

export interface ChaosWorld {
  readonly hybrid: Hybrid;
  readonly proxy: ChaosProxy;
  readonly core: KillableCore;
  readonly random: Random;
}

/** Signs the core in and waits for the members. */
export async function signInThrough(world: ChaosWorld): Promise<void> {
  const { core } = world;
  await core.value('session.signIn', signInOf(world));
  await until(core, 60, async () => {
    const status = await core.value('sync.status', {});
    return status.lastPullAt !== null && !status.pulling;
  });
}

const signInOf = ({ hybrid, proxy }: ChaosWorld): OperationInput<'session.signIn'> => ({
  serverUrl: proxy.url,
  publishableKey: hybrid.publishableKey,
  ...demo,
});

/**
 * A core that is killed between the server's renewal of its session and the moment when it is kept has lost it. Everything is
 * held then, until the person signs in again. Answers whether that was so.
 */
async function signInAgain(world: ChaosWorld): Promise<boolean> {
  const { core } = world;
  if ((await core.value('session.state', {})).status === 'signed_in') return false;
  while (!(await core.call('session.signIn', signInOf(world))).ok) await wait(100);
  return true;
}

/**
 * Queues commands of every kind while the way, the console and the server fail, until the plan is met; then lets everything be, and
 * waits until nothing is planned or in doubt any more.
 */
export async function runChaos(world: ChaosWorld, plan: ChaosPlan): Promise<ChaosRun> {
  const { core, proxy, hybrid, random } = world;
  const wanted: Wanted = {
    assignments: new Map(),
    toMany: new Map(),
    revocations: new Map(),
    uploads: new Map(),
  };
  const members = await activeMemberIds(core);
  let [commands, crashes, round, signIns] = [0, 0, 0, 0];
  const isMet = (): boolean =>
    commands >= plan.commands && core.kills >= plan.kills && proxy.cuts() >= plan.cuts && crashes >= plan.crashes;
  while (!isMet()) {
    round += 1;
    proxy.disturb({ oneIn: 2, faults: mostlyCuts });
    const killed = random.integer(1, 10) <= 5 ? killSoon(world) : Promise.resolve();
    commands += await queueSome(world, members, wanted, round);
    for (let press = 0; press < 8; press += 1) {
      // As a person does who will not wait.
      core.call('sync.now', {}).catch(() => undefined);
      await wait(random.integer(10, 60));
    }
    const due = ((crashes + 1) * plan.commands) / (plan.crashes + 1);
    if (crashes < plan.crashes && commands >= due) {
      await hybrid.restartPostgres({ crash: true });
      crashes += 1;
    }
    await killed;
    if (!core.isRunning) await core.start();
    if (await signInAgain(world)) signIns += 1;
  }
  proxy.disturb(null);
  signIns += await settle(world, plan);
  return { wanted, commands, crashes, signIns };
}

async function killSoon({ core, random }: ChaosWorld): Promise<void> {
  await wait(random.integer(100, 900));
  await core.kill();
}

/** Answers how many commands were acknowledged. */
async function queueSome(
  { core, random }: ChaosWorld,
  members: readonly string[],
  wanted: Wanted,
  round: number,
): Promise<number> {
  let acknowledged = 0;
  /** Notes what is asked for before it is, and what became of it: refused here it has no effect. */
  async function ask<T>(
    asked: Map<string, T & { readonly isAcknowledged: boolean }>,
    name: string,
    what: T,
    count: number,
    act: () => Promise<boolean>,
  ): Promise<void> {
    asked.set(name, { ...what, isAcknowledged: false });
    try {
      if (!(await act())) {
        asked.delete(name);
        return;
      }
      asked.set(name, { ...what, isAcknowledged: true });
      acknowledged += count;
    } catch (error) {
      if (!(error instanceof CoreGone)) throw error;
    }
  }
  const credits = (): number => random.integer(1, 3);
  const validityDays = 90;
  const works = [
    ...Array.from({ length: 8 }, (_, index) => () => {
      const note = `chaos ${round}.${index}`;
      const what = { credits: credits() };
      const memberId = random.pick(members);
      return ask(wanted.assignments, note, what, 1, async () =>
        isDone(await core.call('allocation.assign', { memberId, ...what, validityDays, note })),
      );
    }),
    () => {
      const note = `chaos ${round}.many`;
      const first = random.integer(0, members.length - 1);
      const what = { members: members.slice(first, first + random.integer(20, 60)), credits: 1 };
      return ask<{ readonly members: readonly string[]; readonly credits: number }>(
        wanted.toMany,
        note,
        what,
        what.members.length,
        async () =>
          isDone(
            await core.call('allocation.assignMany', {
              members: { by: 'ids', memberIds: [...what.members] },
              credits: 1,
              validityDays,
              note,
            }),
          ),
      );
    },
    ...Array.from({ length: 2 }, (_, index) => () => {
      const reason = `chaos ${round}.back${index}`;
      const what = { credits: 1 };
      const memberId = random.pick(members);
      return ask(wanted.revocations, reason, what, 1, async () =>
        isDone(await core.call('allocation.revoke', { memberId, ...what, reason })),
      );
    }),
    () => {
      const prefix = `chaos${round}u`;
      const what = { rows: random.integer(20, 120), credits: credits() };
      const mode = random.oneIn(3) ? ('all_or_nothing' as const) : ('valid_only' as const);
      return ask(wanted.uploads, prefix, what, what.rows, () =>
        upload(core, csvOfPeople(what.rows, what.credits, prefix), mode),
      );
    },
  ];
  for (const work of works) {
    await work();
    if (!core.isRunning) break;
  }
  return acknowledged;
}

function isDone(result: { readonly ok: boolean }): boolean {
  return result.ok;
}

async function upload(core: KillableCore, csv: string, mode: 'valid_only' | 'all_or_nothing'): Promise<boolean> {
  const bytes = new TextEncoder().encode(csv);
  const { draftId } = await core.value('uploads.begin', { fileName: 'people.csv', size: bytes.length });
  await core.value('uploads.append', { draftId, bytes });
  const { analysis } = await core.value('uploads.analyse', { draftId, options: null });
  if (analysis === null) throw new Error('the file was not recognised');
  const { encoding, separator, sheet, mapping } = analysis;
  const options = { encoding, separator, sheet };
  await core.value('uploads.importRows', { draftId, options, mapping, clearBlank: [] });
  return isDone(await core.call('uploads.submit', { draftId, mode }));
}

async function activeMemberIds(core: KillableCore): Promise<string[]> {
  const page = await core.value('members.page', {
    filter: { search: '', status: 'active', credits: null },
    sort: { by: 'email', direction: 'ascending' },
    offset: 0,
    limit: 200,
  });
  return page.rows.map((row) => row.memberId);
}

/** Until nothing is planned or in doubt, and the cache has been read to its end since. Answers how often that took a sign-in. */
async function settle(world: ChaosWorld, plan: ChaosPlan): Promise<number> {
  const { core } = world;
  let signIns = 0;
  // A busy computer leaves a queue of tens of thousands.
  await until(core, 120 + plan.commands / 200, async () => {
    if (await signInAgain(world)) signIns += 1;
    const recovered = await sendRecovered(core);
    const status = await core.value('sync.now', {}).catch(() => null);
    return recovered === 0 && status !== null && status.waiting === 0 && status.checking === 0 && !status.pulling;
  });
  return signIns;
}

/**
 * What was cut off between the journal and its commit, and so was never acknowledged, comes back to be looked at: a person who still wants
 * it sends it under its old number. Answers how many there were.
 */
async function sendRecovered(core: KillableCore): Promise<number> {
  // Not among all that is open: hundreds that were refused for good reason would hide them.
  const { items } = await core.value('sync.items', { show: 'held', offset: 0, limit: 200 });
  const recovered = items.filter(({ heldReason }) => heldReason === 'recovered');
  for (const { itemId } of recovered) await core.value('sync.retry', { itemId });
  return recovered.length;
}

async function until(core: KillableCore, seconds: number, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  while (!(await isSo())) {
    if (Date.now() > end) {
      const open = await core.value('sync.items', { show: 'open', offset: 0, limit: 5 });
      throw new Error(`it does not come to rest: ${JSON.stringify([await core.value('sync.status', {}), open])}`);
    }
    await wait(100);
  }
}

/** The partner of the demo gets so many credits that no command is ever refused for them. */
export async function fillBalance({ sql }: Hybrid): Promise<void> {
  await sql`update public.users set credits = 1000000 where id = ${demoPartner}`;
}
