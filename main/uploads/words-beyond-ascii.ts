import { isUtf8 } from 'node:buffer';

/** The marks between words: line breaks, separators of columns, quotes. */
const isBetween = (code: number): boolean =>
  code < 0x20 || code === 0x2c || code === 0x3b || code === 0x7c || code === 0x22;
/** Longer ones are no names. In bytes, or in letters. */
const MAX_WORD_LENGTH = 200;
/** How many are kept. */
const MAX_WORDS = 2_000;
/** How many are looked at in one go: a millisecond or so. */
const WORDS_AT_ONCE = 2_000;

/** Collects the cells of a file that have bytes beyond ASCII, each once: by them an encoding of one byte a letter is recognised. */
export class WordsBeyondAscii {
  readonly #words = new Map<string, boolean>();
  #inUtf8 = 0;

  /** At least four fifths of the words are valid UTF-8; in other encodings next to none is. */
  get isMostlyUtf8(): boolean {
    return this.#inUtf8 > 0 && this.#inUtf8 >= this.#words.size * 0.8;
  }

  /** At least one in fifty is. */
  get isPartlyUtf8(): boolean {
    return this.#inUtf8 > 0 && this.#inUtf8 >= this.#words.size * 0.02;
  }

  add(piece: Uint8Array): void {
    let at: number | null = 0;
    while (at !== null) at = this.addSome(piece, at);
  }

  /** Looks at the next words of a piece from a place on. Answers from where to go on; null at the end, or when enough are known. */
  addSome(piece: Uint8Array, from: number): number | null {
    let at = from;
    for (let seen = 0; seen < WORDS_AT_ONCE; seen += 1) {
      if (this.#words.size >= MAX_WORDS) return null;
      while (at < piece.length && (piece[at] ?? 0) < 0x80) at += 1;
      if (at >= piece.length) return null;
      let start = at;
      while (start > 0 && at - start < MAX_WORD_LENGTH && !isBetween(piece[start - 1] ?? 0)) start -= 1;
      let end = at;
      while (end < piece.length && end - start < MAX_WORD_LENGTH && !isBetween(piece[end] ?? 0)) end += 1;
      const word = Buffer.from(piece.buffer, piece.byteOffset + start, end - start);
      const key = word.toString('latin1');
      if (!this.#words.has(key)) {
        const inUtf8 = isUtf8(word);
        this.#words.set(key, inUtf8);
        if (inUtf8) this.#inUtf8 += 1;
      }
      at = Math.max(end, at + 1);
    }
    return at;
  }

  /** The words, between line breaks: those that are UTF-8 and those that are not in turn, so that the first show both. */
  finish(): Uint8Array {
    const words = [...this.#words.keys()];
    const inUtf8 = words.filter((word) => this.#words.get(word));
    const others = words.filter((word) => !this.#words.get(word));
    const inTurn = others.flatMap((word, index) => [word, ...inUtf8.slice(index, index + 1)]);
    return Buffer.from([...inTurn, ...inUtf8.slice(others.length)].join('\n'), 'latin1');
  }
}

/** Words of a text that are not all ASCII, each once. */
export function namesBeyondAscii(text: string, limit: number): string[] {
  const names = new Set<string>();
  for (let at = 0; at < text.length && names.size < limit; at += 1) {
    if (text.charCodeAt(at) < 0x80) continue;
    let start = at;
    while (start > 0 && at - start < MAX_WORD_LENGTH && !isBetween(text.charCodeAt(start - 1))) start -= 1;
    let end = at;
    while (end < text.length && end - start < MAX_WORD_LENGTH && !isBetween(text.charCodeAt(end))) end += 1;
    const name = text.slice(start, end).trim();
    if (name !== '') names.add(name);
    at = end;
  }
  return [...names];
}
