import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends, type Backend } from './backends.ts';
import { accessCases } from './cases/access.ts';
import { argumentCases } from './cases/arguments.ts';
import { correctingCases } from './cases/correcting.ts';
import { givingCases } from './cases/giving.ts';
import { readingCases } from './cases/reading.ts';
import { sendingCases } from './cases/sending.ts';
import { undoingCases } from './cases/undoing.ts';
import { uploadingCases } from './cases/uploading.ts';
import { differences, type Difference } from './differences.ts';
import { makeKit, type Case, type Kit } from './kit.ts';

const cases: readonly Case[] = [
  ...accessCases,
  ...readingCases,
  ...givingCases,
  ...correctingCases,
  ...uploadingCases,
  ...undoingCases,
  ...sendingCases,
  ...argumentCases,
];
const differenceOf = (name: string): Difference | undefined => differences.find((it) => it.cases.includes(name));

describe('the list of differences', () => {
  it('names cases that there are, each once, and says why', () => {
    const names = cases.map((it) => it.name);
    expect(new Set(names).size).toBe(names.length);
    const differing = differences.flatMap((it) => it.cases);
    expect(differing.filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(differing).size).toBe(differing.length);
    for (const { why } of differences) expect(why.length).toBeGreaterThan(30);
  });
});

describe.each(backends)('$name', ({ name, missing, start }) => {
  describe.skipIf(missing !== null)(`contract${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
    let backend: Backend;
    let kit: Kit;
    let answers: unknown[];
    beforeAll(async () => {
      backend = await start();
      kit = await makeKit(backend, (data) => answers.push(data));
    });
    afterAll(() => backend.close());

    const differing = name === 'sandbox' ? cases.filter((it) => differenceOf(it.name) !== undefined) : [];
    const agreeing = cases.filter((it) => !differing.includes(it));

    it.each(agreeing)('$name', async ({ run, expected, shape }) => {
      answers = [];
      expect(await run(kit)).toMatchObject(expected);
      for (const answer of shape === undefined ? [] : answers.slice(-1)) shape?.parse(answer);
    });

    it.each(differing)('differs: $name', async ({ name: title, run, expected }) => {
      const answer = await run(kit);
      expect(answer).toMatchObject(differenceOf(title)?.seen ?? {});
      // A difference that has gone has to leave the list.
      expect(() => {
        expect(answer).toMatchObject(expected);
      }).toThrow(/to match object/);
    });
  });
});
