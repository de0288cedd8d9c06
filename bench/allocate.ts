import type { Sql } from 'postgres';
import { startPostgres } from '../test/backend/start-postgres.ts';
import { baseline, timing, type BenchReport, type Figure, type Timing } from './measure.ts';

const DEMO_PARTNER = 'd0000000-0000-4000-8000-000000000001';
const MEMBER = 'bench@firma.example';
/** Credits in one call, and how many calls make one measurement: small ones are too short for a clock. */
const SIZES: readonly (readonly [credits: number, calls: number])[] = [
  [10, 200],
  [1_000, 30],
  [100_000, 1],
];
const GOAL = 1.1;

/** The ways to the same rows of `partner_credits`, all in one round trip and one transaction on one connection. */
const ways = {
  /** As the API's role would call it. */
  rpc: (credits: number) =>
    `select public.allocate_partner_credit('${DEMO_PARTNER}', '${MEMBER}', 'Bench', ${String(credits)}, 90)`,
  /** The rows of partner_credits alone. */
  credits: (credits: number) => insertCredits(credits, `(select id from bench_allocation)`),
  /** Every row that an allocation writes, by bare statements: no lock, no check, nothing returned. */
  everything: (credits: number) => `
    do $bare$ declare v_id uuid := gen_random_uuid(); begin
      insert into public.credit_allocations
        (id, partner_id, kind, member_id, employee_email, credits, expires_at, source, actor, balance_before, balance_after)
      values (v_id, '${DEMO_PARTNER}', 'allocation', (select id from public.partner_members where email = '${MEMBER}'),
        '${MEMBER}', ${String(credits)}, now() + interval '90 days', 'rpc', 'bench', ${String(credits)}, 0);
      ${insertCredits(credits, 'v_id')};
      update public.partner_members set credits_assigned = credits_assigned + ${String(credits)} where email = '${MEMBER}';
      perform set_config('partner_console.ledger_written', 'on', true);
      update public.users set credits = credits - ${String(credits)} where id = '${DEMO_PARTNER}';
    end $bare$`,
};
type Way = keyof typeof ways;
const wayNames: readonly Way[] = ['rpc', 'credits', 'everything'];

function insertCredits(credits: number, allocationId: string): string {
  return `insert into public.partner_credits (partner_id, employee_email, employee_name, expires_at, allocation_id)
    select '${DEMO_PARTNER}', '${MEMBER}', 'Bench', now() + interval '90 days', ${allocationId}
    from generate_series(1, ${String(credits)})`;
}

/** Allocates n credits in one call, against bare inserts of the same rows into the same tables, in turns. */
export async function benchAllocate(rounds: number): Promise<BenchReport> {
  const postgres = await startPostgres();
  const times = new Map<string, number[]>();
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [credits, calls] of SIZES) {
        // Another order each round, and for each way a database of its own: tables are as big for one as for the other.
        for (let turn = 0; turn < wayNames.length; turn += 1) {
          const way = wayNames[(round + turn) % wayNames.length] ?? 'rpc';
          const key = `${way} ${String(credits)}`;
          const database = await postgres.createDatabase();
          const session = await database.sql.reserve();
          await prepare(session);
          times.set(key, [...(times.get(key) ?? []), await measure(session, way, credits, calls)]);
          session.release();
          await database.drop();
        }
      }
    }
  } finally {
    await postgres.close();
  }
  return report(times);
}

async function prepare(sql: Pick<Sql, 'unsafe'>): Promise<void> {
  await sql.unsafe(`
    update public.users set credits = 100000000 where id = '${DEMO_PARTNER}';
    insert into public.partner_members (partner_id, email) values ('${DEMO_PARTNER}', '${MEMBER}');
    select public.allocate_partner_credit('${DEMO_PARTNER}', '${MEMBER}', 'Bench', 1, 90);
    create temporary table bench_allocation as
      select id from public.credit_allocations where employee_email = '${MEMBER}';`);
  for (const way of wayNames) await sql.unsafe(ways[way](1));
  // What was written until here is not written out during the measurement.
  await sql.unsafe('checkpoint');
}

/** Milliseconds a call. */
async function measure(sql: Pick<Sql, 'unsafe'>, way: Way, credits: number, calls: number): Promise<number> {
  const statement = ways[way](credits);
  const start = performance.now();
  for (let call = 0; call < calls; call += 1) await sql.unsafe(statement);
  return (performance.now() - start) / calls;
}

const milliseconds = ({ median, lowest, highest }: Timing): string =>
  `${median.toFixed(2)} ms (${lowest.toFixed(2)}–${highest.toFixed(2)})`;

function report(times: ReadonlyMap<string, number[]>): BenchReport {
  const figures = SIZES.flatMap(([credits]): Figure[] => {
    const of = (way: Way): Timing => timing(times.get(`${way} ${String(credits)}`) ?? []);
    const size = credits.toLocaleString('en');
    const whole = of('rpc').median / of('everything').median;
    const alone = of('rpc').median / of('credits').median;
    return [
      baseline(`${size} credits: one RPC`, milliseconds(of('rpc'))),
      baseline(`${size} credits: bare insert of the credits`, milliseconds(of('credits'))),
      baseline(`${size} credits: bare insert of all the allocation's rows`, milliseconds(of('everything'))),
      // Ledger, sum and balance are three more rows, whatever the number of credits: they count where credits are few.
      credits < 1_000
        ? baseline(`${size}: RPC ÷ bare credits`, alone.toFixed(2))
        : {
            what: `${size}: RPC ÷ bare credits`,
            value: alone.toFixed(2),
            goal: `≤ ${String(GOAL)}`,
            isMet: alone <= GOAL,
          },
      {
        what: `${size}: RPC ÷ all its rows bare`,
        value: whole.toFixed(2),
        goal: `≤ ${String(GOAL)}`,
        isMet: whole <= GOAL,
      },
    ];
  });
  return { name: 'allocate', figures, data: { times: Object.fromEntries(times) } };
}
