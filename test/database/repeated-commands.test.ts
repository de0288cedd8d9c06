import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { connect } from '../backend/start-postgres.ts';
import { callFunction, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import { brokenInvariants } from './facts.ts';
import { repeatableCommands } from './repeatable-commands.ts';
import type { Call } from './repeatable-commands.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const send = (call: Call, userId = demoPartner, sql: Sql = database.sql()): Promise<unknown> =>
  callFunction(sql, partner(userId), call.name, call.args);

/** The answer as text without what may differ from one time to the next: whether it is a repetition, and the clock. */
const essence = (answer: unknown): string =>
  JSON.stringify(answer, (key, value: unknown) => (key === 'replayed' || key === 'server_time' ? undefined : value));

/** Whether the answer, or each of its rows, says that it is a repetition. */
function repetitions(answer: unknown): boolean[] {
  const found = JSON.stringify(answer).match(/"replayed":(true|false)/g) ?? [];
  return found.map((it) => it.endsWith('true'));
}
const isFirst = (answer: unknown): boolean => repetitions(answer).every((it) => !it);
const isRepetition = (answer: unknown): boolean => repetitions(answer).every(Boolean);

/** Everything of a partner that a command could change. */
async function stateOf(partnerId: string): Promise<string> {
  const tables = {
    users: 'id',
    partner_members: 'partner_id',
    partner_credits: 'partner_id',
    credit_allocations: 'partner_id',
    command_receipts: 'partner_id',
    member_uploads: 'partner_id',
    member_upload_rows: 'partner_id',
    staged_upload_rows: 'partner_id',
  };
  const parts = [];
  for (const [table, key] of Object.entries(tables)) {
    parts.push(
      await database
        .sql()
        .unsafe(`select md5(string_agg(t::text, ',' order by t::text)) from public.${table} t where ${key} = $1`, [
          partnerId,
        ]),
    );
  }
  return JSON.stringify(parts);
}

it('covers every function of the API that takes an id of the client', async () => {
  const rows = await database.sql()<{ name: string }[]>`
    select p.proname as name from pg_catalog.pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proargnames && array['p_request_id', 'p_upload_id'] order by 1`;
  expect(rows.map((row) => row.name)).toEqual(Object.keys(repeatableCommands));
});

describe.each(Object.entries(repeatableCommands))('%s', (_name, prepare) => {
  it('sent again has no second effect and answers the same', async () => {
    const { call } = await prepare(database.sql(), demoPartner, randomUUID());
    const before = await stateOf(demoPartner);
    const first = await send(call);
    expect(isFirst(first)).toBe(true);
    const state = await stateOf(demoPartner);
    expect(state).not.toBe(before);
    for (let time = 0; time < 2; time += 1) {
      const again = await send(call);
      expect(isRepetition(again)).toBe(true);
      expect(essence(again)).toBe(essence(first));
    }
    expect(await stateOf(demoPartner)).toBe(state);
  });

  it('sent 20 times at once has one effect and 20 equal answers', async () => {
    const { call } = await prepare(database.sql(), demoPartner, randomUUID());
    const sql = connect(database.url(), 20);
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(call, demoPartner, sql)));
    await sql.end();
    expect(answers.filter(isFirst)).toHaveLength(1);
    expect(answers.filter(isRepetition)).toHaveLength(19);
    expect(new Set(answers.map(essence)).size).toBe(1);
    // What stands now is what a single call leaves: one more call changes nothing, and the sums agree.
    const state = await stateOf(demoPartner);
    await send(call);
    expect(await stateOf(demoPartner)).toBe(state);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('refuses its id for any other request, and does nothing of it', async () => {
    const id = randomUUID();
    const { call, others } = await prepare(database.sql(), demoPartner, id);
    const first = await send(call);
    const state = await stateOf(demoPartner);
    for (const other of others) {
      const refusal = await refusalOf(send(other));
      expect({ other, ...refusal }).toMatchObject({ code: 'PT409', message: 'request_id_reused' });
      expect(refusal.detail).toContain(id);
    }
    expect(await stateOf(demoPartner)).toBe(state);
    expect(essence(await send(call))).toBe(essence(first));
  });

  it("has nothing to do with another partner's request of the same id", async () => {
    const id = randomUUID();
    const mine = await prepare(database.sql(), demoPartner, id);
    const theirs = await prepare(database.sql(), otherPartner, id);
    const first = await send(mine.call);
    const [myState, theirState] = [await stateOf(demoPartner), await stateOf(otherPartner)];
    const other = await send(theirs.call, otherPartner);
    expect(isFirst(other)).toBe(true);
    expect(await stateOf(otherPartner)).not.toBe(theirState);
    expect(await stateOf(demoPartner)).toBe(myState);
    expect(essence(await send(mine.call))).toBe(essence(first));
    expect(essence(await send(theirs.call, otherPartner))).toBe(essence(other));
  });

  it('once refused stays refused, although it would be possible by now', async () => {
    const { refused } = await prepare(database.sql(), demoPartner, randomUUID());
    const first = await send(refused.call);
    expect(isFirst(first)).toBe(true);
    expect(essence(first)).not.toMatch(
      /"outcome":"(assigned|revoked|extended|updated|unchanged|created|committed|staged|undone)"/,
    );
    await refused.allow();
    const state = await stateOf(demoPartner);
    const again = await send(refused.call);
    const balanceOfNow = /"balance":\d+,?/g;
    expect(essence(again).replace(balanceOfNow, '')).toBe(essence(first).replace(balanceOfNow, ''));
    expect(await stateOf(demoPartner)).toBe(state);
  });

  it('needs an id', async () => {
    const { call } = await prepare(database.sql(), demoPartner, null);
    expect(await refusalOf(send(call))).toMatchObject({ code: 'PT400', message: 'invalid_request_id' });
  });
});

it('the receipt tells who acted, when, and what was answered', async () => {
  const id = randomUUID();
  const { call } = (await repeatableCommands['assign_member_credits']?.(database.sql(), demoPartner, id)) ?? {};
  if (call === undefined) throw new Error('no such command');
  const answer = await send(call);
  const [receipt] = await database.sql()`
    select command, actor, response, created_at <= now() as dated from public.command_receipts where id = ${id}`;
  expect(receipt).toEqual({
    command: 'assign_member_credits',
    actor: 'demo@partner-console.example',
    response: answer,
    dated: true,
  });
});
