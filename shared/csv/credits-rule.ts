import { MAX_CREDITS_PER_ALLOCATION } from '../contract/limits.ts';
import { quoted, type Finding, type Issue } from './finding.ts';
import { plainDigits } from './local-digits.ts';

/** Which mark parts whole numbers from fractions in a file: `comma` as in German, `point` as in English, null unknown. */
export type DecimalMark = 'comma' | 'point' | null;

const PLAIN = /^\+?\d+(?:[.,]0{1,2})?$/;
/** `1.000`, `12,500,000`, `1 000`, `1'000`: groups of three, all parted by the same mark. */
const GROUPED = /^\+?[1-9]\d{0,2}(?:([.,'’ \u00A0\u2009\u202F])\d{3})(?:\1\d{3})*$/;
/** Nothing but noughts behind the decimal mark. */
const NO_FRACTION = /([.,])0{1,2}$/;
const NUMBER = /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)$/;

/**
 * The number of credits of a row; empty means none and is allowed, so is 0.
 * A separator of thousands is read where the file tells which one it uses, with a warning; where it does not tell,
 * `1.000` could be one or a thousand, and asking costs less than 999 credits.
 */
export function readCredits(text: string, decimal: DecimalMark): Finding<number> {
  const value = plainDigits(text).trim();
  if (value === '') return { value: null, issue: null };
  if (PLAIN.test(value)) return within(Number.parseInt(value, 10), value);
  const grouping = GROUPED.exec(value)?.[1];
  if (grouping !== undefined) return readGrouped(value, grouping, decimal);
  // With both marks, `1.000,00`, the last one parts the fraction.
  const mark = NO_FRACTION.exec(value)?.[1];
  const whole = value.replace(NO_FRACTION, '');
  const thousands = mark === undefined ? undefined : GROUPED.exec(whole)?.[1];
  if (thousands !== undefined && thousands !== mark) return readThousands(whole, thousands, value);
  if (!NUMBER.test(value)) return refuse('credits_not_a_number', value);
  if (value.startsWith('-') && /[1-9]/.test(value)) return refuse('credits_negative', value);
  const fraction = /[.,](\d*)$/.exec(value)?.[1] ?? '';
  if (/[1-9]/.test(fraction)) return refuse('credits_fractional', value);
  return within(Math.abs(Number.parseInt(value, 10)) || 0, value);
}

function readGrouped(value: string, mark: string, decimal: DecimalMark): Finding<number> {
  const isDecimalElsewhere = mark === '.' || mark === ',';
  const groups = value.split(mark).length - 1;
  const expected = decimal === 'comma' ? '.' : ',';
  // Two marks or more can only be thousands, and so can a space or an apostrophe.
  if (isDecimalElsewhere && groups === 1 && (decimal === null || mark !== expected)) {
    return refuse('credits_ambiguous', value);
  }
  return readThousands(value, mark, value);
}

function readThousands(whole: string, mark: string, value: string): Finding<number> {
  const credits = Number(whole.replaceAll(mark, ''));
  const checked = within(credits, value);
  if (checked.issue !== null) return checked;
  return { value: credits, issue: { code: 'credits_grouped', severity: 'warning', data: { value, credits } } };
}

function within(credits: number, value: string): Finding<number> {
  if (credits <= MAX_CREDITS_PER_ALLOCATION) return { value: credits, issue: null };
  const data = { value: quoted(value), max: MAX_CREDITS_PER_ALLOCATION };
  return { value: null, issue: { code: 'credits_too_many', severity: 'error', data } };
}

function refuse(code: Issue['code'], value: string): Finding<number> {
  return { value: null, issue: { code, severity: 'error', data: { value: quoted(value) } } };
}
