import * as z from 'zod';
import { appError } from '../app-error.ts';
import { operation } from './operation.ts';
import { instant, nothing, uuid } from './values.ts';

export const account = z.object({
  accountId: z.string(),
  userId: uuid,
  email: z.string(),
  fullName: z.string(),
  serverUrl: z.string(),
});
export type Account = z.infer<typeof account>;

/**
 * `signed_in`: a session with a token. `offline`: this account's cache is open without a token (continued offline, or
 * the session expired): everything can be read and queued, nothing is sent until sign-in.
 */
export const sessionState = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('signed_out'),
    /** Accounts of this computer that may be opened without a connection, newest first. */
    offlineAccounts: z.array(account.extend({ lastUsedAt: instant })),
    lastServer: z.object({ url: z.string(), publishableKey: z.string() }).nullable(),
    lastEmail: z.string().nullable(),
    /** False where no secret store is there: the person signs in again at each start, and is told so. */
    sessionIsKept: z.boolean(),
    /** Why the account that was open, or would be at the start, is not: it is tried again by itself. */
    notOpened: appError.nullable(),
  }),
  z.object({ status: z.literal('signed_in'), account, sessionIsKept: z.boolean() }),
  z.object({
    status: z.literal('offline'),
    account,
    reason: z.enum(['continued_offline', 'session_expired']),
    /** Of the account's project, so that the person signs in again with the password alone. */
    publishableKey: z.string(),
  }),
]);
export type SessionState = z.infer<typeof sessionState>;

export const sessionOperations = {
  'session.state': operation('cache', nothing, sessionState),
  'session.signIn': operation(
    'server',
    z.object({
      serverUrl: z.string().trim().min(1),
      publishableKey: z.string().trim().min(1),
      email: z.string().trim().min(1),
      password: z.string().min(1),
    }),
    sessionState,
  ),
  'session.continueOffline': operation('cache', z.object({ accountId: z.string() }), sessionState),
  /** `clearCache` also removes the cache of this account; refused as `conflict` never: waiting work is kept either way. */
  'session.signOut': operation('cache', z.object({ clearCache: z.boolean() }), sessionState),
};
