import type { AppError } from '../../shared/app-error.ts';
import type { SyncStatus } from '../../shared/contract/sync.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { AccountHandlers, OpenAccount } from '../account-handlers.ts';
import type { Announce } from '../application-events.ts';
import { readComparison } from '../cache/compare-members.ts';
import { instantAt } from '../cache/instant.ts';
import { countMembers } from '../cache/member-pages.ts';
import { isSendingPaused, setSendingPaused } from '../cache/outbox.ts';
import { type Decision, discardItem, editItem, retryItem } from '../cache/outbox-decisions.ts';
import { countItems, listItems } from '../cache/outbox-list.ts';
import { readPullState } from '../cache/pull-state.ts';
import type { Clock } from '../platform/platform.ts';
import { failureToError } from '../remote/failure-to-error.ts';

type SyncOperationName =
  | 'sync.status'
  | 'sync.items'
  | 'sync.now'
  | 'sync.compare'
  | 'sync.stopComparing'
  | 'sync.pause'
  | 'sync.resume'
  | 'sync.retry'
  | 'sync.edit'
  | 'sync.discard';

/** The sync centre: where everything stands, and what people decide about single items. */
export function syncOperations(clock: Clock, announce: Announce): AccountHandlers<SyncOperationName> {
  const setPaused = (account: OpenAccount, paused: boolean): Result<SyncStatus, AppError> => {
    setSendingPaused(account.database, paused);
    announce('sync', 'outbox');
    account.engine.wake();
    return ok(readStatus(account));
  };

  const decided = (account: OpenAccount, decision: Decision): Result<{ itemId: string }, AppError> => {
    if ('fault' in decision) return err(decisionError(decision.fault));
    announce('outbox', 'members', 'partner', 'drafts', 'draft_rows', 'sync');
    account.engine.wake();
    return ok({ itemId: decision.itemId });
  };

  return {
    'sync.status': (account) => ok(readStatus(account)),
    'sync.items': ({ database }, page) => ok(listItems(database, page)),
    'sync.now': async (account) => {
      if (!account.engine.state().isSignedIn) return err({ code: 'signed_out', reason: 'not_signed_in' });
      const failure = await account.engine.syncNow();
      return failure === null ? ok(readStatus(account)) : err(failureToError(failure, account.serverUrl));
    },
    'sync.compare': async (account) => {
      if (!account.engine.state().isSignedIn) return err({ code: 'signed_out', reason: 'not_signed_in' });
      const { failure, stopped } = await account.engine.compareNow();
      if (failure !== null) return err(failureToError(failure, account.serverUrl));
      const { mended, removed } = readComparison(account.database);
      return ok({ members: countMembers(account.database), mended, removed, stopped });
    },
    'sync.stopComparing': ({ engine }) => {
      engine.stopComparing();
      return ok({});
    },
    'sync.pause': (account) => setPaused(account, true),
    'sync.resume': (account) => setPaused(account, false),
    'sync.retry': (account, { itemId }) => decided(account, retryItem(account.database, itemId, clock.now())),
    'sync.edit': (account, { itemId, ...change }) =>
      decided(account, editItem(account.database, itemId, change, clock.now())),
    'sync.discard': (account, { itemId }) => {
      const result = decided(account, discardItem(account.database, itemId, clock.now()));
      return result.ok ? ok({}) : result;
    },
  };
}

function readStatus({ database, engine }: OpenAccount): SyncStatus {
  const state = engine.state();
  return {
    signedIn: state.isSignedIn,
    connection: state.connection,
    fault: state.fault,
    lastPullAt: readPullState(database).completedAt,
    pulling: state.isPulling,
    paused: isSendingPaused(database),
    ...countItems(database),
    nextAttemptAt: state.nextAttemptAt === null ? null : instantAt(state.nextAttemptAt),
  };
}

function decisionError(fault: Extract<Decision, { fault: unknown }>['fault']): AppError {
  switch (fault) {
    case 'not_found':
      return { code: 'not_found', what: 'item' };
    case 'item_sending':
      return { code: 'conflict', what: 'item_sending' };
    case 'newer_version':
      return { code: 'outdated_client' };
    case 'unreadable':
      return { code: 'refused', reason: 'item_unreadable' };
  }
}
