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

/** A generator (xorshift, 32 bits) of its own for each worker, so that the order in which they run changes no one's choices. */
export function seededRandom(seed: number): Random {
  // Zero would stay zero for ever; neighbouring seeds must not begin alike.
  let state = Math.imul(seed + 1, 0x9e3779b1) | 0 || 1;
  function next(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
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
