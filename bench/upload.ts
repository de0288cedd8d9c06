import { randomUUID } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import type { UploadRowRequest } from '../main/remote/wire.ts';
import { type Hybrid, startHybrid } from '../test/backend/start-hybrid.ts';
import { baseline, seconds, timing, type BenchReport } from './measure.ts';

/** As many rows as the console sends in one call at most. */
const CHUNK_ROWS = 2_000;
const DEMO_PARTNER = 'd0000000-0000-4000-8000-000000000001';

/** Uploads rows with one credit each through real PostgREST: in chunks, the same once more, and one call a row. */
export async function benchUpload(rows: number, rounds: number): Promise<BenchReport> {
  const hybrid = await startHybrid();
  try {
    const chunked: number[] = [];
    const replayed: number[] = [];
    const single: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const chunks = requests(rows, CHUNK_ROWS);
      const client = await freshPartner(hybrid, rows);
      const id = randomUUID();
      chunked.push(await send(client, id, chunks, false));
      replayed.push(await send(client, id, chunks, true));
      const other = await freshPartner(hybrid, rows);
      single.push(await send(other, randomUUID(), requests(rows, 1), false));
    }
    return report(rows, { chunked, replayed, single });
  } finally {
    await hybrid.close();
  }
}

function report(rows: number, times: { chunked: number[]; replayed: number[]; single: number[] }): BenchReport {
  const chunked = timing(times.chunked);
  const replayed = timing(times.replayed);
  const single = timing(times.single);
  const faster = single.median / chunked.median;
  const replay = chunked.median / replayed.median;
  return {
    name: 'upload',
    figures: [
      baseline('rows, one credit each', rows.toLocaleString('en')),
      baseline(`in calls of ${CHUNK_ROWS.toLocaleString('en')} rows`, seconds(chunked)),
      baseline('all of them once more (replay)', seconds(replayed)),
      baseline('one call a row', seconds(single)),
      { what: 'one call a row ÷ chunks', value: faster.toFixed(1), goal: '≥ 15', isMet: faster >= 15 },
      { what: 'first time ÷ replay', value: replay.toFixed(1), goal: '≥ 10', isMet: replay >= 10 },
    ],
    data: { rows, faster, replay, times },
  };
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
