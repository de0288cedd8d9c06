import { describe } from 'vitest';
import { holdModel, runs, seedOr } from './hold-model.ts';

describe('the model', () => {
  holdModel(1, Math.ceil(runs / 2), seedOr(41));
});
