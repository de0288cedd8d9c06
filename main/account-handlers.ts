import type { AppError } from '../shared/app-error.ts';
import type { OperationOutput, ParsedInput } from '../shared/contract/bridge.ts';
import type { OperationName } from '../shared/contract/operation-names.ts';
import type { Result } from '../shared/result.ts';
import type { OpenDatabase } from './cache/database.ts';
import type { PartnerFunctions } from './remote/partner-functions.ts';
import type { SyncEngine } from './sync/engine.ts';

/** The account that is open: everything that belongs to it and to nobody else. */
export interface OpenAccount {
  readonly accountId: string;
  /** Address of its project. */
  readonly serverUrl: string;
  /** Absolute; holds the database and the files of drafts. */
  readonly folder: string;
  readonly database: OpenDatabase;
  readonly engine: SyncEngine;
  /** For what a person asks of the server and waits for; everything else goes through the outbox. */
  readonly functions: PartnerFunctions;
}

/** Handlers of operations that need an open account. Without one they answer `signed_out` and are never called. */
export type AccountHandlers<Name extends OperationName> = {
  readonly [N in Name]: (
    account: OpenAccount,
    input: ParsedInput<N>,
  ) => Promise<Result<OperationOutput<N>, AppError>> | Result<OperationOutput<N>, AppError>;
};
