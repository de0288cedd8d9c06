import type { AppError } from '../../shared/app-error.ts';
import type { SessionState } from '../../shared/contract/session.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { Announce } from '../application-events.ts';
import { classifyCacheFault } from '../cache/classify-cache-fault.ts';
import { instantAt } from '../cache/instant.ts';
import type { Clock, Log, SecretStore } from '../platform/platform.ts';
import { failureToError } from '../remote/failure-to-error.ts';
import type { PartnerFunctions, TokenSource } from '../remote/partner-functions.ts';
import type { ProjectAddress } from '../remote/client.ts';
import type { AuthServer, Tokens } from '../remote/sign-in.ts';
import type { ApplicationFile, KnownAccount } from '../settings/application-file.ts';
import type { AccountHost } from './account-host.ts';
import { accountIdOf } from './account-id.ts';
import { readServerAddress } from './server-address.ts';
import { createTokenKeeper, type TokenKeeper } from './token-keeper.ts';

export interface SessionDependencies {
  readonly auth: AuthServer;
  readonly connect: (project: ProjectAddress, tokens: TokenSource) => PartnerFunctions;
  readonly accounts: AccountHost;
  readonly file: ApplicationFile;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly announce: Announce;
  readonly presetServer: { readonly url: string; readonly publishableKey: string } | null;
}

interface OpenSession {
  readonly account: KnownAccount;
  /** Null in an account that is open without a session. */
  keeper: TokenKeeper | null;
  reason: 'continued_offline' | 'session_expired';
}

export interface SignInInput {
  readonly serverUrl: string;
  readonly publishableKey: string;
  readonly email: string;
  readonly password: string;
}

export interface Session {
  state(): SessionState;
  /** Errors: the verdict of the attempt; nothing is changed then. */
  signIn(input: SignInInput): Promise<Result<SessionState, AppError>>;
  /** Opens an account's cache without a session. Errors: `not_found` for an account that was signed out. */
  continueOffline(accountId: string): Promise<Result<SessionState, AppError>>;
  signOut(options: { readonly clearCache: boolean }): Promise<Result<SessionState, AppError>>;
  /** On start: the account of last time, when its session was kept. Needs no network. */
  restore(): Promise<void>;
  /**
   * The database of an account turned out to be damaged: where it is the open one, closes it, makes it anew and opens it, in the same session.
   * Not again within ten minutes: a disk that fails all the time would be filled with what is set aside. Where it could not be done, not again
   * within two, then four, then ten. Where it cannot be opened at all, nobody is signed in until opening it, tried again after the same pauses,
   * succeeds.
   */
  rebuild(accountId: string): Promise<void>;
  /** Whether that is going on: no account is open meanwhile, though somebody is signed in. */
  isRebuilding(): boolean;
  /** Tokens of exactly this account; refused as soon as another one, or none, is signed in. */
  tokensFor(accountId: string): TokenSource;
  close(): Promise<void>;
}

/** So soon a database is not made anew a second time. */
const REBUILD_AGAIN_MS = 10 * 60_000;
/** How long to wait after so many failures in a row: each attempt may fill a disk that is full. */
const pauseAfter = (failures: number): number => Math.min(60_000 * 2 ** failures, REBUILD_AGAIN_MS);

/** What shows another state of an account: all of it. */
const everything = ['session', 'partner', 'members', 'allocations', 'outbox', 'drafts', 'draft_rows', 'sync'] as const;

/** The session of the running console: nobody, one account, or one account's cache without a session. */
export function createSession(dependencies: SessionDependencies): Session {
  const { auth, accounts, file, secrets, clock, log, announce } = dependencies;
  let current: OpenSession | null = null;
  /** Sign-ins and sign-outs happen one after the other. */
  let queue: Promise<unknown> = Promise.resolve();
  const farewells = new Set<Promise<unknown>>();
  /** When it was last tried to make the database of an account anew, in milliseconds, and how often in a row that could not be. */
  const rebuilds = new Map<string, { readonly at: number; readonly failures: number }>();
  let isRebuilding = false;
  /** An account that could not be opened unasked: why, and what ends trying it again. */
  let unopened: { readonly error: AppError; readonly keeper: TokenKeeper | null; readonly cancel: () => void } | null =
    null;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };

  function state(): SessionState {
    if (current === null) {
      const remembered = file.read();
      return {
        status: 'signed_out',
        offlineAccounts: remembered.accounts
          .filter((known) => !known.signedOut && accounts.exists(known.accountId))
          .toSorted((a, b) => b.lastUsedAt.localeCompare(a.lastUsedAt))
          .map((known) => ({ ...publicAccount(known), lastUsedAt: known.lastUsedAt })),
        lastServer: remembered.lastServer ?? dependencies.presetServer,
        lastEmail: remembered.lastEmail,
        sessionIsKept: secrets.available(),
        notOpened: unopened?.error ?? null,
      };
    }
    const account = publicAccount(current.account);
    return current.keeper === null
      ? { status: 'offline', account, reason: current.reason, publishableKey: current.account.publishableKey }
      : { status: 'signed_in', account, sessionIsKept: secrets.available() };
  }

  function startKeeper(account: KnownAccount, tokens: Tokens | { readonly refreshToken: string }): TokenKeeper {
    const keeper = createTokenKeeper(tokens, {
      auth,
      project: { url: account.serverUrl, publishableKey: account.publishableKey },
      clock,
      log,
      onRefreshToken: (refreshToken) => keepToken(account.accountId, refreshToken),
      onExpired: () => {
        secrets.remove(secretName(account.accountId));
        if (current?.keeper !== keeper) return;
        current.keeper = null;
        current.reason = 'session_expired';
        accounts.signedOut();
        announce('session', 'sync', 'outbox');
      },
    });
    return keeper;
  }

  function keepToken(accountId: string, refreshToken: string): void {
    if (!secrets.available()) return;
    try {
      secrets.save(secretName(accountId), refreshToken);
    } catch (error) {
      // A keyring that was locked or taken away: the session goes on in memory, and ends with this run.
      log('warn', 'token_not_kept', { error: error instanceof Error ? error.name : 'unknown' });
    }
  }

  /** Errors: `forbidden` for somebody who is no partner, and what a call can end with. */
  async function readPartner(project: ProjectAddress, tokens: Tokens): Promise<Result<{ fullName: string }, AppError>> {
    const source: TokenSource = {
      token: () => Promise.resolve({ ok: true, value: tokens.accessToken }),
      rejected: () => undefined,
    };
    const answer = await dependencies.connect(project, source).changes(null, 1);
    if (answer.ok) return ok({ fullName: answer.value.partner.full_name });
    farewell(project, tokens.accessToken);
    return err(failureToError(answer.failure, project.url));
  }

  /** Best effort: this computer has forgotten the session either way. */
  function farewell(project: ProjectAddress, accessToken: string): void {
    const goodbye = auth.signOut(project, accessToken).then((answer) => {
      if (!answer.ok) log('info', 'server_sign_out_failed', { kind: answer.failure.kind });
    });
    farewells.add(goodbye);
    void goodbye.finally(() => farewells.delete(goodbye));
  }

  async function signIn(input: SignInInput): Promise<Result<SessionState, AppError>> {
    const address = readServerAddress(input.serverUrl);
    if (!address.ok) return address;
    const project: ProjectAddress = { url: address.value, publishableKey: input.publishableKey };
    const answer = await auth.signIn(project, input.email, input.password);
    if (!answer.ok) return err(failureToError(answer.failure, project.url));
    const partner = await readPartner(project, answer.value);
    if (!partner.ok) return partner;

    const account: KnownAccount = {
      accountId: accountIdOf(project.url, answer.value.userId),
      userId: answer.value.userId,
      email: answer.value.email,
      fullName: partner.value.fullName,
      serverUrl: project.url,
      publishableKey: project.publishableKey,
      lastUsedAt: instantAt(clock.now()),
      signedOut: false,
    };
    const open = current?.account;
    if (open?.accountId === account.accountId && open.publishableKey === account.publishableKey)
      current?.keeper?.close();
    else {
      // Also for the same account under a new key: what is open calls the project with the key it was opened with.
      await leave({ clearCache: false });
      const opened = await accounts.open(account);
      if (!opened.ok) {
        farewell(project, answer.value.accessToken);
        announce('session');
        return opened;
      }
    }
    giveUpTrying();
    current = { account, keeper: startKeeper(account, answer.value), reason: 'continued_offline' };
    keepToken(account.accountId, answer.value.refreshToken);
    remember(account, { url: project.url, publishableKey: project.publishableKey });
    accounts.signedIn();
    announce(...everything);
    return ok(state());
  }

  function remember(account: KnownAccount, lastServer: { url: string; publishableKey: string }): void {
    try {
      file.update((before) => ({
        ...before,
        lastServer,
        lastEmail: account.email,
        currentAccountId: account.accountId,
        accounts: [account, ...before.accounts.filter((known) => known.accountId !== account.accountId)],
      }));
    } catch (error) {
      // A convenience for the next start; this one goes on without it.
      log('warn', 'account_not_remembered', { error: error instanceof Error ? error.name : 'unknown' });
    }
  }

  /** Closes what is open, without signing it out for good. */
  async function leave(options: { readonly clearCache: boolean }): Promise<void> {
    if (current === null) return;
    const left = current;
    current = null;
    left.keeper?.close();
    await accounts.close(options);
  }

  /**
   * Makes the database anew, or, where that cannot be (a full disk), opens it as it is. What is on its way is waited for: an upload that is found
   * again counts as asked and answered from then on. Answers whether it was made anew.
   */
  async function reopenDamaged(open: OpenSession, failures: number): Promise<boolean> {
    let fault: AppError;
    try {
      await accounts.close({ clearCache: false, patiently: true });
      const rebuilt = await accounts.open(open.account, { isDamaged: true });
      if (!rebuilt.ok) log('error', 'database_not_rebuilt', { code: rebuilt.error.code });
      const opened = rebuilt.ok ? rebuilt : await accounts.open(open.account);
      if (opened.ok) {
        goOn(open);
        return rebuilt.ok;
      }
      fault = opened.error;
    } catch (error) {
      log('error', 'database_not_rebuilt', { code: error instanceof Error ? error.name : 'unknown' });
      fault = faultOf(error);
    }
    await accounts.close({ clearCache: false }).catch(() => undefined);
    current = null;
    tryLater(fault, open.keeper, () => reopen(open), failures);
    return false;
  }

  async function reopen(open: OpenSession): Promise<Result<null, AppError>> {
    const opened = await accounts.open(open.account);
    if (opened.ok) goOn(open);
    return opened;
  }

  async function openKnown(account: KnownAccount): Promise<Result<null, AppError>> {
    const opened = await accounts.open(account);
    if (!opened.ok) return opened;
    const used = { ...account, lastUsedAt: instantAt(clock.now()) };
    remember(used, { url: used.serverUrl, publishableKey: used.publishableKey });
    const refreshToken = secrets.available() ? secrets.load(secretName(used.accountId)) : null;
    goOn({
      account: used,
      keeper: refreshToken === null ? null : startKeeper(used, { refreshToken }),
      reason: 'continued_offline',
    });
    return ok(null);
  }

  /** An account is open: its session goes on, or waits for a sign-in, also where it ended meanwhile. */
  function goOn(open: OpenSession): void {
    current = open;
    giveUpTrying(open.keeper);
    if (open.keeper === null) accounts.signedOut();
    else accounts.signedIn();
    announce(...everything);
  }

  /** `keeper`: of the session that goes on, if one does. */
  function giveUpTrying(keeper: TokenKeeper | null = null): void {
    unopened?.cancel();
    if (unopened?.keeper !== keeper) unopened?.keeper?.close();
    unopened = null;
  }

  /** The sign-in screen says why an account is not open, and opening it is tried again until it succeeds or somebody signs in. */
  function tryLater(
    error: AppError,
    keeper: TokenKeeper | null,
    open: () => Promise<Result<null, AppError>>,
    failures: number,
  ): void {
    log('error', 'account_not_opened', { code: error.code });
    const again = async (): Promise<void> => {
      if (current !== null || unopened === null) return;
      const opened = await open().catch((thrown: unknown) => err(faultOf(thrown)));
      if (!opened.ok) tryLater(opened.error, keeper, open, failures + 1);
    };
    unopened = { error, keeper, cancel: clock.after(pauseAfter(failures), () => void inTurn(again)) };
    announce('session');
  }

  return {
    state,
    signIn: (input) => inTurn(() => signIn(input)),
    continueOffline: (accountId) =>
      inTurn(async () => {
        const known = file.read().accounts.find((account) => account.accountId === accountId && !account.signedOut);
        if (known === undefined || !accounts.exists(accountId)) return err({ code: 'not_found', what: 'project' });
        if (current?.account.accountId === accountId) return ok(state());
        await leave({ clearCache: false });
        const opened = await openKnown(known);
        return opened.ok ? ok(state()) : opened;
      }),
    signOut: (options) =>
      inTurn(async () => {
        if (current === null) return ok(state());
        const { account, keeper } = current;
        const accessToken = keeper?.current() ?? null;
        secrets.remove(secretName(account.accountId));
        file.update((before) => ({
          ...before,
          currentAccountId: null,
          accounts: before.accounts.map((known) =>
            known.accountId === account.accountId ? { ...known, signedOut: true } : known,
          ),
        }));
        await leave(options);
        if (accessToken !== null)
          farewell({ url: account.serverUrl, publishableKey: account.publishableKey }, accessToken);
        announce(...everything);
        return ok(state());
      }),
    restore: () =>
      inTurn(async () => {
        const { accounts: known, currentAccountId } = file.read();
        const account = known.find((candidate) => candidate.accountId === currentAccountId && !candidate.signedOut);
        if (account === undefined || !accounts.exists(account.accountId)) return;
        // Without a kept session nobody has shown who they are: the sign-in screen offers to continue offline.
        if (!secrets.available() || secrets.load(secretName(account.accountId)) === null) return;
        const opened = await openKnown(account);
        if (!opened.ok) tryLater(opened.error, null, () => openKnown(account), 1);
      }),
    rebuild: (accountId) =>
      inTurn(async () => {
        if (current?.account.accountId !== accountId) return;
        const before = rebuilds.get(accountId) ?? { at: Number.NEGATIVE_INFINITY, failures: 0 };
        const pause = before.failures === 0 ? REBUILD_AGAIN_MS : pauseAfter(before.failures);
        // Either way: the clock may have been set back since.
        if (Math.abs(clock.now() - before.at) < pause) return;
        log('error', 'database_damaged');
        isRebuilding = true;
        try {
          const isRebuilt = await reopenDamaged(current, before.failures + 1);
          rebuilds.set(accountId, { at: clock.now(), failures: isRebuilt ? 0 : before.failures + 1 });
        } finally {
          isRebuilding = false;
          announce(...everything);
        }
      }),
    isRebuilding: () => isRebuilding,
    tokensFor: (accountId) => ({
      token: async () => {
        const keeper = current?.account.accountId === accountId ? current.keeper : null;
        return keeper === null ? { ok: false, failure: { kind: 'sign_in', reason: 'expired' } } : keeper.token();
      },
      rejected: (token) => {
        if (current?.account.accountId === accountId) current.keeper?.rejected(token);
      },
    }),
    close: () =>
      inTurn(async () => {
        giveUpTrying();
        await leave({ clearCache: false });
        await Promise.all(farewells);
      }),
  };
}

/** Whatever is thrown where a database is opened, its person can only be told that it does not open. */
function faultOf(error: unknown): AppError {
  return classifyCacheFault(error) ?? { code: 'cache_unavailable', reason: 'corrupt' };
}

function publicAccount(known: KnownAccount): Extract<SessionState, { status: 'signed_in' }>['account'] {
  const { accountId, userId, email, fullName, serverUrl } = known;
  return { accountId, userId, email, fullName, serverUrl };
}

function secretName(accountId: string): string {
  return `refresh-token-${accountId}`;
}
