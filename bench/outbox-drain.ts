import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { assignToMany } from '../main/allocation/assign-to-many.ts';
import type { OpenDatabase } from '../main/cache/database.ts';
import { openDatabase } from '../main/cache/open.ts';
import { nextDueItem } from '../main/cache/outbox.ts';
import { readCommand } from '../main/cache/outbox-payload.ts';
import { systemClock } from '../main/platform/system-clock.ts';
import { createPartnerFunctions, type PartnerFunctions } from '../main/remote/partner-functions.ts';
import { ASSIGNMENTS, createChunkSize, UPLOAD_ROWS } from '../main/sync/chunk-size.ts';
import { createSyncEngine } from '../main/sync/engine.ts';
import { sendCommand } from '../main/sync/send-command.ts';
import { signToken } from '../test/backend/local-keys.ts';
import { type Hybrid, startHybrid } from '../test/backend/start-hybrid.ts';
import { baseline, seconds, timing, type BenchReport } from './measure.ts';

/** A call a command is slow and even: so many are measured, and counted up to all. */
const SINGLES = 500;
const DEMO_PARTNER = 'd0000000-0000-4000-8000-000000000001';

/**
 * Queued single assignments, one credit for each of many members, drained by the console's own engine through real PostgREST: by its
 * engine in few calls, and as a lone command is sent, one call each. Every receipt is landed in a real cache.
 */
export async function benchOutboxDrain(commands: number, rounds: number): Promise<BenchReport> {
  const hybrid = await startHybrid();
  try {
    const [batched, single, bare, calls]: [number[], number[], number[], number[]] = [[], [], [], []];
    const singles = Math.min(commands, SINGLES);
    for (let round = 0; round < rounds; round += 1) {
      const together = await drain(hybrid, commands, 'batched');
      batched.push(together.milliseconds);
      calls.push(together.calls);
      const alone = await drain(hybrid, singles, 'one_call_each');
      single.push((alone.milliseconds * commands) / singles);
      bare.push((alone.inCalls * commands) / singles);
    }
    const [fast, slow] = [timing(batched), timing(single)];
    const faster = slow.median / fast.median;
    const scaled = singles < commands ? ` (${singles.toLocaleString('en')} calls × ${String(commands / singles)})` : '';
    return {
      name: 'outbox-drain',
      figures: [
        baseline('queued assignments, one credit each', commands.toLocaleString('en')),
        baseline('until the last receipt has landed', seconds(fast)),
        baseline('calls that sent them', String(timing(calls).median)),
        baseline(`one call each${scaled}`, seconds(slow)),
        { what: 'one call each ÷ batched', value: faster.toFixed(1), goal: '≥ 10', isMet: faster >= 10 },
        baseline('waiting for the answers alone, one call each', seconds(timing(bare))),
        baseline('that ÷ batched, which lands its receipts as well', (timing(bare).median / fast.median).toFixed(1)),
      ],
      data: { commands, singles, faster, batched, single, bare, calls },
    };
  } finally {
    await hybrid.close();
  }
}

/** Every due command in a call of its own, each landed before the next: what the console does with a lone command. */
async function oneCallEach(database: OpenDatabase, functions: PartnerFunctions): Promise<void> {
  const dependencies = {
    functions,
    clock: systemClock,
    announce: () => undefined,
    random: Math.random,
    openedAt: Date.now(),
    chunkSize: createChunkSize(UPLOAD_ROWS),
    batchSize: createChunkSize(ASSIGNMENTS),
  };
  for (let item = nextDueItem(database, Date.now()); item !== undefined; item = nextDueItem(database, Date.now())) {
    const command = readCommand(item);
    if (command === null) throw new Error('a command cannot be read');
    await sendCommand(database, item, command, dependencies);
  }
}

/** Milliseconds from the sign-in until the outbox is empty, and how many calls sent commands. */
async function drain(
  hybrid: Hybrid,
  commands: number,
  how: 'batched' | 'one_call_each',
): Promise<{ milliseconds: number; calls: number; inCalls: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-bench-'));
  const opened = openDatabase(path.join(folder, 'console.db'));
  if (!opened.ok) throw new Error(`the cache cannot be opened: ${opened.error.code}`);
  const database = opened.value;
  try {
    await freshPartner(hybrid, commands);
    let [calls, inCalls] = [0, 0];
    const counting: typeof fetch = async (input, init) => {
      const start = performance.now();
      const answer = await fetch(input, init);
      if (/assign_member_credits|send_assignments/.test(input instanceof Request ? input.url : input.toString())) {
        calls += 1;
        inCalls += performance.now() - start;
      }
      return answer;
    };
    const token = signToken(DEMO_PARTNER);
    const functions = createPartnerFunctions(
      { url: hybrid.url, publishableKey: hybrid.publishableKey },
      counting,
      { token: () => Promise.resolve({ ok: true, value: token }), rejected: () => undefined },
      Date.now,
    );
    let isPulled = false;
    const engine = createSyncEngine({
      database,
      partnerId: DEMO_PARTNER,
      functions,
      clock: systemClock,
      log: () => undefined,
      announce: () => undefined,
      onPullProgress: () => undefined,
      random: Math.random,
    });
    engine.signedIn();
    while (!isPulled) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      isPulled = database.get('select 1 from pull_state where completed_at is not null') !== undefined;
    }
    const filter = { search: '@drain.example', status: null, credits: null };
    const queued = assignToMany(
      database,
      { by: 'filter', filter },
      { credits: 1, validityDays: 90, note: null },
      Date.now(),
    );
    if (queued.queued !== commands) throw new Error(`${queued.queued} were queued`);
    const start = performance.now();
    if (how === 'batched') {
      engine.wake();
      while (openItems(database) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    } else await oneCallEach(database, functions);
    const milliseconds = performance.now() - start;
    await engine.close();
    const confirmed = database.get<{ items: number }>(
      `select count(*) as items from outbox where state = 'confirmed' and receipt is not null`,
    );
    if (confirmed?.items !== commands) throw new Error('not every command was confirmed');
    return { milliseconds, calls, inCalls };
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function openItems(database: OpenDatabase): number {
  return (
    database.get<{ items: number }>(`select count(*) as items from outbox where state not in ('confirmed')`)?.items ?? 0
  );
}

/** The demo data as at the start, with so many members more and a balance that pays for all. */
async function freshPartner(hybrid: Hybrid, members: number): Promise<void> {
  await hybrid.reset();
  await hybrid.sql`update public.users set credits = ${members} where id = ${DEMO_PARTNER}`;
  await hybrid.sql`
    insert into public.partner_members (partner_id, email, first_name)
    select ${DEMO_PARTNER}, 'member' || n || '@drain.example', 'Member ' || n from generate_series(1, ${members}::int) n`;
  await hybrid.sql`analyze public.partner_members`;
}
