import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { OpenDatabase } from '../main/cache/database.ts';
import { openDatabase } from '../main/cache/open.ts';
import { systemClock } from '../main/platform/system-clock.ts';
import { createPartnerFunctions, type PartnerFunctions } from '../main/remote/partner-functions.ts';
import { createSyncEngine, type SyncEngine } from '../main/sync/engine.ts';
import { signToken } from '../test/backend/local-keys.ts';
import { type Hybrid, startHybrid } from '../test/backend/start-hybrid.ts';

const DEMO_PARTNER = 'd0000000-0000-4000-8000-000000000001';
/** How many of the members change between two pulls. */
export const CHANGED = 100;

/** A project with real PostgREST whose partner has so many members more, until `work` is done. */
export async function withMembers<T>(members: number, work: (hybrid: Hybrid) => Promise<T>): Promise<T> {
  const hybrid = await startHybrid();
  try {
    await fill(hybrid, members);
    return await work(hybrid);
  } finally {
    await hybrid.close();
  }
}

async function fill(hybrid: Hybrid, members: number): Promise<void> {
  await hybrid.sql`
    insert into public.partner_members (partner_id, email, first_name)
    select ${DEMO_PARTNER}, 'member' || n || '@pull.example', 'Member ' || n from generate_series(1, ${members}::int) n`;
  await hybrid.sql`analyze public.partner_members`;
}

/** The functions of the project as the console calls them; `onCall` is told how many bytes each answer has. */
export function functionsOf(hybrid: Hybrid, onCall: (bytes: number) => void): PartnerFunctions {
  const token = signToken(DEMO_PARTNER);
  const counting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const body = await response.arrayBuffer();
    onCall(body.byteLength);
    return new Response(body, { status: response.status, headers: response.headers });
  };
  return createPartnerFunctions(
    { url: hybrid.url, publishableKey: hybrid.publishableKey },
    counting,
    { token: () => Promise.resolve({ ok: true, value: token }), rejected: () => undefined },
    Date.now,
  );
}

/** The console's own engine over a cache, silent. */
export function engineOf(database: OpenDatabase, functions: PartnerFunctions): SyncEngine {
  return createSyncEngine({
    database,
    partnerId: DEMO_PARTNER,
    functions,
    clock: systemClock,
    log: () => undefined,
    announce: () => undefined,
    onPullProgress: () => undefined,
    random: Math.random,
  });
}

/** One round of the engine. Answers its milliseconds; throws when it did not come to its end. */
export async function pullNow(engine: SyncEngine): Promise<number> {
  const start = performance.now();
  const failure = await engine.syncNow();
  if (failure !== null) throw new Error(`the pull failed: ${failure.kind}`);
  return performance.now() - start;
}

/** Somebody else changes the names of some members; `round` tells one time from another. */
export async function changeSome({ sql }: Hybrid, round: number): Promise<void> {
  await sql`
    update public.partner_members set first_name = ${`Changed ${round}`}
    where email in (select 'member' || n || '@pull.example' from generate_series(1, ${CHANGED}::int) n)`;
}

/** Throws where not all of these changes are in the cache. */
export function expectChanged(database: OpenDatabase, round: number): void {
  const changed = database.get<{ members: number }>(
    'select count(*) as members from members where first_name = ?',
    `Changed ${round}`,
  );
  if (changed?.members !== CHANGED) throw new Error(`${String(changed?.members)} changes came`);
}

/** A database of its own, which notes its longest transaction in milliseconds. */
export async function withDatabase<T>(
  work: (opened: { database: OpenDatabase; longest: () => number }) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-bench-'));
  const opened = openDatabase(path.join(folder, 'console.db'));
  if (!opened.ok) throw new Error(`the cache cannot be opened: ${opened.error.code}`);
  const database = opened.value;
  let longest = 0;
  const timed: OpenDatabase = {
    ...database,
    get isOpen() {
      return database.isOpen;
    },
    transaction: (inner) => {
      const start = performance.now();
      const result = database.transaction(inner);
      longest = Math.max(longest, performance.now() - start);
      return result;
    },
  };
  try {
    return await work({ database: timed, longest: () => longest });
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
