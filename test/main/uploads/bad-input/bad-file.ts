import type { Reading, StoredRow } from './file-reader.ts';

/** A file that something is wrong or unusual with, and what has to become of it. */
export interface BadFile extends Reading {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** Its rows; or the reason of the refusal, with the line where it has one. */
  readonly expected: readonly StoredRow[] | { readonly reason: string; readonly line?: number };
  /** Where recognising is the matter. */
  readonly encoding?: string;
  readonly separator?: string;
  /** Whether the encoding needs no look by a person. */
  readonly certain?: boolean;
}

/** The header of most files here. */
export const header = 'First name,Email,Credits\n';
export const anna = 'Anna,anna@firma.example,1\n';
export const bo = 'Bo,bo@firma.example,2\n';
/** The rows of those two. */
export const annaRow: StoredRow = [1, ['Anna', 'anna@firma.example', '1']];
export const boRow: StoredRow = [2, ['Bo', 'bo@firma.example', '2']];
