import { openSandboxDatabase } from '../sandbox/sandbox-database.ts';
import { databaseFolder, readSandboxState } from '../sandbox/sandbox-state.ts';
import type { SandboxedConsole } from './sandbox-console.ts';

/**
 * Some members spend credits that uploads gave them: `credits` of those that are still there, the first to expire. The sandbox, which
 * must not run, is to be started again.
 */
export async function spendCredits(prepared: SandboxedConsole, credits: number): Promise<void> {
  const keys = readSandboxState(prepared.sandboxFolder);
  if (keys === null) throw new Error('the sandbox has left no keys in its folder');
  const database = await openSandboxDatabase({ keys, folder: databaseFolder(prepared.sandboxFolder) });
  await database.connection.exec(`
    update public.partner_credits set status = 'used' where id in (
      select credit.id from public.partner_credits as credit
      join public.credit_allocations as allocation on allocation.id = credit.allocation_id
      where credit.status = 'available' and allocation.upload_id is not null
      order by credit.expires_at, credit.id limit ${credits})`);
  await database.close();
}
