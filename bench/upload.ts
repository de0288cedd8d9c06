import { randomUUID } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import type { UploadRowRequest } from '../main/remote/wire.ts';
import { actAs, callWithin, partner } from '../test/database/act-as.ts';
import { type Hybrid, startHybrid } from '../test/backend/start-hybrid.ts';
import { baseline, seconds, timing, type BenchReport } from './measure.ts';

/** As many rows as the console sends in one call at most. */
const CHUNK_ROWS = 2_000;
/** As many rows as one call takes, and one staged upload holds. */
const STAGED_CHUNK = 5_000;
const STAGED_ROWS = 50_000;
/** A call a row is slow and even: so many are measured, and counted up to all rows. */
const SINGLE_ROWS = 1_000;
const DEMO_PARTNER = 'd0000000-0000-4000-8000-000000000001';

/**
 * Uploads rows with one credit each through real PostgREST: in chunks, the same once more (asked for, and sent again), and one call a row; and
 * 50,000 staged rows with their commit, beside the bare insert of the rows that it leaves behind.
 */
export async function benchUpload(rows: number, rounds: number): Promise<BenchReport> {
  const hybrid = await startHybrid();
  try {
    const times: Times = {
      chunked: [],
      asked: [],
      replayed: [],
      refused: [],
      alone: [],
      aloneAgain: [],
      single: [],
      staged: [],
      committed: [],
      bare: [],
    };
    const singles = Math.min(rows, SINGLE_ROWS);
    for (let round = 0; round < rounds; round += 1) {
      const chunks = requests(rows, CHUNK_ROWS);
      const client = await freshPartner(hybrid, rows);
      const id = randomUUID();
      times.chunked.push(await send(client, id, chunks, false));
      for (let replay = 0; replay < 3; replay += 1) {
        times.asked.push(await ask(client, id, chunks));
        times.replayed.push(await send(client, id, chunks, true));
      }
      times.refused.push(await sendRefused(client, chunks));
      await withoutWire(hybrid, rows, chunks, times);
      const other = await freshPartner(hybrid, rows);
      times.single.push((await send(other, randomUUID(), requests(singles, 1), false)) * (rows / singles));
    }
    for (let round = 0; round < Math.min(rounds, 3); round += 1) await commitWhole(hybrid, times);
    return report(rows, singles, times);
  } finally {
    await hybrid.close();
  }
}

/** Milliseconds of each round. */
interface Times {
  readonly chunked: number[];
  /** What became of the same rows, asked for as the console does after a lost answer. */
  readonly asked: number[];
  /** The same rows sent again. */
  readonly replayed: number[];
  /** The same bytes in calls that are refused at once: what the wire alone takes. */
  readonly refused: number[];
  /** The same calls straight to Postgres, and once more. */
  readonly alone: number[];
  readonly aloneAgain: number[];
  readonly single: number[];
  readonly staged: number[];
  readonly committed: number[];
  readonly bare: number[];
}

function report(rows: number, singles: number, times: Times): BenchReport {
  const [chunked, replayed, single] = [timing(times.chunked), timing(times.replayed), timing(times.single)];
  const [committed, bare] = [timing(times.committed), timing(times.bare)];
  const [refused, alone, aloneAgain] = [timing(times.refused), timing(times.alone), timing(times.aloneAgain)];
  const replayAlone = alone.median / aloneAgain.median;
  const faster = single.median / chunked.median;
  const asked = timing(times.asked);
  const replay = chunked.median / asked.median;
  const scaled = singles < rows ? ` (${singles.toLocaleString('en')} calls × ${String(rows / singles)})` : '';
  const whole = STAGED_ROWS.toLocaleString('en');
  return {
    name: 'upload',
    figures: [
      baseline('rows, one credit each', rows.toLocaleString('en')),
      baseline(`in calls of ${CHUNK_ROWS.toLocaleString('en')} rows`, seconds(chunked)),
      baseline('all of them once more: asked what became of them', seconds(asked)),
      baseline('all of them once more: sent again', seconds(replayed)),
      baseline(`one call a row${scaled}`, seconds(single)),
      { what: 'one call a row ÷ chunks', value: faster.toFixed(1), goal: '≥ 15', isMet: faster >= 15 },
      { what: 'first time ÷ replay', value: replay.toFixed(1), goal: '≥ 10', isMet: replay >= 10 },
      baseline('first time ÷ sent again', (chunked.median / replayed.median).toFixed(1)),
      baseline('the same bytes, refused at once: the wire', seconds(refused)),
      baseline('first time ÷ the wire: sent again is never faster', (chunked.median / refused.median).toFixed(1)),
      baseline('straight to Postgres: first time', seconds(alone)),
      baseline('straight to Postgres: replay', seconds(aloneAgain)),
      {
        what: 'straight to Postgres: first time ÷ replay',
        value: replayAlone.toFixed(1),
        goal: '≥ 10',
        isMet: replayAlone >= 10,
      },
      baseline(
        `staging ${whole} rows, in calls of ${STAGED_CHUNK.toLocaleString('en')}`,
        seconds(timing(times.staged)),
      ),
      {
        what: 'their commit, one call, straight to Postgres',
        value: seconds(committed),
        goal: '< 10 s',
        isMet: committed.median < 10_000,
      },
      baseline('bare insert of the rows that the commit leaves', seconds(bare)),
      baseline('commit ÷ bare insert', (committed.median / bare.median).toFixed(2)),
    ],
    data: { rows, singles, faster, replay, replayAlone, times },
  };
}

/** One staged upload at its cap: staged, committed, and what it left inserted once more by bare statements. */
async function commitWhole(hybrid: Hybrid, times: Times): Promise<void> {
  const client = await freshPartner(hybrid, STAGED_ROWS);
  const id = randomUUID();
  let start = performance.now();
  for (const chunk of requests(STAGED_ROWS, STAGED_CHUNK)) {
    const { error } = await client.rpc('stage_member_upload', {
      p_upload_id: id,
      p_file_name: 'bench.csv',
      p_rows: chunk,
    });
    if (error !== null) throw new Error(`stage_member_upload: ${error.message}`);
  }
  times.staged.push(performance.now() - start);
  // Without the API, which ends a statement after eight seconds: on a busy machine the ratio would then be lost.
  const outcome = await actAs(hybrid.sql, partner(DEMO_PARTNER), async (transaction) => {
    start = performance.now();
    const answer = await callWithin(transaction, 'commit_member_upload', { p_upload_id: id });
    times.committed.push(performance.now() - start);
    return JSON.stringify(answer);
  });
  if (!outcome.includes(`"created":${String(STAGED_ROWS)}`))
    throw new Error(`the upload was not committed: ${outcome}`);
  times.bare.push(await insertBare(hybrid));
}

/** Takes the rows of the upload away and puts them back: the same tables, indexes, triggers and foreign keys. */
async function insertBare(hybrid: Hybrid): Promise<number> {
  const tables = [
    ['partner_members', `email like 'bench.%'`],
    ['credit_allocations', 'upload_id is not null'],
    ['partner_credits', `employee_email like 'bench.%'`],
    ['member_upload_rows', 'true'],
  ] as const;
  return hybrid.sql.begin(async (transaction) => {
    for (const [table, rows] of tables) {
      await transaction.unsafe(
        `create temporary table bare_${table} on commit drop as select * from public.${table} where ${rows}`,
      );
    }
    // As a replica no trigger fires: the ledger's own triggers would forbid this.
    await transaction.unsafe('set local session_replication_role = replica');
    for (const [table, rows] of tables) await transaction.unsafe(`delete from public.${table} where ${rows}`);
    await transaction.unsafe('set local session_replication_role = origin');
    const start = performance.now();
    for (const [table] of tables) await transaction.unsafe(`insert into public.${table} select * from bare_${table}`);
    // Foreign keys are checked at the end of each statement: all of it is within the time.
    return performance.now() - start;
  });
}

/** The demo data as at the start, with a balance that pays for every row. */
async function freshPartner(hybrid: Hybrid, balance: number): Promise<SupabaseClient> {
  await hybrid.reset();
  await hybrid.sql`update public.users set credits = ${balance} where id = ${DEMO_PARTNER}`;
  return hybrid.clientFor(DEMO_PARTNER);
}

function requests(rows: number, size: number): UploadRowRequest[][] {
  const all = Array.from({ length: rows }, (_, index) => ({
    row: index + 1,
    email: `bench.${index + 1}@firma.example`,
    first_name: `Bench ${index + 1}`,
    credits: 1,
    validity_days: 90,
    expires_on: null,
  }));
  return Array.from({ length: Math.ceil(rows / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}

/** Sends one call after the other and answers the milliseconds. Every row has to be confirmed. */
async function send(
  client: SupabaseClient,
  uploadId: string,
  chunks: readonly (readonly UploadRowRequest[])[],
  isReplay: boolean,
): Promise<number> {
  const start = performance.now();
  for (const chunk of chunks) {
    const { data, error } = await client.rpc('upload_members', {
      p_upload_id: uploadId,
      p_file_name: 'bench.csv',
      p_rows: chunk,
    });
    if (error !== null) throw new Error(`upload_members: ${error.message}`);
    const answered: { outcome: string; replayed: boolean }[] = data.rows;
    const wrong = answered.find((row) => row.outcome !== 'created' || row.replayed !== isReplay);
    if (wrong !== undefined || answered.length !== chunk.length) throw new Error('a row was not confirmed');
  }
  return performance.now() - start;
}

/** Asks what became of each call's rows and answers the milliseconds. Every row has to be known. */
async function ask(
  client: SupabaseClient,
  uploadId: string,
  chunks: readonly (readonly UploadRowRequest[])[],
): Promise<number> {
  const start = performance.now();
  for (const chunk of chunks) {
    const args = { p_id: uploadId, p_first_row: chunk[0]?.row, p_last_row: chunk.at(-1)?.row };
    const { data, error } = await client.rpc('upload_outcomes', args);
    if (error !== null) throw new Error(`upload_outcomes: ${error.message}`);
    const answered: { outcome: string }[] = data.rows;
    if (answered.length !== chunk.length || answered.some((row) => row.outcome !== 'created'))
      throw new Error('a row is not known');
  }
  return performance.now() - start;
}

/** Milliseconds of calls that carry the rows and are refused before any of them is read. */
async function sendRefused(client: SupabaseClient, chunks: readonly (readonly UploadRowRequest[])[]): Promise<number> {
  const start = performance.now();
  for (const chunk of chunks) {
    const args = { p_upload_id: null, p_file_name: 'bench.csv', p_rows: chunk };
    const { error } = await client.rpc('upload_members', args);
    if (error?.message !== 'invalid_request_id') throw new Error(`upload_members: ${error?.message ?? 'no refusal'}`);
  }
  return performance.now() - start;
}

/** The calls and their replay over one connection to Postgres, without PostgREST. */
async function withoutWire(
  hybrid: Hybrid,
  rows: number,
  chunks: readonly (readonly UploadRowRequest[])[],
  times: Times,
): Promise<void> {
  await freshPartner(hybrid, rows);
  const id = randomUUID();
  for (const taken of [times.alone, times.aloneAgain]) {
    const start = performance.now();
    for (const chunk of chunks) {
      await actAs(hybrid.sql, partner(DEMO_PARTNER), (transaction) =>
        callWithin(transaction, 'upload_members', {
          p_upload_id: id,
          p_file_name: 'bench.csv',
          p_rows: chunk.map((row) => ({ ...row })),
        }),
      );
    }
    taken.push(performance.now() - start);
  }
}
