import type { AppError } from '../../shared/app-error.ts';
import type { Result } from '../../shared/result.ts';
import type { KnownAccount } from '../settings/application-file.ts';

/** What the session opens and closes: the database of one account and everything that works on it. At most one is open. */
export interface AccountHost {
  /** Whether this computer has a database of that account. */
  exists(accountId: string): boolean;
  /** `isDamaged`: its database is made anew of what can be read. */
  open(account: KnownAccount, options?: { readonly isDamaged?: boolean }): Promise<Result<null, AppError>>;
  /** Somebody signed in to the open account: what waited for it goes on. */
  signedIn(): void;
  /** The open account lost its session: nothing is sent until the next sign-in. */
  signedOut(): void;
  /**
   * Ends after the current step. `clearCache` forgets what can be pulled again, never waiting work. `patiently`: waits for the answer to what is
   * on its way, however long it takes.
   */
  close(options: { readonly clearCache: boolean; readonly patiently?: boolean }): Promise<void>;
}
