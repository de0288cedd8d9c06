import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { accountIdOf } from '../../main/session/account-id.ts';
import { openConsole, memorySecrets, type TestConsole } from '../builders/console.ts';
import { type FakeClock, fakeClock } from '../builders/fake-clock.ts';
import { password, type Project, type SeededPartner } from './direct-server.ts';
import type { Template } from './template.ts';
import { openWay, type Way, type WayState } from './way.ts';
import { newWanted, type Wanted } from './wanted.ts';

/** A fault that a test plants from outside, to see the model find it. */
export interface Plant {
  /** Between the console and the way: what leaves, or comes back, is another. */
  readonly fetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch;
  /** Done to an account's database before a console opens it. `again`: it was open before. */
  readonly database?: (file: string, again: boolean) => void;
}

/** A console in the hands of a person, on a computer that may fail: what a run does everything with. */
export interface Person {
  readonly project: Project;
  readonly way: Way;
  readonly wanted: Wanted;
  readonly partners: readonly SeededPartner[];
  /** Whose account is open, with or without a session; null when nobody's is. */
  open(): Promise<SeededPartner | null>;
  /** Whose account it was last. */
  latest(): SeededPartner;
  partnerConsole(): TestConsole;
  /** Somebody who waits for the server gives up on what hangs: then there is no way. */
  giveUp(): void;
  signIn(who: SeededPartner): Promise<void>;
  signOut(clearCache: boolean): Promise<void>;
  /** Until nothing is on the way and nothing follows from what came. */
  quiet(): Promise<void>;
  wait(milliseconds: number): Promise<void>;
  /** The console is gone as by SIGKILL: the next one finds what lies on the disk at this moment. */
  crash(): Promise<void>;
  /** Remembers the databases as they are on the disk now. */
  keep(): Promise<void>;
  /** As a crash after which the disk has the databases as they were kept, and everything else as it is: the ends of their logs are lost. */
  loseLogs(way: WayState): Promise<void>;
  restart(): Promise<void>;
  end(): Promise<void>;
}

export async function newPerson(
  project: Project,
  template: Template,
  partners: readonly [SeededPartner, ...SeededPartner[]],
  folder: string,
  plant: Plant = {},
): Promise<Person> {
  const [first] = partners;
  const wanted = newWanted();
  const way = openWay(project.fetch, (userId, name, args) => wanted.received(userId, name, args));
  const secrets = memorySecrets();
  const dead: { readonly partnerConsole: TestConsole; readonly clock: FakeClock }[] = [];
  const laid = new Set<string>();
  let latest = first;
  let dataFolder = mkdtempSync(path.join(folder, 'run-'));
  /** By account: where its database is kept. */
  let kept = new Map<string, string>();
  // By the real time at first: the server's clock is real, and what it gives is to be valid by both.
  let clock = fakeClock(new Date().toISOString());
  let partnerConsole = await openHere();

  function openHere(): Promise<TestConsole> {
    for (const userId of laid) plant.database?.(databaseOf(userId), true);
    return openConsole({ dataFolder, clock, secrets, fetch: plant.fetch?.(way.fetch) ?? way.fetch });
  }

  function databaseOf(userId: string): string {
    return path.join(dataFolder, 'accounts', accountIdOf(project.url, userId), 'console.db');
  }

  /** What of an account's folder is the database and its log. */
  const parts = ['console.db', 'console.db-wal'] as const;

  async function crash(change: (accounts: string) => void, then: WayState): Promise<void> {
    await quiet();
    dead.push({ partnerConsole, clock });
    const found = mkdtempSync(path.join(folder, 'run-'));
    cpSync(dataFolder, found, { recursive: true });
    change(path.join(found, 'accounts'));
    dataFolder = found;
    clock = fakeClock(new Date(clock.now()).toISOString());
    way.set(then, { consoleIsDead: true });
    partnerConsole = await openHere();
    await quiet();
  }

  /** Without anything on the way ever waiting for a timer: those stand still. */
  async function quiet(): Promise<void> {
    for (let turns = 0; turns < 12; turns += 1) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      if (way.inFlight() > 0) turns = 0;
    }
  }

  function giveUp(): void {
    if (way.state().startsWith('hang')) way.set('offline');
  }

  return {
    project,
    way,
    wanted,
    partners,
    latest: () => latest,
    partnerConsole: () => partnerConsole,
    giveUp,
    quiet,
    async open() {
      const session = await partnerConsole.value('session.state', {});
      if (session.status === 'signed_out') return null;
      return partners.find(({ userId }) => userId === session.account.userId) ?? null;
    },
    async signIn(who) {
      giveUp();
      await quiet();
      if (!laid.has(who.userId)) {
        template.layFor(dataFolder, who.userId);
        laid.add(who.userId);
        plant.database?.(databaseOf(who.userId), false);
      }
      const { url: serverUrl, publishableKey } = project;
      const { email } = who;
      const answer = await partnerConsole.call('session.signIn', { serverUrl, publishableKey, email, password });
      if (answer.ok) latest = who;
      await quiet();
    },
    async signOut(clearCache) {
      giveUp();
      await quiet();
      await partnerConsole.value('session.signOut', { clearCache });
      // What has been cleared is not on the disk any more, whatever becomes of a log.
      if (clearCache) kept = new Map();
      await quiet();
    },
    async wait(milliseconds) {
      await clock.advance(milliseconds);
      await quiet();
    },
    crash: () => crash(() => undefined, 'online'),
    async keep() {
      await quiet();
      kept = new Map();
      const accounts = path.join(dataFolder, 'accounts');
      for (const account of existsSync(accounts) ? readdirSync(accounts) : []) {
        const place = mkdtempSync(path.join(folder, 'kept-'));
        for (const part of parts) copyIfThere(path.join(accounts, account, part), path.join(place, part));
        kept.set(account, place);
      }
    },
    loseLogs: (then) =>
      crash((accounts) => {
        for (const [account, place] of kept) {
          for (const part of [...parts, 'console.db-shm']) rmSync(path.join(accounts, account, part), { force: true });
          for (const part of parts) copyIfThere(path.join(place, part), path.join(accounts, account, part));
          const of = partners.find(({ userId }) => accountIdOf(project.url, userId) === account);
          if (of !== undefined) wanted.lossy.add(of.userId);
        }
        wanted.edits.clear();
      }, then),
    async restart() {
      giveUp();
      await quiet();
      await partnerConsole.close();
      partnerConsole = await openHere();
      await quiet();
    },
    async end() {
      // What hangs would be waited for by a clock that stands still.
      giveUp();
      await partnerConsole.close();
      for (const one of dead) {
        const closed = one.partnerConsole.close();
        // What hangs for ever is waited for by its clock alone.
        await one.clock.advance(10_000);
        await closed;
        rmSync(one.partnerConsole.dataFolder, { recursive: true });
      }
      rmSync(dataFolder, { recursive: true });
    },
  };
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to);
}
