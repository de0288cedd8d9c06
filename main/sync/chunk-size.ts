/** As many as the server does in about half a second. It ends a statement after 8 s; people see progress every moment. */
const AIM_MS = 550;
/** So few take the server no time: an answer that is slow all the same has had a long way, on which more at a time is no slower. */
const FEW = 25;

/** How many of something to send at a time. */
export interface ChunkSize {
  rows(): number;
  /** `rows` were answered after `elapsedMs`. */
  answered(rows: number, elapsedMs: number): void;
  /** The server ran out of time over `rows`, did not answer in time, or something on the way did not let so much pass. */
  tooSlow(rows: number): void;
}

export interface ChunkLimits {
  readonly first: number;
  readonly least: number;
  readonly most: number;
}

/** Rows of an upload. */
export const UPLOAD_ROWS: ChunkLimits = { first: 200, least: 25, most: 2_000 };
/** Assignments in one call; alone where a call with more does not pass, so that one that cannot pass holds up no other. */
export const ASSIGNMENTS: ChunkLimits = { first: 200, least: 1, most: 1_000 };

export function createChunkSize(limits: ChunkLimits): ChunkSize {
  let size = limits.first;
  const set = (next: number): void => {
    size = Math.round(Math.min(Math.max(next, limits.least), limits.most));
  };
  return {
    rows: () => size,
    answered(rows, elapsedMs) {
      // At most double or half at a time: one odd answer does not throw the size about. A short last chunk says little.
      if (rows < size / 2) return;
      const wanted = Math.max((rows * AIM_MS) / Math.max(elapsedMs, 1), FEW);
      set(Math.min(Math.max(wanted, size / 2), size * 2));
    },
    tooSlow: (rows) => set(Math.floor(Math.min(rows, size) / 2)),
  };
}
