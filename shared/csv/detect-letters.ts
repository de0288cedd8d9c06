import type { TextEncoding } from '../contract/uploads.ts';

/** Encodings of one byte a letter that can be recognised; the most frequent first. */
const candidates = ['windows-1252', 'windows-1250', 'windows-1254', 'iso-8859-2', 'macintosh'] as const;
type Candidate = (typeof candidates)[number];

const western = 'äöüßÄÖÜéèêëàâáãåçñíìîïóòôõøúùûœæÉÈÁÀÂÅÇÑÍÓÔØÚŒÆ';
const central = 'ąćęłńóśźżĄĆĘŁŃÓŚŹŻáéíúýčďěňřšťůžÁÉÍÚÝČĎĚŇŘŠŤŮŽőűŐŰäöüßÄÖÜôľĺŕăâîşţĂÂÎŞŢđĐ';

/** Letters that names and headers have in the languages of an encoding. */
const known: Readonly<Record<Candidate, ReadonlySet<string>>> = {
  'windows-1252': new Set(`${western}ÿýðþ`),
  'windows-1250': new Set(central),
  'windows-1254': new Set('çğıöşüÇĞİÖŞÜâîûéÂÎÛÉ'),
  'iso-8859-2': new Set(central),
  macintosh: new Set(western),
};

/** The frequent ones among them: they decide where two encodings both give letters. */
const common: Readonly<Record<Candidate, ReadonlySet<string>>> = {
  'windows-1252': new Set('äöüßéèáíóñçêôâàúëïøåÖÜÄ'),
  'windows-1250': new Set('łąęóśżćńźŁŚŻáéíýčšřžěůöüő'),
  'windows-1254': new Set('çğıöşüÇĞİÖŞÜ'),
  'iso-8859-2': new Set('łąęóśżćńźŁŚŻáéíýčšřžěůöüő'),
  macintosh: new Set('äöüßéèáíóñçêôâàúëïøåÖÜÄÉ'),
};

/** Added to every other encoding: of two that read a file equally well, the more frequent one is right more often. */
const RARER = -0.5;
/** A lead below this, for each letter that two encodings read differently, needs a look by a person. */
const CERTAIN_LEAD = 2;

/** How much of the words is looked at: as many names as a thousand people have. This runs where people wait. */
const LOOKED_AT = 20_000;

/** How well an encoding fits. */
interface Fit {
  readonly encoding: Candidate;
  readonly text: string;
  readonly score: number;
}

/** The encodings of some words, the best first, and whether nobody needs to look. */
export interface LetterVerdict {
  readonly ranked: readonly TextEncoding[];
  readonly isCertain: boolean;
}

/**
 * Ranks the encodings of one byte a letter by the letters they give: common ones of its languages speak for an encoding, signs
 * within words and capitals behind small letters against it. `words` are the words of a file beyond ASCII, each once, as bytes;
 * `decode` gives them as text.
 */
export function rankByLetters(words: Uint8Array, decode: (encoding: TextEncoding) => string): LetterVerdict {
  const start = words.subarray(0, LOOKED_AT);
  const fits = candidates
    .map((encoding): Fit => {
      const text = decode(encoding).slice(0, LOOKED_AT);
      return { encoding, text, score: letterScore(encoding, text) + bonus(encoding, start) };
    })
    .toSorted((a, b) => b.score - a.score);
  const [best, ...others] = fits;
  if (best === undefined) throw new Error('there are encodings to rank');
  const isCertain = others.every((other) => {
    const differing = differences(best.text, other.text);
    return differing === 0 || best.score - other.score >= Math.max(1, differing) * CERTAIN_LEAD;
  });
  return { ranked: fits.map((fit) => fit.encoding), isCertain };
}

function letterScore(encoding: Candidate, text: string): number {
  let score = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) < 0x80) continue;
    const letter = text.charAt(index);
    const before = text.charAt(index - 1);
    const after = text.charAt(index + 1);
    if (common[encoding].has(letter)) score += 2;
    else if (known[encoding].has(letter)) score += 1;
    else if (isLetter(letter)) score -= 1;
    else score -= isAsciiLetter(before) || isAsciiLetter(after) ? 4 : 1;
    if (isCapital(letter) && isSmall(before)) score -= 3;
    if (isSmall(letter) && before !== '' && !isLetter(before) && isSmall(after)) score -= 1;
  }
  return score;
}

function bonus(encoding: Candidate, words: Uint8Array): number {
  const rarer = encoding === 'windows-1252' ? 0 : RARER;
  if (encoding !== 'macintosh') return rarer;
  // Windows keeps its letters above 9F, the Mac many of them below.
  let high = 0;
  let low = 0;
  for (const byte of words) {
    if (byte >= 0x80) high += 1;
    if (byte >= 0x80 && byte < 0xa0) low += 1;
  }
  return rarer + (low > high * 0.6 ? 2 * high : 0);
}

/** In how many places two readings of the same bytes differ: one byte is one letter in each. */
function differences(one: string, other: string): number {
  let count = 0;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) count += 1;
  return count;
}

type Kind = 'capital' | 'small' | 'letter' | 'other';

/** Of the few hundred letters that these encodings have: asked for once each. */
const kinds = new Map<string, Kind>();

function kindOf(text: string): Kind {
  let kind = kinds.get(text);
  if (kind === undefined) {
    const isOf = (property: RegExp): boolean => property.test(text);
    kind = isOf(/^\p{Lu}/u) ? 'capital' : isOf(/^\p{Ll}/u) ? 'small' : isOf(/^\p{L}/u) ? 'letter' : 'other';
    kinds.set(text, kind);
  }
  return kind;
}

const isLetter = (text: string): boolean => kindOf(text) !== 'other';
const isCapital = (text: string): boolean => kindOf(text) === 'capital';
const isSmall = (text: string): boolean => kindOf(text) === 'small';
const isAsciiLetter = (text: string): boolean => /^[A-Za-z]/.test(text);
