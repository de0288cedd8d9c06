import { classifyCacheFault } from '../cache/classify-cache-fault.ts';
import type { OpenDatabase } from '../cache/database.ts';
import type { OutboxRow } from '../cache/outbox.ts';
import type { Failure } from '../remote/failure.ts';
import { sendCommands } from './send-commands.ts';
import type { SendDependencies } from './send-dependencies.ts';
import { sendUploadChunk } from './send-upload.ts';
import { postponeFaulty } from './settle-failure.ts';

/**
 * Does the next step for the item that is due: the next rows of an upload, or all commands on members that may go with it. Answers the failure
 * that concerns more than single items, or null. Throws a fault of this computer; of a fault of this program the item may be the cause, so
 * the others pass it.
 */
export async function sendItem(
  database: OpenDatabase,
  item: OutboxRow,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  try {
    return item.kind === 'upload_members'
      ? await sendUploadChunk(database, item, dependencies)
      : await sendCommands(database, dependencies);
  } catch (error) {
    if (database.isOpen && classifyCacheFault(error) === null) {
      postponeFaulty(database, item.item_id, dependencies.clock.now(), dependencies.random);
      // Of many that went together it may be any: they go alone until that one is known.
      dependencies.batchSize.tooSlow(1);
    }
    throw error;
  }
}
