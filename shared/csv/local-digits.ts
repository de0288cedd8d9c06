const PLAIN = /^[\x20-\x7E]*$/;
const DIGIT = /\p{Nd}/u;
/** Marks that surround numbers in texts of both directions; they mean nothing. */
const DIRECTION = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g;
/** Signs and marks of other scripts. The Arabic mark of thousands is never one of decimals, as an apostrophe. */
const MARKS: Readonly<Record<string, string>> = {
  '\u066B': ',',
  '\u066C': "'",
  '\uFF0B': '+',
  '\uFF0C': ',',
  '\uFF0D': '-',
  '\uFF0E': '.',
  '\uFF0F': '/',
  '\u2212': '-',
};

/** A number or date with the digits and marks of any script (`٥`, `１２`) in those of ASCII; everything else stays. */
export function plainDigits(text: string): string {
  if (PLAIN.test(text)) return text;
  return Array.from(text.replace(DIRECTION, ''), (letter) => MARKS[letter] ?? digitOf(letter) ?? letter).join('');
}

/** Every script has its ten digits in a row, from zero on (Unicode 16, §4.6), sets of ten beside each other included. */
function digitOf(letter: string): string | null {
  const code = letter.codePointAt(0);
  if (code === undefined || code < 0x80 || !DIGIT.test(letter)) return null;
  let first = code;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}
