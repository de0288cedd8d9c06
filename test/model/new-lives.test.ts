import { randomInt } from 'node:crypto';
import { describe } from 'vitest';
import { holdModel, runs, seedOr } from './hold-model.ts';

/** Others in each run; the seed that is printed brings them again. */
describe('the model, with lives that nobody has seen', () => {
  holdModel(3, Math.ceil(runs / 10), seedOr(randomInt(2 ** 30)));
});
