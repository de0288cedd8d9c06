import { crc32, deflateRawSync } from 'node:zlib';

/** Parts of an archive by name. */
export type Parts = Readonly<Record<string, string | Buffer>>;

interface ZipOptions {
  /** All sizes and places in the extra fields of ZIP64, as some writers do it for files of any size. */
  readonly isZip64?: boolean;
  readonly isEncrypted?: boolean;
  readonly isStored?: boolean;
}

/** A ZIP archive. */
export function zipArchive(
  parts: Parts,
  { isZip64 = false, isEncrypted = false, isStored = false }: ZipOptions = {},
): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, part] of Object.entries(parts)) {
    const content = Buffer.from(part);
    const packed = isStored ? content : deflateRawSync(content);
    const nameBytes = Buffer.from(name);
    const fixed = Buffer.alloc(26);
    fixed.writeUInt16LE(45, 0);
    fixed.writeUInt16LE(isEncrypted ? 1 : 0, 2);
    fixed.writeUInt16LE(isStored ? 0 : 8, 4);
    fixed.writeUInt32LE(crc32(content), 10);
    fixed.writeUInt32LE(isZip64 ? 0xffff_ffff : packed.length, 14);
    fixed.writeUInt32LE(isZip64 ? 0xffff_ffff : content.length, 18);
    fixed.writeUInt16LE(nameBytes.length, 22);
    const sizes = wide([content.length, packed.length]);
    const local = Buffer.from(fixed);
    local.writeUInt16LE(isZip64 ? sizes.length : 0, 24);
    pieces.push(number32(0x04034b50), local, nameBytes, isZip64 ? sizes : Buffer.alloc(0), packed);
    const central = wide([content.length, packed.length, at]);
    const entry = Buffer.from(fixed);
    entry.writeUInt16LE(isZip64 ? central.length : 0, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(isZip64 ? 0xffff_ffff : at, 10);
    directory.push(
      number32(0x02014b50),
      Buffer.from([45, 0]),
      entry,
      rest,
      nameBytes,
      isZip64 ? central : Buffer.alloc(0),
    );
    at = Buffer.concat(pieces).length;
  }
  const list = Buffer.concat(directory);
  const count = Object.keys(parts).length;
  const end = Buffer.alloc(18);
  end.writeUInt16LE(isZip64 ? 0xffff : count, 4);
  end.writeUInt16LE(isZip64 ? 0xffff : count, 6);
  end.writeUInt32LE(isZip64 ? 0xffff_ffff : list.length, 8);
  end.writeUInt32LE(isZip64 ? 0xffff_ffff : at, 12);
  return Buffer.concat([...pieces, list, ...(isZip64 ? end64(count, list.length, at) : []), number32(0x06054b50), end]);
}

function number32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function wide(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + values.length * 8);
  buffer.writeUInt16LE(1, 0);
  buffer.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries()) buffer.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  return buffer;
}

function end64(count: number, length: number, at: number): Buffer[] {
  const record = Buffer.alloc(52);
  record.writeBigUInt64LE(44n, 0);
  record.writeBigUInt64LE(BigInt(count), 20);
  record.writeBigUInt64LE(BigInt(count), 28);
  record.writeBigUInt64LE(BigInt(length), 36);
  record.writeBigUInt64LE(BigInt(at), 44);
  const locator = Buffer.alloc(16);
  locator.writeBigUInt64LE(BigInt(at + length), 4);
  locator.writeUInt32LE(1, 12);
  return [number32(0x06064b50), record, number32(0x07064b50), locator];
}

/** What a workbook is made of; texts are XML as it stands in the part. */
export interface WorkbookOptions {
  /** The inside of `<worksheet>` of each sheet by its name. */
  readonly sheets: Readonly<Record<string, string>>;
  readonly hidden?: readonly string[];
  /** The inside of each `<si>`. */
  readonly strings?: readonly string[];
  /** Format codes: style n (from 1) has code n. */
  readonly formats?: readonly string[];
  readonly isDate1904?: boolean;
  readonly isStrict?: boolean;
}

/** The parts of a workbook as Excel lays them out. */
export function workbookParts({
  sheets,
  hidden = [],
  strings,
  formats = [],
  isDate1904 = false,
  isStrict = false,
}: WorkbookOptions): Parts {
  const namespace = isStrict
    ? 'http://purl.oclc.org/ooxml/spreadsheetml/main'
    : 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const relations = isStrict
    ? 'http://purl.oclc.org/ooxml/officeDocument/relationships'
    : 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const list = Object.entries(sheets);
  const relation = (id: string, type: string, target: string): string =>
    `<Relationship Id="${id}" Type="${relations}/${type}" Target="${target}"/>`;
  const document = (content: string): string => `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${content}`;
  return {
    '[Content_Types].xml': document('<Types/>'),
    '_rels/.rels': document(`<Relationships>${relation('rId1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`),
    'xl/workbook.xml': document(
      `<workbook xmlns="${namespace}" xmlns:r="${relations}"><workbookPr${isDate1904 ? ' date1904="1"' : ''}/><sheets>${list
        .map(
          ([name], index) =>
            `<sheet name="${name}" sheetId="${index + 1}"${hidden.includes(name) ? ' state="hidden"' : ''} r:id="rId${index + 1}"/>`,
        )
        .join('')}</sheets></workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': document(
      `<Relationships>${list.map((_, index) => relation(`rId${index + 1}`, 'worksheet', `worksheets/sheet${index + 1}.xml`)).join('')}${relation('rId90', 'styles', '/xl/styles.xml')}${strings === undefined ? '' : relation('rId91', 'sharedStrings', 'sharedStrings.xml')}</Relationships>`,
    ),
    'xl/styles.xml': document(
      `<styleSheet xmlns="${namespace}"><numFmts>${formats
        .map((code, index) => `<numFmt numFmtId="${200 + index}" formatCode="${code.replaceAll('"', '&quot;')}"/>`)
        .join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${formats
        .map((_, index) => `<xf numFmtId="${200 + index}"/>`)
        .join('')}</cellXfs></styleSheet>`,
    ),
    ...(strings === undefined
      ? {}
      : { 'xl/sharedStrings.xml': document(`<sst>${strings.map((text) => `<si>${text}</si>`).join('')}</sst>`) }),
    ...Object.fromEntries(
      list.map(([, content], index) => [
        `xl/worksheets/sheet${index + 1}.xml`,
        document(`<worksheet xmlns="${namespace}">${content}</worksheet>`),
      ]),
    ),
  };
}

/** A workbook. */
export const workbook = (options: WorkbookOptions): Buffer => zipArchive(workbookParts(options));

/** Rows of texts as the inside of a worksheet, with inline strings and without addresses. */
export function sheetOf(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => `<c t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>`;
  return `<sheetData>${rows.map((row) => `<row>${row.map(cell).join('')}</row>`).join('')}</sheetData>`;
}
