import { describe, expect, it } from 'vitest';
import { ASSIGNMENTS, createChunkSize, UPLOAD_ROWS } from '../../../main/sync/chunk-size.ts';

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

  it('finds the number of rows that takes about half a second, within its limits', () => {
    const size = createChunkSize(UPLOAD_ROWS);
    expect(size.rows()).toBe(200);
    for (let chunk = 0; chunk < 10; chunk += 1) size.answered(size.rows(), size.rows() * 0.5);
    expect(size.rows()).toBe(1_100);
    for (let chunk = 0; chunk < 10; chunk += 1) size.answered(size.rows(), 1);
    expect(size.rows()).toBe(2_000);
    // The last chunk of a file is short: it says nothing about long ones.
    size.answered(3, 1_000);
    expect(size.rows()).toBe(2_000);
    for (let chunk = 0; chunk < 10; chunk += 1) size.tooSlow(2_000);
    expect(size.rows()).toBe(25);
  });
});
