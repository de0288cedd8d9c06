import { describe, expect, it } from 'vitest';
import { ASSIGNMENTS, createChunkSize } from '../../../main/sync/chunk-size.ts';

describe('how many go at a time', () => {
  it('grows again from one as soon as answers come', () => {
    const size = createChunkSize(ASSIGNMENTS);
    for (let halved = 0; halved < 10; halved += 1) size.tooSlow(size.rows());
    expect(size.rows()).toBe(1);
    for (let answers = 0; answers < 8; answers += 1) size.answered(size.rows(), 20);
    expect(size.rows()).toBeGreaterThan(200);
  });

  it('does not end at one on a way that takes longer than the server', () => {
    const size = createChunkSize(ASSIGNMENTS);
    for (let answers = 0; answers < 100; answers += 1) size.answered(size.rows(), 900);
    expect(size.rows()).toBe(25);
  });
});
