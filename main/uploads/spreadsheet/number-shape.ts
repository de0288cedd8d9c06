import { attribute } from './xml-text.ts';
import type { TagSink } from './tag-scanner.ts';

/** What the format of a cell makes of its number; null: nothing that matters here. */
export type NumberShape =
  | null
  | { readonly kind: 'date' | 'time' | 'datetime' | 'percent' }
  | { readonly kind: 'padded'; readonly before: string; readonly digits: number; readonly after: string };

/** Formats that are known by number alone (ECMA-376 part 1, 18.8.30); numbers of plain formats are left out. */
const builtIn: ReadonlyMap<number, NumberShape> = new Map<number, NumberShape>([
  ...[9, 10].map((id) => [id, { kind: 'percent' }] as const),
  ...[14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58].map((id) => [id, { kind: 'date' }] as const),
  ...[18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56].map((id) => [id, { kind: 'time' }] as const),
  [22, { kind: 'datetime' }],
]);

/** Takes the shape of each cell style, in order, out of the tags of a workbook's styles. */
export class NumberShapes implements TagSink {
  readonly shapes: NumberShape[] = [];
  readonly #codes = new Map<number, string>();
  #isCellStyles = false;

  start(name: string, attributes: string): void {
    if (name === 'numFmt') {
      this.#codes.set(Number(attribute(attributes, 'numFmtId')), attribute(attributes, 'formatCode') ?? '');
    } else if (name === 'cellXfs') this.#isCellStyles = true;
    else if (name === 'xf' && this.#isCellStyles) {
      const id = Number(attribute(attributes, 'numFmtId') ?? 0);
      const code = this.#codes.get(id);
      this.shapes.push(code === undefined ? (builtIn.get(id) ?? null) : numberShape(code));
    }
  }

  end(name: string): void {
    if (name === 'cellXfs') this.#isCellStyles = false;
  }

  text(): void {
    // Styles have no text that matters.
  }
}

/** What a format code makes of a number. Only its first section counts: numbers below zero are no dates. */
function numberShape(code: string): NumberShape {
  const section = firstSection(code);
  const bare = section
    .replaceAll(/\\.|"[^"]*"|[_*]./g, '')
    .replaceAll(/\[(?![hms]+\])[^\]]*\]/gi, '')
    .replaceAll(/am\/pm|a\/p/gi, '')
    .replaceAll(/e[+-]/gi, '');
  // Hours beyond a day are an amount, and what is left of "General" has letters of its own.
  if (/\[[hms]+\]/i.test(bare) || /general/i.test(bare)) return null;
  const hasTime = /[hs]/i.test(bare);
  const hasDate = /[yde]/i.test(bare) || (!hasTime && /m/i.test(bare));
  if (hasDate) return { kind: hasTime ? 'datetime' : 'date' };
  if (hasTime) return { kind: 'time' };
  if (bare.includes('%')) return { kind: 'percent' };
  return paddedShape(section);
}

/** The part before the first semicolon that is not quoted. */
function firstSection(code: string): string {
  return /^(?:"[^"]*"|\\.|[^;"\\])*/.exec(code)?.[0] ?? '';
}

/** `00000` or `"EMP-"0000`: digits that the person sees and the number does not have. */
function paddedShape(section: string): NumberShape {
  const quoted = section
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/[_*]./g, '')
    .replaceAll(/\\(.)/g, '"$1"');
  const match = /^((?:"[^"]*"|[ ()/+-])*)(0{2,})((?:"[^"]*"|[ ()])*)$/.exec(quoted);
  if (match === null) return null;
  const [, before = '', zeros = '', after = ''] = match;
  return {
    kind: 'padded',
    before: before.replaceAll('"', ''),
    digits: zeros.length,
    after: after.replaceAll('"', ''),
  };
}
