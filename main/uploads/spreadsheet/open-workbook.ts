import { ReadFault } from '../read-fault.ts';
import { NumberShapes, type NumberShape } from './number-shape.ts';
import { scanPart } from './scan-part.ts';
import type { TagSink } from './tag-scanner.ts';
import { attribute, attributeValues } from './xml-text.ts';
import { ZipArchive } from './zip-archive.ts';

/** Parts beside sheets and strings: a workbook of thousands of sheets and styles stays far below. In bytes. */
const MAX_PART_BYTES = 67_108_864;

/** A sheet of a workbook, in the order of its tabs. */
export interface WorkbookSheet {
  readonly name: string;
  readonly isHidden: boolean;
  /** The name of its part in the archive. */
  readonly part: string;
}

/** What has to be known of a workbook before a sheet of it is read. */
export interface Workbook {
  readonly archive: ZipArchive;
  readonly sheets: readonly WorkbookSheet[];
  readonly isDate1904: boolean;
  readonly shapes: readonly NumberShape[];
  /** The part of the shared strings, or null when cells hold their texts themselves. */
  readonly stringsPart: string | null;
}

interface Relation {
  readonly type: string;
  readonly target: string;
}

/**
 * Opens an XLSX workbook (ECMA-376 part 1, SpreadsheetML; part 2 for its parts and relations; strict and transitional).
 * Throws `ReadFault`: `damaged`, `binary_spreadsheet`, `open_document`, `binary` (an archive of something else), `password`, `empty`
 * (no sheet of cells), `too_large`.
 */
export async function openWorkbook(file: string): Promise<Workbook> {
  const archive = ZipArchive.open(file);
  const main = await findMainPart(archive);
  const folder = main.slice(0, main.lastIndexOf('/') + 1);
  const relations = await readRelations(archive, `${folder}_rels/${main.slice(folder.length)}.rels`);
  const partOf = (target: string): string => resolvePart(folder, target);
  const sheets: WorkbookSheet[] = [];
  let isDate1904 = false;
  let isWorkbook = false;
  await forEachTag(archive, main, (name, attributes) => {
    if (name === 'workbook') isWorkbook = true;
    else if (name === 'workbookPr') isDate1904 = ['1', 'true'].includes(attribute(attributes, 'date1904') ?? '');
    else if (name === 'sheet') {
      const values = attributeValues(attributes);
      const relation = relations.get(values.get('id') ?? '');
      if (relation?.type !== 'worksheet') return;
      const isHidden = ['hidden', 'veryHidden'].includes(values.get('state') ?? '');
      sheets.push({ name: values.get('name') ?? '', isHidden, part: partOf(relation.target) });
    }
  });
  if (!isWorkbook) throw new ReadFault('binary');
  if (sheets.length === 0) throw new ReadFault('empty');
  const partOfType = (type: string): string | null => {
    const relation = [...relations.values()].find((it) => it.type === type);
    return relation === undefined ? null : partOf(relation.target);
  };
  const styles = new NumberShapes();
  await readPart(archive, partOfType('styles'), styles);
  return { archive, sheets, isDate1904, shapes: styles.shapes, stringsPart: partOfType('sharedStrings') };
}

/** The sheet of this name, or the first that is visible; undefined when the workbook has none of this name. */
export function findSheet(workbook: Workbook, name: string | null): WorkbookSheet | undefined {
  if (name !== null) return workbook.sheets.find((sheet) => sheet.name === name);
  return workbook.sheets.find((sheet) => !sheet.isHidden) ?? workbook.sheets[0];
}

async function findMainPart(archive: ZipArchive): Promise<string> {
  const relations = await readRelations(archive, '_rels/.rels');
  const main = [...relations.values()].find((relation) => relation.type === 'officeDocument');
  if (main === undefined) {
    if (archive.has('content.xml')) throw new ReadFault('open_document');
    // Nothing of a workbook in it: an archive of something else.
    throw new ReadFault(archive.has('[Content_Types].xml') ? 'damaged' : 'binary');
  }
  const part = resolvePart('', main.target);
  if (part.toLowerCase().endsWith('.bin')) throw new ReadFault('binary_spreadsheet');
  if (!archive.has(part)) throw new ReadFault('damaged');
  return part;
}

/** Relations by id; their type without the namespace, which differs between the strict and the transitional form. */
async function readRelations(archive: ZipArchive, part: string): Promise<Map<string, Relation>> {
  const relations = new Map<string, Relation>();
  await forEachTag(archive, part, (name, attributes) => {
    if (name !== 'Relationship') return;
    const values = attributeValues(attributes);
    const type = values.get('Type') ?? '';
    relations.set(values.get('Id') ?? '', {
      type: type.slice(type.lastIndexOf('/') + 1),
      target: values.get('Target') ?? '',
    });
  });
  return relations;
}

/** The name of a part from a target that is relative to a folder, or absolute. */
function resolvePart(folder: string, target: string): string {
  const names: string[] = [];
  for (const name of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}

/** Reads a part to its end; one that is not there is empty. */
async function readPart(archive: ZipArchive, part: string | null, sink: TagSink): Promise<void> {
  if (part === null || !archive.has(part)) return;
  const pieces = scanPart(archive, part, sink, MAX_PART_BYTES);
  for (;;) if ((await pieces.next()).done === true) return;
}

async function forEachTag(
  archive: ZipArchive,
  part: string,
  start: (name: string, attributes: string) => void,
): Promise<void> {
  await readPart(archive, part, { start, end: () => undefined, text: () => undefined });
}
