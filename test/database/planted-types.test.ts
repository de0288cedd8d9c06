import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { connect } from '../backend/start-postgres.ts';
import { becomeCaller, demoPartner, partner } from './act-as.ts';
import { callsNaming, callText, namedOf } from './function-calls.ts';
import { fillBoth } from './two-partners.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

/** Types that the bodies name. Each becomes a domain in the caller's temporary schema whose check runs the caller's code. */
const names = ['uuid', 'text', 'jsonb', 'json', 'int4', 'int8', 'bool', 'bytea', 'timestamptz', 'xid8'];

it('no function runs what its caller planted under the name of a type', async () => {
  await fillBoth(database.sql());
  const named = { ...(await namedOf(database.sql(), demoPartner)), receiptId: randomUUID() };
  const calls = Object.entries(callsNaming(named)).flatMap(([name, list]) =>
    list.map((args) => callText(`public.${name}`, args)),
  );
  expect(calls.length).toBeGreaterThan(12);
  for (const call of calls) {
    // A session of its own: no function is compiled yet.
    const session = connect(database.url());
    const work = session.begin(async (transaction) => {
      await becomeCaller(transaction, partner(demoPartner));
      await transaction.unsafe(`
        create function pg_temp.planted(value anyelement) returns pg_catalog.bool language plpgsql as $$
        begin
          if current_user <> 'authenticated' then raise exception 'planted code runs as %', current_user; end if;
          return true;
        end $$;
        ${names
          .map((name) => `create domain pg_temp.${name} as pg_catalog.${name} check (pg_temp.planted(value));`)
          .join('\n')}`);
      await transaction.unsafe(`select ${call}`);
    });
    const refusal = await work.then(
      () => '',
      (error: unknown) => String(error),
    );
    await session.end();
    expect({ call, refusal: refusal.includes('planted') ? refusal : '' }).toEqual({ call, refusal: '' });
  }
});
