import type { AppError } from '../shared/app-error.ts';
import { operationNames, type OperationName } from '../shared/contract/operation-names.ts';
import { err, type Result } from '../shared/result.ts';
import type { AccountHandlers, OpenAccount } from './account-handlers.ts';
import { createAccountHost } from './account-host.ts';
import { allocationOperations } from './allocation/allocation-operations.ts';
import { createApplicationEvents } from './application-events.ts';
import type { Application, Handler, Handlers } from './application.ts';
import { classifyCacheFault, isCertainDamage } from './cache/classify-cache-fault.ts';
import { dashboardOperations } from './dashboard/dashboard-operations.ts';
import { diagnosticsOperations } from './diagnostics/diagnostics-operations.ts';
import { memberOperations } from './members/member-operations.ts';
import type { Platform } from './platform/platform.ts';
import { createPartnerFunctions } from './remote/partner-functions.ts';
import { createAuthServer } from './remote/sign-in.ts';
import { createSession, type Session } from './session/session.ts';
import { sessionOperations } from './session/session-operations.ts';
import { openApplicationFile } from './settings/application-file.ts';
import { recoveryOperations } from './settings/recovery-operations.ts';
import { applicationOperations } from './settings/application-operations.ts';
import { createSyncEngine } from './sync/engine.ts';
import { syncHistoryOperations } from './sync/history-operations.ts';
import { observeFunctions } from './sync/observe-functions.ts';
import { createRoundRecorder } from './sync/round-recorder.ts';
import { syncOperations } from './sync/sync-operations.ts';
import { createUploads } from './uploads/create-uploads.ts';
import { uploadHistoryOperations } from './uploads/upload-history.ts';

const signedOut: AppError = { code: 'signed_out', reason: 'not_signed_in' };

/**
 * Wires the whole console for one host. The only place where objects meet: whoever needs another is given it here.
 * Nothing runs before `start`.
 */
export async function composeApplication(platform: Platform): Promise<Application> {
  const { clock, log, dataFolder, fetch } = platform;
  const events = createApplicationEvents(() => log('error', 'event_listener_failed'));
  const { announce, emit } = events;
  const file = openApplicationFile(dataFolder, log);

  const onDamage = (accountId: string): void => void session.rebuild(accountId);
  const accounts = createAccountHost({
    dataFolder,
    now: () => clock.now(),
    onRecovered: ({ items, drafts, lost }) => log('error', 'cache_recovered', { items, drafts, lost }),
    connect: (account) =>
      createPartnerFunctions(
        { url: account.serverUrl, publishableKey: account.publishableKey },
        fetch,
        session.tokensFor(account.accountId),
        () => clock.now(),
      ),
    startEngine: (account, database, functions) => {
      const rounds = createRoundRecorder(database, clock, log, announce);
      return createSyncEngine({
        database,
        partnerId: account.userId,
        functions: observeFunctions(functions, rounds, clock, log),
        clock,
        log,
        announce,
        onPullProgress: (members, allocations) => emit({ event: 'pull_progress', members, allocations }),
        onCompareProgress: ({ buckets, compared, differing, members }) =>
          emit({ event: 'compare_progress', buckets, compared, differing, members }),
        random: Math.random,
        rounds,
        onDamage: () => onDamage(account.accountId),
      });
    },
    beforeClose: () => uploads.close(),
  });
  const session: Session = createSession({
    auth: createAuthServer(fetch, () => clock.now()),
    connect: (project, tokens) => createPartnerFunctions(project, fetch, tokens, () => clock.now()),
    accounts,
    file,
    secrets: platform.secrets,
    clock,
    log,
    announce,
    presetServer: platform.presetServer,
  });
  const uploads = createUploads({
    account: accounts.current,
    announce,
    emit,
    wakeSender: () => accounts.current()?.engine.wake(),
    onDamage: () => {
      const account = accounts.current();
      if (account !== null) onDamage(account.accountId);
    },
    clock,
    log,
    importWorker: platform.importWorker,
  });

  const handlers = guarded(
    {
      ...applicationOperations(platform, file, announce),
      ...sessionOperations(session),
      ...diagnosticsOperations({ platform, file, account: accounts.current, emit }),
      ...uploads.handlers,
      ...onOpenAccount(accounts.current, {
        ...recoveryOperations(announce),
        ...dashboardOperations(clock),
        ...memberOperations(clock),
        ...allocationOperations(clock, announce),
        ...syncOperations(clock, announce),
        ...syncHistoryOperations(clock, announce),
        ...uploadHistoryOperations(announce),
      }),
    },
    { accountId: () => accounts.current()?.accountId ?? null, onDamage, isRebuilding: () => session.isRebuilding() },
  );

  const endHints = platform.onConnectionHint((hint) => accounts.current()?.engine.tryAgain(hint));

  let closing: Promise<void> | null = null;
  return {
    handlers,
    onEvent: events.onEvent,
    start: () => session.restore(),
    close: () => {
      endHints();
      return (closing ??= session.close());
    },
  };
}

/** Gives each handler the account of the moment; without one it answers `signed_out`. */
function onOpenAccount<Name extends OperationName>(
  current: () => OpenAccount | null,
  handlers: AccountHandlers<Name>,
): Pick<Handlers, Name> {
  const bound: Partial<Record<OperationName, unknown>> = {};
  for (const name of operationNames) {
    if (!(name in handlers)) continue;
    // Name and input belong together by the type of `handlers`; the loop over names cannot carry that.
    const handler = handlers[name as Name] as (
      account: OpenAccount,
      input: unknown,
    ) => Promise<Result<unknown, AppError>>;
    bound[name] = (input: unknown) => {
      const account = current();
      return account === null ? err(signedOut) : handler(account, input);
    };
  }
  return bound as Pick<Handlers, Name>;
}

/** The database is being made anew: no account is open, and the person has signed in all the same. */
const rebuilding: AppError = { code: 'cache_unavailable', reason: 'corrupt' };

/**
 * A full disk or a broken database is an expected fault, wherever it shows; everything else that is thrown is a bug. Where an operation
 * finds the database of its account damaged, `onDamage` is told, and what was asked for fails this once.
 */
function guarded(
  handlers: Handlers,
  around: {
    readonly accountId: () => string | null;
    readonly onDamage: (accountId: string) => void;
    readonly isRebuilding: () => boolean;
  },
): Handlers {
  const wrapped: Partial<Record<OperationName, unknown>> = {};
  for (const name of operationNames) {
    const handler = handlers[name] as Handler<OperationName>;
    wrapped[name] = async (input: Parameters<typeof handler>[0]) => {
      const accountId = around.accountId();
      try {
        const result = await handler(input);
        const isClosed = !result.ok && result.error.code === 'signed_out' && result.error.reason === 'not_signed_in';
        return isClosed && around.isRebuilding() ? err(rebuilding) : result;
      } catch (error) {
        const fault = classifyCacheFault(error);
        if (fault === null) throw error;
        if (accountId !== null && isCertainDamage(error)) around.onDamage(accountId);
        return err(fault);
      }
    };
  }
  return wrapped as Handlers;
}
