import { allocationOperations } from './allocation.ts';
import { applicationOperations } from './application.ts';
import { dashboardOperations } from './dashboard.ts';
import { diagnosticsOperations } from './diagnostics.ts';
import { memberOperations } from './members.ts';
import type { OperationName } from './operation-names.ts';
import type { Operation } from './operation.ts';
import { sessionOperations } from './session.ts';
import { syncHistoryOperations } from './sync-history.ts';
import { syncOperations } from './sync.ts';
import { uploadFileOperations } from './upload-files.ts';
import { uploadFixingOperations } from './upload-fixing.ts';
import { uploadHistoryOperations } from './upload-history.ts';
import { uploadOperations } from './uploads.ts';

/** The one map of all operations: name → input, output and offline policy. */
export const contract = {
  ...applicationOperations,
  ...sessionOperations,
  ...dashboardOperations,
  ...memberOperations,
  ...allocationOperations,
  ...uploadOperations,
  ...uploadFixingOperations,
  ...uploadFileOperations,
  ...uploadHistoryOperations,
  ...syncOperations,
  ...syncHistoryOperations,
  ...diagnosticsOperations,
} satisfies Record<OperationName, Operation>;

export type Contract = typeof contract;
