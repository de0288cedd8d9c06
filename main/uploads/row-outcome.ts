import { uploadRow, type UploadRow } from '../../shared/contract/uploads.ts';
import { parseStored } from '../cache/parse-stored.ts';

/** The server's answer; null where there is none, or none that can be read. */
export const parseOutcome = (outcome: string | null): UploadRow['outcome'] =>
  outcome === null ? null : (uploadRow.shape.outcome.safeParse(parseStored(outcome)).data ?? null);
