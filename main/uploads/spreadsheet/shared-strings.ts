import { ReadFault } from '../read-fault.ts';
import type { TagSink } from './tag-scanner.ts';
import { cellXmlText } from './xml-text.ts';

/** All texts together. In bytes. */
const MAX_BYTES = 536_870_912;
const MAX_LENGTH = 1_048_576;
const MAX_COUNT = 16_777_216;

/**
 * The texts that cells refer to by number, as UTF-8 in one buffer: as strings of the engine two million of them take four times as
 * much. Throws `ReadFault`: `damaged` (a number without a text), `too_large`.
 */
export class SharedStrings {
  #bytes = Buffer.allocUnsafeSlow(65_536);
  #used = 0;
  #ends = new Uint32Array(4_096);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(text: string): void {
    const needed = this.#used + text.length * 3;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.ceil(this.#bytes.length * 1.5)));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    if (this.#count === MAX_COUNT) throw new ReadFault('too_large');
    if (this.#count === this.#ends.length) {
      const more = new Uint32Array(this.#ends.length * 2);
      more.set(this.#ends);
      this.#ends = more;
    }
    this.#used += this.#bytes.write(text, this.#used, 'utf8');
    if (this.#used > MAX_BYTES) throw new ReadFault('too_large');
    this.#ends[this.#count] = this.#used;
    this.#count += 1;
  }

  at(index: number): string {
    const end = index < this.#count ? this.#ends[index] : undefined;
    if (end === undefined) throw new ReadFault('damaged');
    const start = index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
    return this.#bytes.toString('utf8', start, end);
  }

  /** Takes the texts out of the tags of their part: runs of rich text joined, phonetic runs left out. */
  sink(): TagSink {
    let text = '';
    let isText = false;
    let phonetic = 0;
    return {
      start: (name) => {
        if (name === 't') isText = phonetic === 0;
        else if (name === 'si') text = '';
        else if (name === 'rPh') phonetic += 1;
      },
      end: (name) => {
        if (name === 't') isText = false;
        else if (name === 'rPh') phonetic -= 1;
        else if (name === 'si') this.add(cellXmlText(text));
      },
      text: (raw) => {
        if (!isText) return;
        text += raw;
        if (text.length > MAX_LENGTH) throw new ReadFault('too_large');
      },
    };
  }
}
