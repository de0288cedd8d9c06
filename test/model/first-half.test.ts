import { describe } from 'vitest';
import { holdModel } from './hold-model.ts';

describe('the model', () => {
  holdModel(0);
});
