import { setTimeout as pause } from 'node:timers/promises';
import type { SupabaseClient } from '@supabase/supabase-js';
import type { Sql } from 'postgres';
import type { Hybrid } from '../backend/start-hybrid.ts';
import { connect } from '../backend/start-postgres.ts';
import { demoPartner, otherPartner } from '../database/act-as.ts';
import { brokenInvariants } from '../database/facts.ts';
import { answerBook } from './answers.ts';
import { callByWire, callDirectly, type Call, type Outcome } from './call.ts';
import { feedReader } from './feed-reader.ts';
import { nextCall, otherRequest, type World } from './next-call.ts';
import { writeOutside } from './outside-writer.ts';
import { seededRandom, type Random } from './random.ts';

const CONNECTIONS = 50;
/** One call in so many may run into a limit of time; more, and something holds the others up. */
const MOST_BUSY_SHARE = 200;
const OPENING_BALANCE = 300;
const THIRD_PARTNER = 'd0000000-0000-4000-8000-000000000003';

export interface SoakOptions {
  /** A project with the demo data, for this run alone. */
  readonly hybrid: Hybrid;
  readonly operations: number;
  readonly seed: number;
  /** Operations between two looks at the invariants, when nothing else runs. */
  readonly roundSize: number;
  /** Ends after the first round with a fault that has this text: for controls that must find it. */
  readonly stopsAt?: string;
  /** Told after each round, with the kinds of fault so far. */
  readonly onRound?: (done: number, seconds: number, faults: number) => void;
}

export interface SoakReport {
  readonly operations: number;
  readonly seconds: number;
  /** How often each function gave each outcome. */
  readonly counts: ReadonlyMap<string, number>;
  /** Calls that ran into a limit of time and were sent again. */
  readonly busy: number;
  /** As the server counts them. */
  readonly deadlocks: number;
  readonly feedPages: number;
  /** What was not as promised, in words, each kind once with how often it was met; empty when all is well. */
  readonly faults: readonly string[];
}

/** Adds a partner without members, so that three share the server. */
async function addThirdPartner(sql: Sql): Promise<void> {
  await sql`insert into auth.users (id, aud, role, email) values (${THIRD_PARTNER}, 'authenticated', 'authenticated', 'third@soak.example')`;
  await sql`insert into public.users (id, email, full_name, role, credits) values (${THIRD_PARTNER}, 'third@soak.example', 'Third', 'partner', 100)`;
}

async function readMembers(sql: Sql, world: { members: Map<string, { id: string; email: string }[]> }): Promise<void> {
  const rows = await sql<{ id: string; email: string; partner_id: string }[]>`
    select id, email, partner_id from public.partner_members order by partner_id, email`;
  for (const list of world.members.values()) list.length = 0;
  for (const { id, email, partner_id: partnerId } of rows) world.members.get(partnerId)?.push({ id, email });
}

/** Ended by a limit of time, of a statement or of a wait for a lock; PT503 is a rename that does not wait for a credit. */
const isBusy = (outcome: Outcome): boolean => !outcome.ok && ['57014', '55P03', 'PT503'].includes(outcome.code);

/** Collects faults; the first of each kind is kept whole. */
function faultList(): { add(text: string): void; list(): string[] } {
  const kinds = new Map<string, { first: string; times: number }>();
  return {
    add(text) {
      const kind = text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+|"[^"]*"/g, '#').slice(0, 80);
      const known = kinds.get(kind);
      if (known === undefined) kinds.set(kind, { first: text, times: 1 });
      else known.times += 1;
    },
    list: () => [...kinds.values()].map(({ first, times }) => (times === 1 ? first : `${first} (${String(times)} ×)`)),
  };
}

/**
 * Random commands of three partners over 50 connections, a share of them through PostgREST, some sent twice at once or
 * again later, while an outside writer and readers of the feed work beside them. After each round the invariants are
 * checked; at the end also every receipt and every reader's copy.
 */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { hybrid, operations, seed, roundSize, stopsAt, onRound } = options;
  const started = performance.now();
  const partnerIds = [demoPartner, otherPartner, THIRD_PARTNER];
  await addThirdPartner(hybrid.sql);
  // Little enough that it often runs out.
  await hybrid.sql`update public.users set credits = ${OPENING_BALANCE} where role = 'partner'`;
  const world = {
    partnerIds,
    members: new Map(partnerIds.map((id) => [id, [] as { id: string; email: string }[]])),
    uploaded: new Map(partnerIds.map((id) => [id, [] as string[]])),
    staged: new Map(partnerIds.map((id) => [id, [] as string[]])),
  } satisfies World;
  const clients = new Map<string, SupabaseClient>(partnerIds.map((id) => [id, hybrid.clientFor(id)]));
  const opening = new Map(await balances(hybrid.sql));
  const faults = faultList();
  const book = answerBook((text) => faults.add(text));
  const pool = connect(hybrid.dbUrl, CONNECTIONS);
  const feedSql = connect(hybrid.dbUrl, partnerIds.length);
  const readers = partnerIds.map((id, index) =>
    feedReader(id, seededRandom(seed + 1_000 + index), (text) => faults.add(text)),
  );
  const workers = Array.from({ length: CONNECTIONS }, (_, index) => seededRandom(seed * 1_000 + index));
  let feedPages = 0;
  let busy = 0;
  let done = 0;

  async function send(random: Random, call: Call): Promise<Outcome> {
    const client = clients.get(call.partnerId);
    return client !== undefined && random.oneIn(8) ? callByWire(client, call) : callDirectly(pool, call);
  }
  /** A server too busy to answer in time has rolled back: as the console does, the same is sent under the same id again. */
  async function settle(random: Random, call: Call): Promise<void> {
    let outcome = await send(random, call);
    for (let attempt = 0; attempt < 5 && isBusy(outcome); attempt += 1) {
      book.enter(call, outcome);
      busy += 1;
      if (call.name === 'allocate_partner_credit') return;
      outcome = await send(random, call);
    }
    book.enter(call, outcome);
    if (!outcome.ok) faults.add(`${call.name} failed with ${outcome.code} ${outcome.message}`);
  }

  async function expectReused(call: Call): Promise<void> {
    const outcome = await callDirectly(pool, call);
    const found = outcome.ok ? JSON.stringify(outcome.answer) : `${outcome.code} ${outcome.message}`;
    if (found !== 'PT409 request_id_reused') faults.add(`${call.name} with the id of another request: ${found}`);
  }

  async function work(random: Random): Promise<void> {
    const dice = random.integer(1, 100);
    if (dice <= 18) {
      const { what, partnerId, moved, outcome } = await writeOutside(pool, random, world);
      book.note(`outside: ${what}`);
      if (outcome.ok) book.move(partnerId, moved);
      else faults.add(`outside writer: ${what} failed with ${outcome.code} ${outcome.message}`);
    } else if (dice <= 28 && book.repeatable.length > 0) {
      await settle(random, random.pick(book.repeatable));
    } else if (dice <= 29 && book.repeatable.length > 0) {
      // The same id for something else: refused, and nothing done.
      const call = random.pick(book.repeatable);
      if ('p_request_id' in call.args) await expectReused(otherRequest(call));
    } else if (dice === 30 && book.repeatable.length > 0) {
      // The same id by another partner is a request of its own, and tells nothing.
      await settle(random, { ...random.pick(book.repeatable), partnerId: random.pick(partnerIds) });
    } else {
      const call = nextCall(random, world);
      const isTwin = call.name !== 'allocate_partner_credit' && random.oneIn(12);
      await Promise.all([settle(random, call), ...(isTwin ? [settle(random, call)] : [])]);
    }
  }

  async function readFeeds(isOver: () => boolean): Promise<void> {
    await Promise.all(
      readers.map(async (reader) => {
        while (!isOver()) {
          const isMore = await reader.readPage(feedSql);
          feedPages += 1;
          // A console asks now and then; without a pause three readers would take the whole machine.
          await pause(isMore ? 10 : 100);
        }
      }),
    );
  }

  try {
    while (done < operations && (stopsAt === undefined || !faults.list().some((fault) => fault.includes(stopsAt)))) {
      const size = Math.min(roundSize, operations - done);
      await readMembers(hybrid.sql, world);
      let begun = 0;
      let isOver = false;
      const feeds = readFeeds(() => isOver);
      try {
        await Promise.all(
          workers.map(async (random) => {
            while (begun < size) {
              begun += 1;
              await work(random);
            }
          }),
        );
      } finally {
        isOver = true;
        await feeds;
      }
      done += size;
      for (const violation of await brokenInvariants(hybrid.sql)) faults.add(`invariant: ${JSON.stringify(violation)}`);
      for (const [id, balance] of await balances(hybrid.sql)) {
        const expected = (opening.get(id) ?? 0) + book.moved(id);
        if (partnerIds.includes(id) && balance !== expected)
          faults.add(`the answers leave a balance of ${String(expected)}, the table has ${String(balance)}`);
      }
      onRound?.(done, (performance.now() - started) / 1_000, faults.list().length);
    }
    for (const reader of readers) await reader.compare(feedSql);
    await book.compare(hybrid.sql);
    const [server] = await hybrid.sql<{ deadlocks: number }[]>`
      select deadlocks::int from pg_catalog.pg_stat_database where datname = current_database()`;
    const deadlocks = server?.deadlocks ?? 0;
    if (deadlocks > 0) faults.add(`the server broke ${String(deadlocks)} deadlocks`);
    if (busy > Math.max(5, done / MOST_BUSY_SHARE)) faults.add(`${String(busy)} calls were not answered in time`);
    const seconds = (performance.now() - started) / 1_000;
    return { operations: done, seconds, busy, counts: book.counts, deadlocks, feedPages, faults: faults.list() };
  } finally {
    await Promise.all([pool.end({ timeout: 5 }), feedSql.end({ timeout: 5 })]);
  }
}

async function balances(sql: Sql): Promise<[string, number][]> {
  const rows = await sql<
    { id: string; credits: number }[]
  >`select id, credits from public.users where role = 'partner'`;
  return rows.map(({ id, credits }) => [id, credits]);
}
