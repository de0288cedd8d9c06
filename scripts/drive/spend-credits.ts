import { openSandboxDatabase } from '../sandbox/sandbox-database.ts';
import { databaseFolder, readSandboxState } from '../sandbox/sandbox-state.ts';
import type { SandboxedConsole } from './sandbox-console.ts';

/**
 * Some members spend credits that uploads gave them, or that the uploads of one file gave: `credits` of those that are still there, the
 * first to expire. The sandbox, which must not run, is to be started again.
 */
export async function spendCredits(prepared: SandboxedConsole, credits: number, fileName = '%'): Promise<void> {
  const keys = readSandboxState(prepared.sandboxFolder);
  if (keys === null) throw new Error('the sandbox has left no keys in its folder');
  const database = await openSandboxDatabase({ keys, folder: databaseFolder(prepared.sandboxFolder) });
  await database.connection.exec(`
    update public.partner_credits set status = 'used' where id in (
      select credit.id from public.partner_credits as credit
      join public.credit_allocations as allocation on allocation.id = credit.allocation_id
      join public.member_uploads as upload on upload.partner_id = allocation.partner_id and upload.id = allocation.upload_id
      where credit.status = 'available' and upload.file_name like '${fileName}'
      order by credit.expires_at, credit.id limit ${credits})`);
  await database.close();
}
