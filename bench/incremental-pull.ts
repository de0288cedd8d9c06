import { baseline, seconds, timing, type BenchReport } from './measure.ts';
import {
  CHANGED,
  changeSome,
  engineOf,
  expectChanged,
  functionsOf,
  pullNow,
  withDatabase,
  withMembers,
} from './pull-place.ts';

/**
 * What the console does again and again: a hundred members that changed among many, through real PostgREST into a real cache that has all
 * the others, by its own engine.
 */
export function benchIncrementalPull(members: number, rounds: number): Promise<BenchReport> {
  return withMembers(members, (hybrid) =>
    withDatabase(async ({ database }) => {
      const increments: number[] = [];
      const requests: number[] = [];
      let calls = 0;
      const functions = functionsOf(hybrid, () => {
        calls += 1;
      });
      const engine = engineOf(database, functions);
      engine.signedIn();
      await pullNow(engine);
      for (let round = 0; round < rounds; round += 1) {
        await changeSome(hybrid, round);
        calls = 0;
        increments.push(await pullNow(engine));
        requests.push(calls);
        expectChanged(database, round);
      }
      await engine.close();
      const [time, most] = [timing(increments), timing(requests).highest];
      return {
        name: 'incremental-pull',
        figures: [
          baseline('members', members.toLocaleString('en')),
          {
            what: `${String(CHANGED)} changes among them`,
            value: seconds(time),
            goal: '≤ 0.3 s',
            isMet: time.median <= 300,
          },
          { what: 'requests for them', value: String(most), goal: '≤ 3', isMet: most <= 3 },
        ],
        data: { members, changed: CHANGED, increments, requests },
      };
    }),
  );
}
