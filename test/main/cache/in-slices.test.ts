import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inSlices } from '../../../main/cache/in-slices.ts';
import { openTestDatabase, type TestDatabase } from '../../builders/database.ts';

describe('long work in slices', () => {
  let test: TestDatabase;
  beforeEach(() => {
    test = openTestDatabase();
    test.database.execute('create table done (piece integer primary key) strict');
  });
  afterEach(() => test.remove());

  const pieces = () => test.database.get<{ pieces: number }>('select count(*) as pieces from done')?.pieces;
  /** Each piece takes `milliseconds`; there are `count` of them. */
  const work = (count: number, milliseconds: number): (() => boolean) => {
    let piece = 0;
    return () => {
      piece += 1;
      test.database.run('insert into done values (?)', piece);
      const until = performance.now() + milliseconds;
      while (performance.now() < until) continue;
      return piece < count;
    };
  };
  const checkpoint = () => test.database.get<{ wal_autocheckpoint: number }>('pragma wal_autocheckpoint');

  it('does at once, in one transaction, what fits into one slice', async () => {
    let slices = 0;
    const ended = inSlices(test.database, work(3, 0), { onSlice: () => (slices += 1) });
    expect(pieces()).toBe(3);
    expect(await ended).toBe('ended');
    expect(slices).toBe(1);
  });

  it('lets others in between, and does everything once', async () => {
    let turns = 0;
    let isOver = false;
    const others = (): void => {
      turns += 1;
      if (!isOver) setImmediate(others);
    };
    setImmediate(others);
    const seen: (number | undefined)[] = [];
    const ended = inSlices(test.database, work(12, 5), { onSlice: () => void seen.push(pieces()) });
    expect(pieces()).toBeLessThan(12);
    expect(await ended).toBe('ended');
    isOver = true;
    expect(pieces()).toBe(12);
    expect(seen.length).toBeGreaterThan(2);
    expect(turns).toBeGreaterThanOrEqual(seen.length - 1);
    expect(checkpoint()).toEqual({ wal_autocheckpoint: 4_000 });
  });

  it('stops between two slices, with everything before committed', async () => {
    let isStopped = false;
    const ended = inSlices(test.database, work(100, 5), {
      onSlice: () => {
        isStopped = (pieces() ?? 0) >= 4;
      },
      isStopped: () => isStopped,
    });
    expect(await ended).toBe('stopped');
    expect(pieces()).toBeGreaterThanOrEqual(4);
    expect(pieces()).toBeLessThan(100);
  });

  it('stops when the database is closed under it', async () => {
    const ended = inSlices(test.database, work(100, 5));
    test.database.close();
    expect(await ended).toBe('stopped');
  });

  it('takes back the slice in which a piece fails, and says why', async () => {
    const good = work(100, 5);
    let piece = 0;
    const failing = (): boolean => {
      piece += 1;
      const hasMore = good();
      if (piece === 6) throw new Error('the sixth');
      return hasMore;
    };
    await expect(inSlices(test.database, failing)).rejects.toThrow('the sixth');
    expect(pieces()).toBeLessThan(6);
    expect(checkpoint()).toEqual({ wal_autocheckpoint: 4_000 });
  });
});
