import { ReadFault } from '../read-fault.ts';

/** What a scanner finds. Names are without their prefix; attributes and texts as they stand, see `xml-text.ts`. */
export interface TagSink {
  /** `attributes` is everything between name and end of the tag. */
  start(name: string, attributes: string): void;
  /** Also called for an element without content. */
  end(name: string): void;
  text(raw: string): void;
}

/** The longest text or tag: a cell of a spreadsheet holds 32,767 characters at most. */
const MAX_LENGTH = 1_048_576;

const SLASH = 47;
const EXCLAMATION = 33;
const QUESTION = 63;
const GREATER = 62;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;

/**
 * Finds the tags of XML that arrives in pieces. It does not validate; what it takes is what spreadsheets are made of. A document type
 * is refused: without one there are no entities to expand and no files to include.
 * Throws `ReadFault`: `damaged`, `too_large` (a text or a tag).
 */
export class TagScanner {
  readonly #sink: TagSink;
  #rest = '';
  #depth = 0;

  constructor(sink: TagSink) {
    this.#sink = sink;
  }

  push(piece: string): void {
    const text = this.#rest === '' ? piece : this.#rest + piece;
    const consumed = this.#scan(text);
    this.#rest = text.slice(consumed);
    if (this.#rest.length > MAX_LENGTH) throw new ReadFault('too_large');
  }

  /** To be called after the last piece: a document that ends in its midst is damaged. */
  finish(): void {
    if (this.#rest.trim() !== '' || this.#depth !== 0) throw new ReadFault('damaged');
  }

  /** Answers up to where the text is read. */
  #scan(text: string): number {
    let at = 0;
    for (;;) {
      const open = text.indexOf('<', at);
      if (open === -1 || open + 1 >= text.length) return at;
      const mark = text.charCodeAt(open + 1);
      const next =
        mark === EXCLAMATION || mark === QUESTION ? this.#special(text, at, open) : this.#tag(text, at, open, mark);
      if (next === -1) return at;
      at = next;
    }
  }

  #tag(text: string, from: number, open: number, mark: number): number {
    const close = tagEnd(text, open, mark);
    if (close === -1) return -1;
    if (open > from) this.#text(text.slice(from, open));
    if (mark === SLASH) {
      this.#depth -= 1;
      this.#sink.end(localName(text.slice(open + 2, close)));
      return close + 1;
    }
    const isEmpty = text.charCodeAt(close - 1) === SLASH;
    const end = isEmpty ? close - 1 : close;
    let nameEnd = open + 1;
    while (nameEnd < end && text.charCodeAt(nameEnd) > 32) nameEnd += 1;
    const name = localName(text.slice(open + 1, nameEnd));
    this.#sink.start(name, nameEnd < end ? text.slice(nameEnd, end) : '');
    if (isEmpty) this.#sink.end(name);
    else this.#depth += 1;
    return close + 1;
  }

  /** Comments, instructions and CDATA. -1 while the end is not here. */
  #special(text: string, from: number, open: number): number {
    const isCdata = text.startsWith('<![CDATA[', open);
    const isComment = text.startsWith('<!--', open);
    const isInstruction = text.charCodeAt(open + 1) === QUESTION;
    if (!isCdata && !isComment && !isInstruction) {
      if (text.length - open >= 9) throw new ReadFault('damaged');
      return -1;
    }
    const stop = isCdata ? ']]>' : isComment ? '-->' : '?>';
    const end = text.indexOf(stop, open + (isCdata ? 9 : isComment ? 4 : 2));
    if (end === -1) return -1;
    if (open > from) this.#text(text.slice(from, open));
    if (isCdata) this.#text(text.slice(open + 9, end).replaceAll('&', '&amp;'));
    return end + stop.length;
  }

  #text(raw: string): void {
    if (raw.length > MAX_LENGTH) throw new ReadFault('too_large');
    this.#sink.text(raw);
  }
}

/** Where a tag ends: a `>` within the quotes of an attribute does not count. -1 while the end is not here. */
function tagEnd(text: string, open: number, mark: number): number {
  if (mark === SLASH) return text.indexOf('>', open + 1);
  let quote = 0;
  for (let index = open + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === GREATER) return index;
    else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) quote = code;
  }
  return -1;
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return (colon === -1 ? name : name.slice(colon + 1)).trimEnd();
}
