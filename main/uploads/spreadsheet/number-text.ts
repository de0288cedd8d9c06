import type { NumberShape } from './number-shape.ts';

/** Days from the workbook's first day to 1970-01-01, and from the first day of 1900 to that of 1904. */
const DAYS_TO_1970 = 25_569;
const DAYS_1900_TO_1904 = 1_462;
/** 9999-12-31 and a day. */
const END_OF_DATES = 2_958_466;
/** Before it the workbook counts a 29 February 1900 that never was. */
const FIRST_OF_MARCH_1900 = 60;
const SECONDS_A_DAY = 86_400;

/**
 * The text of a number as the person sees it, as far as no digit gets lost: never grouped, never rounded to its format; dates
 * as ISO, which does not depend on the computer's country.
 */
export function numberText(raw: string, shape: NumberShape, isDate1904: boolean): string {
  if (shape === null) return plainNumber(raw);
  const value = Number(raw);
  if (raw.trim() === '' || !Number.isFinite(value)) return raw;
  switch (shape.kind) {
    case 'percent':
      return `${plainNumber(String(Number((value * 100).toPrecision(15))))}%`;
    case 'padded': {
      if (!Number.isInteger(value) || value < 0) return plainNumber(raw);
      return shape.before + plainNumber(raw).padStart(shape.digits, '0') + shape.after;
    }
    case 'date':
    case 'time':
    case 'datetime':
      return dateText(raw, value, shape.kind, isDate1904);
  }
}

/** Digits without exponent; at most the 15 that a spreadsheet keeps, so that 0.1 + 0.2 reads as 0.3. */
export function plainNumber(raw: string): string {
  if (/^-?\d{1,15}$/.test(raw)) return raw;
  const value = Number(raw);
  if (raw.trim() === '' || !Number.isFinite(value)) return raw;
  if (Math.abs(value) >= 1e15 && Number.isInteger(value)) return BigInt(value).toString();
  const rounded = Number(value.toPrecision(15));
  const text = String(rounded);
  if (!text.includes('e')) return text;
  return rounded.toFixed(20).replace(/0+$/, '').replace(/\.$/, '');
}

function dateText(raw: string, value: number, kind: 'date' | 'time' | 'datetime', isDate1904: boolean): string {
  const serial = isDate1904 ? value + DAYS_1900_TO_1904 : value;
  if (serial < 0 || serial >= END_OF_DATES) return plainNumber(raw);
  const days = serial < FIRST_OF_MARCH_1900 ? serial + 1 : serial;
  const seconds = Math.round((days - DAYS_TO_1970) * SECONDS_A_DAY);
  const instant = new Date(seconds * 1_000).toISOString();
  const date = instant.slice(0, 10);
  const time = instant.slice(11, 19);
  if (kind === 'time') return time.endsWith(':00') ? time.slice(0, 5) : time;
  return time === '00:00:00' ? date : `${date} ${time}`;
}
