import type { Clock } from '../../main/platform/platform.ts';

/** A clock that moves only when a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time on and runs what falls due on the way, in order. Lets promises settle in between. */
  advance(milliseconds: number): Promise<void>;
  /** The wall clock jumps; timers, which are monotonic, do not notice. */
  jump(milliseconds: number): void;
  /** Timers that are waiting. */
  waiting(): number;
}

export function fakeClock(start = '2026-05-01T12:00:00Z'): FakeClock {
  let wall = Date.parse(start);
  let monotonic = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => wall,
    after(milliseconds, callback) {
      const timer = { at: monotonic + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(milliseconds) {
      const end = monotonic + milliseconds;
      await settled();
      for (;;) {
        const next = [...timers].filter((timer) => timer.at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        wall += next.at - monotonic;
        monotonic = next.at;
        next.callback();
        await settled();
      }
      wall += end - monotonic;
      monotonic = end;
    },
    jump(milliseconds) {
      wall += milliseconds;
    },
    waiting: () => timers.size,
  };
}

/** Lets everything that waits only for promises go on to its end. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
