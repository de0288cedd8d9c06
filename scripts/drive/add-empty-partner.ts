import { openSandboxDatabase } from '../sandbox/sandbox-database.ts';
import { databaseFolder, readSandboxState } from '../sandbox/sandbox-state.ts';
import type { SandboxedConsole } from './sandbox-console.ts';

const partner = '00000000-0000-4000-8000-000000000500';

/**
 * Adds a partner with 500 credits and no members, as the operator of the server would; answers its sign-in. Its password
 * is that of the demo partner. The sandbox is away for a moment: one process at a time may hold its database.
 */
export async function addEmptyPartner(prepared: SandboxedConsole): Promise<{ email: string; password: string }> {
  await prepared.sandbox.stop();
  const keys = readSandboxState(prepared.sandboxFolder);
  if (keys === null) throw new Error('the sandbox has left no keys in its folder');
  const database = await openSandboxDatabase({ keys, folder: databaseFolder(prepared.sandboxFolder) });
  await database.connection.exec(`
    insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
      raw_user_meta_data, confirmation_token, recovery_token, email_change, email_change_token_new, created_at, updated_at)
    select '${partner}', aud, role, 'start@partner-console.example', encrypted_password, now(), raw_app_meta_data,
      '{"full_name": "Havenport Studios"}', '', '', '', '', now(), now()
    from auth.users where email = '${prepared.sandbox.demo.email}';
    insert into auth.identities (id, user_id, provider, provider_id, identity_data, last_sign_in_at, created_at, updated_at)
    select gen_random_uuid(), id, 'email', id::text,
      jsonb_build_object('sub', id::text, 'email', email, 'email_verified', true), now(), now(), now()
    from auth.users where id = '${partner}';
    insert into public.users (id, email, full_name, role, credits)
    values ('${partner}', 'start@partner-console.example', 'Havenport Studios', 'partner', 500)
  `);
  await database.close();
  await prepared.restartSandbox();
  return { email: 'start@partner-console.example', password: prepared.sandbox.demo.password };
}
