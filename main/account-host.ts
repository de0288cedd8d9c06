import { existsSync } from 'node:fs';
import path from 'node:path';
import { err, ok } from '../shared/result.ts';
import type { OpenAccount } from './account-handlers.ts';
import { classifyCacheFault } from './cache/classify-cache-fault.ts';
import { openOrRecover, type Recovery } from './cache/recover.ts';
import { rebuiltFile } from './cache/set-aside.ts';
import { clearCache } from './cache/pull-state.ts';
import type { OpenDatabase } from './cache/database.ts';
import type { PartnerFunctions } from './remote/partner-functions.ts';
import type { AccountHost } from './session/account-host.ts';
import { sourceFile } from './uploads/draft-files.ts';
import type { KnownAccount } from './settings/application-file.ts';
import type { SyncEngine } from './sync/engine.ts';

export interface AccountHostDependencies {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A damaged database was set aside and made anew. */
  readonly onRecovered: (recovery: Recovery) => void;
  readonly dataFolder: string;
  readonly connect: (account: KnownAccount) => PartnerFunctions;
  readonly startEngine: (account: KnownAccount, database: OpenDatabase, functions: PartnerFunctions) => SyncEngine;
  /** Ends what else works on the database; it is closed afterwards. */
  readonly beforeClose: () => Promise<void>;
}

export interface RunningAccountHost extends AccountHost {
  readonly current: () => OpenAccount | null;
}

/** Opens and closes the one account that is at work: a folder, a database and an engine of its own for each account. */
export function createAccountHost(dependencies: AccountHostDependencies): RunningAccountHost {
  let current: OpenAccount | null = null;
  const folderOf = (accountId: string): string => path.join(dependencies.dataFolder, 'accounts', accountId);
  const fileOf = (accountId: string): string => path.join(folderOf(accountId), 'console.db');

  return {
    current: () => current,
    exists: (accountId) => existsSync(fileOf(accountId)) || existsSync(rebuiltFile(fileOf(accountId))),
    async open(account, { isDamaged = false } = {}) {
      const hasSource = (draftId: string): boolean => existsSync(sourceFile(folderOf(account.accountId), draftId));
      const opened = openOrRecover(fileOf(account.accountId), dependencies.now(), hasSource, isDamaged);
      if (!opened.ok) return opened;
      const { database, recovery } = opened.value;
      if (recovery !== null) dependencies.onRecovered(recovery);
      try {
        const functions = dependencies.connect(account);
        current = {
          accountId: account.accountId,
          serverUrl: account.serverUrl,
          folder: folderOf(account.accountId),
          database,
          engine: dependencies.startEngine(account, database, functions),
          functions,
        };
        return ok(null);
      } catch (error) {
        // The engine writes when it starts, and the disk may be full.
        database.close();
        const fault = classifyCacheFault(error);
        if (fault === null) throw error;
        return err(fault);
      }
    },
    signedIn: () => current?.engine.signedIn(),
    signedOut: () => current?.engine.signedOut(),
    async close(options) {
      if (current === null) return;
      const { database, engine } = current;
      // Nothing new is read from it or queued in it; what is on its way may still land.
      current = null;
      try {
        await engine.close({ patiently: options.patiently ?? false });
        await dependencies.beforeClose();
        if (options.clearCache) clearCache(database);
      } finally {
        database.close();
      }
    },
  };
}
