import { quoted, type Finding } from './finding.ts';
import { mixedName } from './look-alike.ts';

const MAX_NAME_LENGTH = 100;
/** Western letters, already composed, without double spaces: nothing to look for, nothing to compose. */
const PLAIN = /^(?:[\x21-\x7E\u00C0-\u00FF]+ )*[\x21-\x7E\u00C0-\u00FF]+$/;
const CONTROL_CHARACTER = /\p{Cc}/u;
/** U+FFFD, or UTF-8 read as Windows-1252 (`JÃ¼rgen`), or the other way round with its replacement marks. */
const WRONG_ENCODING =
  /\uFFFD|[ÃÅÄ][\u0080-\u00BF\u0152\u0153\u0160\u0161\u017D\u017E\u0178\u0192\u02C6\u02DC\u2013-\u203A\u20AC\u2122]/;

/**
 * The first name of a row, trimmed, with single spaces, composed (NFC). Empty is allowed.
 * Issues: `name_missing`, `name_unreadable` and `name_mixed_script` (warnings), `name_control_characters`, `name_too_long`.
 */
export function readFirstName(text: string): Finding<string> {
  const trimmed = text.trim();
  if (trimmed === '') return { value: null, issue: { code: 'name_missing', severity: 'warning', data: {} } };
  if (trimmed.length <= MAX_NAME_LENGTH && PLAIN.test(trimmed)) return { value: trimmed, issue: null };
  if (CONTROL_CHARACTER.test(trimmed)) {
    const data = { value: quoted(trimmed) };
    return { value: null, issue: { code: 'name_control_characters', severity: 'error', data } };
  }
  const name = trimmed.replace(/\s+/g, ' ').normalize('NFC');
  if (name.length > MAX_NAME_LENGTH) {
    const data = { value: quoted(name), length: name.length, max: MAX_NAME_LENGTH };
    return { value: null, issue: { code: 'name_too_long', severity: 'error', data } };
  }
  if (WRONG_ENCODING.test(name)) {
    return { value: name, issue: { code: 'name_unreadable', severity: 'warning', data: { value: name } } };
  }
  const mixed = mixedName(name);
  if (mixed === null) return { value: name, issue: null };
  const data: Record<string, string> = { value: name, ...(mixed.meant === null ? {} : { suggestion: mixed.meant }) };
  return { value: name, issue: { code: 'name_mixed_script', severity: 'warning', data } };
}
