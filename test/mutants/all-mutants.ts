import type { MigrationFile } from '../../scripts/database/migration-files.ts';
import { allocateMutants } from './allocate-mutants.ts';
import { commandMutants } from './command-mutants.ts';
import { comparisonMutants } from './comparison-mutants.ts';
import { generatedMutants } from './generated-mutants.ts';
import { invariantMutants } from './invariant-mutants.ts';
import type { Mutant } from './mutant.ts';
import { readMutants } from './read-mutants.ts';
import { sendingMutants } from './sending-mutants.ts';
import { tableMutants } from './table-mutants.ts';
import { undoMutants } from './undo-mutants.ts';
import { upkeepMutants } from './upkeep-mutants.ts';
import { uploadMutants } from './upload-mutants.ts';

/** Every mutant of these migrations. */
export function allMutants(migrations: readonly MigrationFile[]): Mutant[] {
  return [
    ...allocateMutants,
    ...invariantMutants,
    ...readMutants,
    ...comparisonMutants,
    ...commandMutants,
    ...upkeepMutants,
    ...uploadMutants,
    ...undoMutants,
    ...sendingMutants,
    ...tableMutants(migrations),
    ...generatedMutants(migrations),
  ];
}
