/** Cyrillic and Greek letters that pass for Latin ones, each before the letter it looks like. */
const PAIRS =
  'аa еe оo рp сc уy хx іi јj ѕs ԁd һh ԛq ԝw ѵv ӏl кk ԍg αa οo νv ρp ιi κk τt υu χx ɡg АA ВB ЕE КK МM НH ОO РP СC ТT ХX УY ІI ЈJ ЅS ԚQ ԜW ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX';
const toLatin = new Map(PAIRS.split(' ').map((pair) => [pair.slice(0, 1), pair.slice(1)]));
const toCyrillic = new Map(
  [...toLatin].filter(([letter]) => /\p{Script=Cyrillic}/u.test(letter)).map(([a, b]) => [b, a]),
);
const SCRIPTS = ['Latin', 'Cyrillic', 'Greek'].map((script) => new RegExp(`\\p{Script=${script}}`, 'u'));
const ASCII = /^\p{ASCII}*$/u;

/** A word in one script is fine, whatever script it is: only a word that mixes them looks like what it is not. */
function mixesScripts(word: string): boolean {
  return SCRIPTS.filter((script) => script.test(word)).length > 1;
}

function replaced(text: string, letters: ReadonlyMap<string, string>): string {
  return Array.from(text, (letter) => letters.get(letter) ?? letter).join('');
}

/** With Latin letters in place of those that look like them. */
export function inLatin(text: string): string {
  return replaced(text, toLatin);
}

/**
 * The domain that is meant by one with letters of another script that pass for Latin ones, or null when nothing is suspicious:
 * `fіrma.example` with a Cyrillic і, but neither `müller.de` nor `пример.рф`.
 */
export function meantDomain(domain: string): string | null {
  if (ASCII.test(domain)) return null;
  const labels = domain.split('.');
  const isLatin = ASCII.test(labels.at(-1) ?? '');
  const meant = labels.map((label) => {
    if (ASCII.test(label)) return label;
    // The dotless ı is Latin, and passes for an i.
    const latin = inLatin(label).replaceAll('ı', 'i');
    return mixesScripts(label) || (isLatin && ASCII.test(latin)) ? latin : label;
  });
  const whole = meant.join('.');
  return whole === domain ? null : whole;
}

/** Whether a word of the name mixes scripts, and the name that is meant, null when that is not obvious. */
export function mixedName(name: string): { readonly meant: string | null } | null {
  const words = name.split(/([\s'’.-]+)/);
  if (!words.some(mixesScripts)) return null;
  const meant = words.map((word) => {
    if (!mixesScripts(word)) return word;
    return [replaced(word, toLatin), replaced(word, toCyrillic)].find((it) => !mixesScripts(it)) ?? null;
  });
  return { meant: meant.includes(null) ? null : meant.join('') };
}
