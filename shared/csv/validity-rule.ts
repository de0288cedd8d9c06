import { MAX_VALIDITY_DAYS } from '../contract/limits.ts';
import { quoted, type Finding } from './finding.ts';
import { plainDigits } from './local-digits.ts';

const WHOLE_NUMBER = /^[+-]?\d+(?:[.,]0{1,2})?$/;

/** Days from today that the credits of a row last, 1 to 3,650; empty means the default of 90 and is allowed. */
export function readValidityDays(text: string): Finding<number> {
  const value = plainDigits(text).trim();
  if (value === '') return { value: null, issue: null };
  if (!WHOLE_NUMBER.test(value)) {
    return { value: null, issue: { code: 'validity_not_a_number', severity: 'error', data: { value: quoted(value) } } };
  }
  const days = Number.parseInt(value, 10);
  if (days >= 1 && days <= MAX_VALIDITY_DAYS) return { value: days, issue: null };
  const data = { value: quoted(value), min: 1, max: MAX_VALIDITY_DAYS };
  return { value: null, issue: { code: 'validity_out_of_range', severity: 'error', data } };
}
