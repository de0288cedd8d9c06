import { openConsole } from '../builders/console.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';
import type { OperationInput } from '../../shared/contract/bridge.ts';
import { fileSecrets } from '../sync/core-process.ts';

/** An operation that the chaos asks its core for, and the core's answer. */
export interface CoreRequest {
  readonly id: number;
  readonly name: OperationName;
  readonly input: unknown;
}
export interface CoreAnswer {
  readonly id: number;
  readonly result: unknown;
}

/** The console's core in a process of its own, asked over its channel, to be killed at any moment. Argument: the data folder. */
const dataFolder = process.argv[2];
if (process.argv[1] === import.meta.filename && dataFolder !== undefined) {
  const core = await openConsole({ dataFolder, secrets: fileSecrets(dataFolder) });
  process.on('message', ({ id, name, input }: CoreRequest) => {
    // Inputs are parsed by the dispatch, as those of a renderer are.
    void core.call(name, input as OperationInput<typeof name>).then((result) => {
      const answer: CoreAnswer = { id, result };
      process.send?.(answer);
    });
  });
  process.send?.({ id: 0, result: null });
}
