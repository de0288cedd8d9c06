/** Rows of the first chunk; then as many as the server does in about half a second. */
const FIRST_ROWS = 200;
const LEAST_ROWS = 25;
const MOST_ROWS = 2_000;
const AIM_MS = 550;

/** How many rows of an upload to send at a time. The server ends a statement after 8 s; people see progress every moment. */
export interface ChunkSize {
  rows(): number;
  /** `rows` were answered after `elapsedMs`. */
  answered(rows: number, elapsedMs: number): void;
  /** The server ran out of time, or did not answer in time. */
  tooSlow(): void;
}

export function createChunkSize(): ChunkSize {
  let size = FIRST_ROWS;
  const set = (next: number): void => {
    size = Math.round(Math.min(Math.max(next, LEAST_ROWS), MOST_ROWS));
  };
  return {
    rows: () => size,
    answered(rows, elapsedMs) {
      // At most double or half at a time: one odd answer does not throw the size about. A short last chunk says little.
      if (rows < size / 2) return;
      const wanted = (rows * AIM_MS) / Math.max(elapsedMs, 1);
      set(Math.min(Math.max(wanted, size / 2), size * 2));
    },
    tooSlow: () => set(size / 2),
  };
}
