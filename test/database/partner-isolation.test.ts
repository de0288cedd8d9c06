import { describe, expect, it } from 'vitest';
import { expectedFunctions } from './access-expectations.ts';
import { partner } from './act-as.ts';
import type { Caller } from './act-as.ts';
import { brokenInvariants } from './facts.ts';
import {
  callsNaming,
  callText,
  identitiesIn,
  namedNowhere,
  namedOf,
  outcomeOf,
  withoutIdentity,
} from './function-calls.ts';
import type { Arguments, Named, Outcome } from './function-calls.ts';
import { dataOf, fillBoth, findCallers, partnerA, partnerB } from './two-partners.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const closed = [...expectedFunctions].flatMap(([signature, expected]) => (expected === 'closed' ? [signature] : []));
const nameOf = (signature: string): string => signature.slice(0, signature.indexOf('('));
/** The functions of the API by name, each with its wrapper and its body, which the caller may execute as well. */
const open = [...expectedFunctions].flatMap(([signature, expected]) =>
  expected === 'closed' || !signature.startsWith('public.') ? [] : [{ name: nameOf(signature).slice(7), expected }],
);

/** The expressions that call both, wrapper and body, with each of the sets of arguments that name these ids. */
function callsOf(name: string, named: Named): { expression: string; args: Arguments }[] {
  const calls = callsNaming(named)[name];
  if (calls === undefined) throw new Error(`there is no call of ${name} in function-calls.ts`);
  return ['public', 'partner_private'].flatMap((schema) =>
    calls.map((args) => ({ expression: callText(`${schema}.${name}`, args), args })),
  );
}

/** An outcome in a word: the SQLSTATE of a refusal, `false`, or `an answer`. */
function inShort({ answer, refusal }: Outcome): string {
  if (refusal !== null) return refusal.startsWith('42501 permission denied') ? 'no privilege' : refusal.slice(0, 5);
  return answer === false ? 'false' : 'an answer';
}

describe('functions of the API', () => {
  it.each(open)('$name answers those whom it is for, and refuses the others', async ({ name, expected }) => {
    const sql = database.sql();
    await fillBoth(sql);
    // New ids of requests: what was answered before is not asked for again.
    const { receiptId, uploadId } = namedNowhere();
    const calls = callsOf(name, { ...(await namedOf(sql, partnerA)), receiptId, uploadId });
    const callers = await findCallers(sql);
    for (const { expression } of calls) {
      const seen: Record<string, string> = {};
      for (const [who, caller] of Object.entries(callers) as [string, Caller][]) {
        seen[who] = inShort(await outcomeOf(sql, caller, expression, { keep: false }));
      }
      expect({ expression, ...seen }).toEqual({
        expression,
        nobody: 'no privilege',
        'nobody signed in': expected.nobodySignedInGets,
        member: expected.memberGets,
        'partner A': 'an answer',
        // With A's ids, B gets what the tests below allow.
        'partner B': expect.stringMatching(/^(an answer|false|PT4\d\d)$/),
        'service role': expected.by.includes('service_role') ? 'an answer' : 'no privilege',
      });
    }
  });

  it('keep their parts to themselves: nobody executes one from outside', async () => {
    const sql = database.sql();
    const callers = await findCallers(sql);
    for (const signature of closed) {
      const [row] = await sql<{ types: string[] }[]>`
        select array(
          select format_type(t.type, null) from unnest(p.proargtypes::oid[]) with ordinality as t (type, place) order by place
        ) as types from pg_catalog.pg_proc p where p.oid = ${signature}::regprocedure`;
      const expression = `${nameOf(signature)}(${(row?.types ?? []).map((type) => `null::${type}`).join(', ')})`;
      for (const [who, caller] of Object.entries(callers) as [string, Caller][]) {
        const outcome = inShort(await outcomeOf(sql, caller, expression, { keep: false }));
        expect({ expression, who, outcome }).toEqual({ expression, who, outcome: 'no privilege' });
      }
    }
  });

  it('run as their caller where they are exposed, and as their owner where they are private', async () => {
    const bodies = await database.sql()<{ name: string; exposed: boolean; body: boolean | null }[]>`
      select p.oid::regprocedure::text as name, p.prosecdef as exposed, b.prosecdef as body from pg_catalog.pg_proc p
      left join pg_catalog.pg_proc b on b.proname = p.proname and b.proargtypes = p.proargtypes
        and b.pronamespace = 'partner_private'::regnamespace
      where p.pronamespace = 'public'::regnamespace`;
    expect(bodies).toHaveLength(open.length);
    expect(bodies.filter(({ exposed, body }) => exposed || body !== true)).toEqual([]);
  });
});

describe.each([
  ['partner A', partnerA, partnerB],
  ['partner B', partnerB, partnerA],
])('the ids of another partner in the hands of %s', (_who, attacker, victim) => {
  it.each(open)('change and tell nothing through $name', async ({ name }) => {
    const sql = database.sql();
    await fillBoth(sql);
    const theirs = await namedOf(sql, victim);
    const before = await dataOf(sql, victim);
    const secrets = identitiesIn(before);
    for (const known of identitiesIn(await dataOf(sql, attacker))) secrets.delete(known);
    expect(secrets.size).toBeGreaterThan(50);

    for (const { expression, args } of callsOf(name, theirs)) {
      const outcome = await outcomeOf(sql, partner(attacker), expression, { keep: true });
      const told = identitiesIn(JSON.stringify(outcome));
      // What the caller said itself may come back.
      for (const value of Object.values(args)) for (const id of identitiesIn(String(value))) told.delete(id);
      expect([...told].filter((identity) => secrets.has(identity))).toEqual([]);
    }
    expect(await dataOf(sql, victim)).toBe(before);
    expect(await brokenInvariants(sql)).toEqual([]);
  });

  it.each(open)('are told apart from ids that are nowhere by nothing in $name', async ({ name }) => {
    const sql = database.sql();
    await fillBoth(sql);
    const absent = callsOf(name, namedNowhere());
    for (const [index, foreign] of callsOf(name, await namedOf(sql, victim)).entries()) {
      const texts: string[] = [];
      for (const call of [foreign, absent[index]]) {
        if (call === undefined) throw new Error('the calls do not depend on the ids');
        const outcome = await outcomeOf(sql, partner(attacker), call.expression, { keep: false });
        texts.push(withoutIdentity(outcome, call.args));
      }
      expect(texts[0]).toBe(texts[1]);
    }
  });
});
