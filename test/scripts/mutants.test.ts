import { describe, expect, it } from 'vitest';
import { readMigrations } from '../../scripts/database/migration-files.ts';
import { allMutants } from '../mutants/all-mutants.ts';
import { applyMutant } from '../mutants/mutant.ts';

const migrations = readMigrations();
const mutants = allMutants(migrations);
const one = {
  name: 'one',
  guard: 'test',
  file: 'allocate_credits',
  find: 'v_balance',
  replace: 'v_other',
  caughtBy: ['receipts'],
};

describe('the table of mutants', () => {
  it('fits the migrations of today: every text stands there exactly as often as said', () => {
    const wrong = mutants.flatMap((mutant) => {
      try {
        applyMutant(migrations, mutant);
        return [];
      } catch (error) {
        return [String(error)];
      }
    });
    expect(wrong).toEqual([]);
    expect(mutants.length).toBeGreaterThan(150);
  });

  it('names each mutant once', () => {
    const names = mutants.map((mutant) => mutant.name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('changes nothing but the text it names, in the function it names', () => {
    const sql = 'create function a.one() as $$ v_balance $$; create function a.two() as $$ v_balance $$;'.replace(
      '; ',
      ';\n',
    );
    const [changed] = applyMutant([{ version: '1', name: 'allocate_credits', sql }], { ...one, within: 'a.two' });
    expect(changed?.sql).toBe(sql.replace(/v_balance(?!.*\n)/, 'v_other'));
  });

  it.each([
    ['is not there', { find: 'no such text' }, 'one: its text stands there 0 times, not 1'],
    ['stands there more often', { find: 'create' }, 'times, not 1'],
    ['is of another file', { file: 'no_such_file' }, '0 migrations are called no_such_file'],
    ['is of another function', { within: 'partner_private.nothing' }, 'partner_private.nothing is defined 0 times'],
  ])('stops loudly where the text %s', (_case, change, message) => {
    expect(() => applyMutant(migrations, { ...one, ...change })).toThrow(message);
  });
});
