import type { RuleCode } from './rule-code.ts';

/** What a rule has to say about one value. */
export interface Issue {
  readonly code: RuleCode;
  readonly severity: 'error' | 'warning';
  /** Data for the message, as rule-code.ts lists it. */
  readonly data: Record<string, string | number>;
}

/** A value as the server gets it: null where the cell is empty or the rule refused it (then with an issue). */
export interface Finding<T> {
  readonly value: T | null;
  readonly issue: Issue | null;
}

/** A cell can hold a megabyte; what a message quotes of it is cut. */
const QUOTED_LENGTH = 120;

/** The text as a message quotes it. */
export function quoted(text: string): string {
  return text.length <= QUOTED_LENGTH ? text : `${text.slice(0, QUOTED_LENGTH)}…`;
}
