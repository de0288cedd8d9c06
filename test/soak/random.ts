/** Random choices that a seed repeats. */
export interface Random {
  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  /** True in one of `times` cases. */
  oneIn(times: number): boolean;
  /** One of the items; throws when there is none. */
  pick<T>(items: readonly T[]): T;
  uuid(): string;
}

/**
 * A generator (sfc32, 128 bits) of its own for each worker, so that the order in which they run changes no one's choices. A state of 32 bits
 * would not do: all workers then walk one ring, and one comes to where another began.
 */
export function seededRandom(seed: number): Random {
  let [a, b, c, counter] = [Math.imul(seed + 1, 0x9e3779b1), Math.imul(seed + 1, 0x85ebca6b), seed | 0, 1];
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  }
  for (let warm = 0; warm < 16; warm += 1) next();
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('');
  return {
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    oneIn: (times) => next() * times < 1,
    pick(items) {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}
