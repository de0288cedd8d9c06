import { ReadFault } from '../read-fault.ts';
import type { NumberShape } from './number-shape.ts';
import { numberText } from './number-text.ts';
import type { TagSink } from './tag-scanner.ts';
import { attribute, cellXmlText } from './xml-text.ts';

/** The limits of a sheet (Excel's specifications). */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
/** Excel itself takes 32,767 characters. */
const MAX_CELL_LENGTH = 1_048_576;

/** A text, or the number of a shared string. */
export type SheetCell = string | number;

/** A row of a sheet. `line` counts from 1, rows without a cell included; cells behind the last one with a value are left out. */
export interface SheetRow {
  readonly line: number;
  readonly cells: SheetCell[];
}

/** What may be other than the person thinks; see `fileAnalysis.warnings`. */
export interface SheetFacts {
  hiddenRows: number;
  mergedAreas: number;
  formulasWithoutValue: number;
}

/** What has to be known of the workbook to read a cell. */
export interface CellFormats {
  readonly shapes: readonly NumberShape[];
  readonly isDate1904: boolean;
}

/**
 * Takes rows out of the tags of a sheet. Cells and rows may lack their address: they stand behind the one before.
 * Throws `ReadFault`: `damaged`, `too_many_rows`, `too_large` (a cell).
 */
export class SheetScanner implements TagSink {
  readonly facts: SheetFacts = { hiddenRows: 0, mergedAreas: 0, formulasWithoutValue: 0 };
  readonly #formats: CellFormats;
  #rows: SheetRow[] = [];
  #pendingCells = 0;
  #line = 0;
  #cells: SheetCell[] = [];
  #isHidden = false;
  #column = 0;
  #nextColumn = 0;
  #type = 'n';
  #style = 0;
  #value = '';
  #isFormula = false;
  #isInline = false;
  #phonetic = 0;
  /** Whether text that comes now belongs to the cell's value. */
  #isValue = false;

  constructor(formats: CellFormats) {
    this.#formats = formats;
  }

  /** How many cells the rows have that `take` would answer. */
  get pendingCells(): number {
    return this.#pendingCells;
  }

  /** The rows that are complete since the last call. */
  take(): SheetRow[] {
    const rows = this.#rows;
    this.#pendingCells = 0;
    this.#rows = [];
    return rows;
  }

  start(name: string, attributes: string): void {
    switch (name) {
      case 'c':
        return this.#startCell(attributes);
      case 'v':
        this.#isValue = true;
        return;
      case 't':
        this.#isValue = this.#isInline && this.#phonetic === 0;
        return;
      case 'f':
        this.#isFormula = true;
        return;
      case 'row':
        return this.#startRow(attributes);
      case 'is':
        this.#isInline = true;
        return;
      case 'rPh':
        this.#phonetic += 1;
        return;
      case 'mergeCell':
        this.facts.mergedAreas += 1;
    }
  }

  end(name: string): void {
    switch (name) {
      case 'c':
        return this.#endCell();
      case 'v':
      case 't':
        this.#isValue = false;
        return;
      case 'row':
        if (this.#isHidden && this.#cells.length > 0) this.facts.hiddenRows += 1;
        this.#pendingCells += this.#cells.length;
        this.#rows.push({ line: this.#line, cells: this.#cells });
        return;
      case 'is':
        this.#isInline = false;
        return;
      case 'rPh':
        this.#phonetic -= 1;
    }
  }

  text(raw: string): void {
    if (!this.#isValue) return;
    this.#value += raw;
    if (this.#value.length > MAX_CELL_LENGTH) throw new ReadFault('too_large');
  }

  #startRow(attributes: string): void {
    const address = attribute(attributes, 'r');
    const line = address === null ? this.#line + 1 : Number(address);
    if (line > MAX_ROWS) throw new ReadFault('too_many_rows');
    if (!Number.isInteger(line) || line <= this.#line) throw new ReadFault('damaged');
    this.#line = line;
    this.#cells = [];
    this.#nextColumn = 0;
    const hidden = attribute(attributes, 'hidden');
    this.#isHidden = hidden === '1' || hidden === 'true';
  }

  #startCell(attributes: string): void {
    const address = attribute(attributes, 'r');
    this.#column = address === null ? this.#nextColumn : columnOf(address);
    if (this.#column < 0 || this.#column >= MAX_COLUMNS) throw new ReadFault('damaged');
    this.#nextColumn = this.#column + 1;
    this.#type = attribute(attributes, 't') ?? 'n';
    this.#style = Number(attribute(attributes, 's') ?? 0);
    this.#value = '';
    this.#isFormula = false;
  }

  #endCell(): void {
    if (this.#value === '') {
      // A formula whose result is an empty text says so by its type.
      if (this.#isFormula && this.#type !== 'str') this.facts.formulasWithoutValue += 1;
      return;
    }
    const cell = this.#cellText();
    if (cell === '') return;
    while (this.#cells.length < this.#column) this.#cells.push('');
    this.#cells[this.#column] = cell;
  }

  #cellText(): SheetCell {
    switch (this.#type) {
      case 's': {
        const index = Number(this.#value);
        if (!Number.isInteger(index) || index < 0) throw new ReadFault('damaged');
        return index;
      }
      case 'n':
        return numberText(this.#value, this.#formats.shapes[this.#style] ?? null, this.#formats.isDate1904);
      case 'b':
        return this.#value === '1' || this.#value === 'true' ? 'TRUE' : 'FALSE';
      default:
        return cellXmlText(this.#value);
    }
  }
}

/** The column of an address like `AB12`, from 0; -1 without letters. */
function columnOf(address: string): number {
  let column = 0;
  for (let index = 0; index < address.length; index += 1) {
    // Capital letters only: 32 taken off a small one.
    const letter = address.charCodeAt(index) & ~32;
    if (letter < 65 || letter > 90) break;
    column = column * 26 + letter - 64;
    if (column > MAX_COLUMNS) break;
  }
  return column - 1;
}
