import { MAX_VALIDITY_DAYS } from '../contract/limits.ts';
import { quoted, type Finding, type Issue } from './finding.ts';
import { plainDigits } from './local-digits.ts';
import { readWrittenDate } from './month-names.ts';

const DAY_MS = 86_400_000;
/** A time of day behind the date, as spreadsheets and HR systems append it, is read over. */
const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?Z?)?$/;
/** A date of a spreadsheet that was given a time it does not have. */
const MIDNIGHT = / +(?:0{1,2}:00(?::00(?:\.0+)?)?|12:00(?::00)? AM)$/i;
const YEAR_FIRST = /^(\d{4})([/.])\s?(\d{1,2})\2\s?(\d{1,2})\.?$/;
const DOTTED = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})$/;
const SLASHED = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})$/;

/**
 * The last day on which the credits of a row can be used, as `2026-12-31`. Reads 2026-12-31, 2026/12/31, 31.12.2026, 31 December 2026
 * in the languages of the headers, years of two digits as of this century, and 31/12/2026 or 12/31/2026 where only one of both is a date; 03/04/2026 is ambiguous and refused. Behind each of them
 * may stand the time 0:00, behind ISO any.
 * `today` is the date in UTC, `2026-05-01`. Today itself still counts: credits last to the end of the day.
 */
export function readExpiresOn(text: string, today: string): Finding<string> {
  const value = text.trim();
  if (value === '') return { value: null, issue: null };
  const read = readDate(value);
  if (read === 'none') return refuse('expiry_not_a_date', value);
  if (read === 'ambiguous') return refuse('expiry_ambiguous', value);
  const { date } = read;
  if (date < today) return refuse('expiry_past', value);
  if (Date.parse(date) - Date.parse(today) > MAX_VALIDITY_DAYS * DAY_MS) {
    const data = { value: quoted(value), max: MAX_VALIDITY_DAYS };
    return { value: null, issue: { code: 'expiry_too_far', severity: 'error', data } };
  }
  return { value: date, issue: null };
}

/** Whether a text is a date in one of the forms above, ambiguous ones included. */
export function looksLikeDate(text: string): boolean {
  return readDate(text.trim()) !== 'none';
}

type ReadDate = { readonly date: string } | 'none' | 'ambiguous';

/** Reads a date in one of the forms that `readExpiresOn` names. */
export function readDate(text: string): ReadDate {
  const value = plainDigits(text).replace(MIDNIGHT, '');
  const iso = ISO.exec(value);
  if (iso !== null) return found(calendarDate(iso[1], iso[2], iso[3]));
  const yearFirst = YEAR_FIRST.exec(value);
  if (yearFirst !== null) return found(calendarDate(yearFirst[1], yearFirst[3], yearFirst[4]));
  const dotted = DOTTED.exec(value);
  if (dotted !== null) return found(calendarDate(dotted[3], dotted[2], dotted[1]));
  const slashed = SLASHED.exec(value);
  if (slashed === null) {
    const written = readWrittenDate(value);
    return written === null ? 'none' : found(calendarDate(written.year, written.month, written.day));
  }
  const dayFirst = calendarDate(slashed[4], slashed[3], slashed[1]);
  const monthFirst = calendarDate(slashed[4], slashed[1], slashed[3]);
  if (dayFirst !== null && monthFirst !== null && dayFirst !== monthFirst) return 'ambiguous';
  return found(dayFirst ?? monthFirst);
}

function found(date: string | null): ReadDate {
  return date === null ? 'none' : { date };
}

/** Null for a day that is not in the calendar, e.g. 31 February. */
function calendarDate(year = '', month = '', day = ''): string | null {
  const time = Date.UTC(Number(year.length === 2 ? `20${year}` : year), Number(month) - 1, Number(day));
  const date = new Date(time);
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return null;
  return date.toISOString().slice(0, 10);
}

function refuse(code: Issue['code'], value: string): Finding<string> {
  return { value: null, issue: { code, severity: 'error', data: { value: quoted(value) } } };
}
