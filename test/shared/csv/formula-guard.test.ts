import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guard, unguard } from '../../../shared/csv/formula-guard.ts';

const dangerous = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '\uFF1D', '\uFF0B', '\uFF0D', '\uFF20'];
const units = [...dangerous, ',', ';', '|', '"', "'", ' ', 'a', '1'];
const hostile = fc.string({ unit: fc.constantFrom(...units), maxLength: 12 });

describe('the formula guard', () => {
  test.each(dangerous)('puts an apostrophe before %j, at the start and behind every separator', (prefix) => {
    expect(guard(`${prefix}1+1`)).toBe(`'${prefix}1+1`);
    for (const separator of [',', ';', '|', '"']) {
      expect(guard(`a${separator}${prefix}1`)).toBe(`a${separator}'${prefix}1`);
    }
  });

  test('leaves what is no formula as it is', () => {
    for (const text of ['', 'Ann', "O'Brien", "'tis", '5-1', 'ann@firma.example', '00012', '; a']) {
      expect(guard(text)).toBe(text);
      expect(unguard(text)).toBe(text);
    }
  });

  test('keeps apostrophes that were there', () => {
    expect(guard("'=1")).toBe("''=1");
    expect(unguard("''=1")).toBe("'=1");
    expect(unguard("'+49 30 123")).toBe('+49 30 123');
  });

  test('is exactly reversible, and guarding a returned cell again changes nothing', () => {
    const holds = (text: string): void => {
      expect(unguard(guard(text))).toBe(text);
      expect(guard(unguard(guard(text)))).toBe(guard(text));
    };
    fc.assert(fc.property(hostile, holds), { numRuns: 20_000 });
    fc.assert(fc.property(fc.string({ unit: 'binary' }), holds), { numRuns: 5_000 });
  });

  test('leaves no dangerous character behind any separator, whichever one reads the cell', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const separator of [',', ';', '\t', '|', '"', '\n', '\r']) {
          for (const piece of guard(text).split(separator)) {
            expect(piece).not.toMatch(/^[=+\-@\0\uFF1D\uFF0B\uFF0D\uFF20]/);
          }
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
