import { foldHeader } from './header-names.ts';

/** The months by language, in order, with what they are cut to, as `foldHeader` writes them. A word means one month in all of them. */
const MONTHS: readonly string[] = [
  'january jan|januar janner|janvier janv|enero ene|janeiro|gennaio gen|januari|stycznia styczen sty|ocak oca',
  'february feb|februar feber|fevrier fevr fev|febrero|fevereiro|febbraio|februari|lutego luty lut|subat sub',
  'march mar|marz mrz|mars|marzo|marco|maart mrt|marca marzec|mart',
  'april apr|avril avr|abril abr|aprile|kwietnia kwiecien kwi|nisan nis',
  'may|mai|mayo|maio|maggio mag|mei|maja maj|mayis',
  'june jun|juni|juin|junio|junho|giugno giu|czerwca czerwiec cze|haziran haz',
  'july jul|juli|juillet juil|julio|julho|luglio lug|lipca lipiec lip|temmuz tem',
  'august aug|aout aou|agosto ago|augustus augusti|sierpnia sierpien sie|agustos',
  'september sep sept|septembre|septiembre setiembre|setembro set|settembre|wrzesnia wrzesien wrz|eylul eyl',
  'october oct|oktober okt|octobre|octubre|outubro out|ottobre ott|pazdziernika pazdziernik paz|ekim eki',
  'november nov|novembre|noviembre|novembro|listopada listopad lis|kasim kas',
  'december dec|dezember dez|decembre|diciembre dic|dezembro|dicembre|grudnia grudzien gru|aralik ara',
];
const monthOf = new Map(
  MONTHS.flatMap((names, index) => names.split(/[ |]/).map((name): [string, string] => [name, String(index + 1)])),
);
/** Words between the parts of a date: `31 de diciembre de 2026`. */
const FILLERS = new Set(['de', 'del', 'of', 'the', 'le', 'el', 'il', 'den', 'r']);
/** A longer text is no date. */
const MAX_LENGTH = 40;

/** Reads a date whose month is a word, `31. Dezember 2026` or `Dec 31, 2026`; null when it is none. */
export function readWrittenDate(
  text: string,
): { readonly year: string; readonly month: string; readonly day: string } | null {
  if (text.length > MAX_LENGTH || !/\p{L}{3}/u.test(text) || !/\d/.test(text)) return null;
  const parts = foldHeader(text)
    .split(' ')
    .filter((part) => !FILLERS.has(part))
    .map((part) => part.replace(/^(\d{1,2})(?:st|nd|rd|th|er)$/, '$1'));
  const [one = '', two = '', year = ''] = parts;
  if (parts.length !== 3 || !/^(?:\d{4}|\d{2})$/.test(year)) return null;
  const [day, name] = monthOf.has(one) ? [two, one] : [one, two];
  const month = monthOf.get(name);
  return month === undefined || !/^\d{1,2}$/.test(day) ? null : { year, month, day };
}
