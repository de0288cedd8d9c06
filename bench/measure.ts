/** Several timings of one thing, in milliseconds. */
export interface Timing {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: number;
}

/** One line of a benchmark's table. */
export interface Figure {
  readonly what: string;
  readonly value: string;
  /** The goal it is held against, in words; empty where it is a baseline. */
  readonly goal: string;
  readonly isMet: boolean | null;
}

/** What a benchmark found: figures for people, everything else for the JSON file. */
export interface BenchReport {
  readonly name: string;
  readonly figures: readonly Figure[];
  readonly data: Readonly<Record<string, unknown>>;
  /** Texts that belong below the table: plans of statements, say. */
  readonly notes?: readonly string[];
}

/** Median and spread: machines are noisy, one timing says nothing. */
export function timing(milliseconds: readonly number[]): Timing {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, lowest: at(0), highest: at(sorted.length - 1), rounds: sorted.length };
}

/** `0.84 s (0.80–0.91)` */
export function seconds({ median, lowest, highest }: Timing): string {
  const text = (milliseconds: number): string => (milliseconds / 1_000).toFixed(2);
  return `${text(median)} s (${text(lowest)}–${text(highest)})`;
}

/** A figure without a goal. */
export function baseline(what: string, value: string): Figure {
  return { what, value, goal: '', isMet: null };
}

/** The table of a benchmark. */
export function formatTable({ name, figures, notes = [] }: BenchReport): string {
  const verdict = (isMet: boolean | null): string => (isMet === null ? '' : isMet ? 'met' : 'MISSED');
  const lines = [
    [name, 'measured', 'goal', ''],
    ...figures.map(({ what, value, goal, isMet }) => [what, value, goal, verdict(isMet)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const printed = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(Math.max(...printed.map((line) => line.length)));
  return [printed[0], rule, ...printed.slice(1), '', ...notes].join('\n');
}
