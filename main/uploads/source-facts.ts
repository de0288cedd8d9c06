import { isAscii, isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { SourceFacts } from '../../shared/csv/detect-encoding.ts';
import { WordsBeyondAscii } from './words-beyond-ascii.ts';

const PIECE_BYTES = 1_048_576;

/** Looks at a file piece by piece, so that the whole of it counts and none of it is kept. */
export class FactsCollector {
  #size = 0;
  #isUtf8 = true;
  #hasNul = false;
  readonly #words = new WordsBeyondAscii();
  /** A character that the end of the last piece cut. */
  #cut = new Uint8Array();

  /** Others work meanwhile. The next piece may come, and this one be reused, once this has resolved. */
  async add(piece: Uint8Array): Promise<void> {
    this.#size += piece.length;
    if (!this.#hasNul) this.#hasNul = piece.includes(0);
    if (this.#isUtf8) {
      const text = Buffer.concat([this.#cut, piece]);
      const whole = text.length - cutLength(text);
      this.#isUtf8 = isUtf8(text.subarray(0, whole));
      this.#cut = text.subarray(whole);
    }
    if (isAscii(piece)) return;
    for (let at = this.#words.addSome(piece, 0); at !== null; at = this.#words.addSome(piece, at)) await setImmediate();
  }

  /** What is known once the last piece is in. */
  finish(): SourceFacts {
    const isUtf8 = this.#isUtf8 && this.#cut.length === 0;
    const { isMostlyUtf8, isPartlyUtf8 } = this.#words;
    const words = this.#words.finish();
    return { size: this.#size, isUtf8, hasNul: this.#hasNul, isMostlyUtf8, isPartlyUtf8, words };
  }
}

/** How many bytes at the end begin a UTF-8 character without finishing it: 0 to 3. */
export function cutLength(text: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, text.length); back += 1) {
    const byte = text[text.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? back : 0;
    }
  }
  return 0;
}

/**
 * The facts of a file that is already here: a whole pass over it, which lets others work between its pieces. What
 * `stopWhenCancelled` throws ends it; it is called after every piece.
 */
export async function readSourceFacts(file: string, stopWhenCancelled: () => void): Promise<SourceFacts> {
  const collector = new FactsCollector();
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(PIECE_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, null);
      if (bytesRead === 0) return collector.finish();
      await collector.add(buffer.subarray(0, bytesRead));
      stopWhenCancelled();
    }
  } finally {
    await handle.close();
  }
}
