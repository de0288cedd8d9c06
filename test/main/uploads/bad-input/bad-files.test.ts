import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BadFile } from './bad-file.ts';
import { encodingFiles } from './encoding-files.ts';
import { foreignFiles, largeFiles } from './foreign-files.ts';
import { quoteFiles } from './quote-files.ts';
import { shapeFiles } from './shape-files.ts';
import { type FileOutcome, type FileReader, openFileReader } from './file-reader.ts';

let reader: FileReader;
beforeAll(async () => {
  reader = await openFileReader();
});
afterAll(() => reader.close());

/** What is expected, next to what became of the file as far as that was asked for. */
function compared({ expected, encoding, separator, certain }: BadFile, outcome: FileOutcome): [object, object] {
  if (!('rows' in outcome)) return [outcome, expected];
  const { rows } = outcome;
  return [
    {
      rows,
      ...(encoding === undefined ? {} : { encoding: outcome.encoding }),
      ...(separator === undefined ? {} : { separator: outcome.separator }),
      ...(certain === undefined ? {} : { certain: outcome.encodingCertain }),
    },
    {
      rows: expected,
      ...(encoding === undefined ? {} : { encoding }),
      ...(separator === undefined ? {} : { separator }),
      ...(certain === undefined ? {} : { certain }),
    },
  ];
}

describe.each([
  ['an encoding', encodingFiles],
  ['a shape', shapeFiles],
  ['quotes', quoteFiles],
  ['a foreign file', foreignFiles],
  ['a size', largeFiles],
] as const)('%s:', (_, files) => {
  test.each(files.map((file) => [file.name, file] as const))(
    '%s',
    async (_name, file) => {
      const content = typeof file.content === 'string' ? Buffer.from(file.content) : file.content;
      const [outcome, expected] = compared(file, await reader.read(content, file));
      expect(outcome).toEqual(expected);
    },
    60_000,
  );
});
