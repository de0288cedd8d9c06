import { describe, expect, it } from 'vitest';
import { backoffDelay } from '../../../main/sync/backoff.ts';

describe('the time between two attempts', () => {
  it('doubles a random delay up to its cap, and never falls under half its base', () => {
    const limits = { baseMs: 1_000, capMs: 15_000 };
    expect([1, 2, 3, 4, 5, 50].map((failures) => backoffDelay(failures, limits, () => 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
    ]);
    expect(backoffDelay(9, limits, () => 0)).toBe(500);
    expect(backoffDelay(9, limits, () => 0.5)).toBe(7_500);
  });
});
