import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { memorySecrets, openConsole, type TestConsole } from '../builders/console.ts';
import {
  activeMembers,
  assign,
  csvOfPeople,
  hasWire,
  itemIn,
  serverState,
  signIn,
  submitUpload,
} from './sync-harness.ts';

/**
 * A console that ends at one step of the protocol, as its disk has it at that moment: the folder is copied while the request waits at the
 * gateway, and the copy is opened afterwards. So each step is met exactly, every time.
 */
interface Step {
  readonly command: string;
  /** Part of the address of the request at which it ends. */
  readonly at: string;
  /** The request never gets there; or the server commits it and no answer comes back; or the answer has been written down. */
  readonly moment: 'request lost' | 'answer lost' | 'landed';
  /** What the Sync centre says at the next start, before it has asked. */
  readonly found: string;
  /** What the balance has lost when everything has ended. */
  readonly spent: number;
}

const steps: readonly Step[] = [
  { command: 'assign', at: 'rpc/assign_member_credits', moment: 'request lost', found: 'checking', spent: 5 },
  { command: 'assign', at: 'rpc/assign_member_credits', moment: 'answer lost', found: 'checking', spent: 5 },
  { command: 'assign', at: 'rpc/partner_changes', moment: 'landed', found: 'confirmed', spent: 5 },
  { command: 'assign many', at: 'rpc/send_assignments', moment: 'request lost', found: 'checking', spent: 6 },
  { command: 'assign many', at: 'rpc/send_assignments', moment: 'answer lost', found: 'checking', spent: 6 },
  { command: 'assign many', at: 'rpc/partner_changes', moment: 'landed', found: 'confirmed', spent: 6 },
  { command: 'take back', at: 'rpc/revoke_member_credits', moment: 'request lost', found: 'checking', spent: 2 },
  { command: 'take back', at: 'rpc/revoke_member_credits', moment: 'answer lost', found: 'checking', spent: 2 },
  { command: 'extend', at: 'rpc/extend_member_credits', moment: 'request lost', found: 'checking', spent: 3 },
  { command: 'extend', at: 'rpc/extend_member_credits', moment: 'answer lost', found: 'checking', spent: 3 },
  { command: 'deactivate', at: 'rpc/set_member_status', moment: 'request lost', found: 'checking', spent: 0 },
  { command: 'deactivate', at: 'rpc/set_member_status', moment: 'answer lost', found: 'checking', spent: 0 },
  { command: 'upload', at: 'rpc/upload_members', moment: 'request lost', found: 'checking', spent: 8 },
  { command: 'upload', at: 'rpc/upload_members', moment: 'answer lost', found: 'checking', spent: 8 },
  { command: 'upload', at: 'rpc/partner_changes', moment: 'landed', found: 'confirmed', spent: 8 },
  { command: 'whole upload', at: 'rpc/stage_member_upload', moment: 'request lost', found: 'queued', spent: 8 },
  { command: 'whole upload', at: 'rpc/stage_member_upload', moment: 'answer lost', found: 'queued', spent: 8 },
  { command: 'whole upload', at: 'rpc/commit_member_upload', moment: 'request lost', found: 'checking', spent: 8 },
  { command: 'whole upload', at: 'rpc/commit_member_upload', moment: 'answer lost', found: 'checking', spent: 8 },
  { command: 'whole upload', at: 'member_upload_rows', moment: 'answer lost', found: 'checking', spent: 8 },
  { command: 'whole upload', at: 'rpc/partner_changes', moment: 'landed', found: 'confirmed', spent: 8 },
];

const nameOf = ({ command, at, moment }: Step): string => `${command}: ${moment} at ${at.replace('rpc/', '')}`;

describe.skipIf(!hasWire)('a console that ends at a step of the protocol', () => {
  let hybrid: Hybrid;
  let folder: string;
  const secrets = memorySecrets();
  const told: string[] = [];

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(async () => {
    await hybrid.close();
    process.stdout.write(`${told.join('\n')}\n`);
  });
  beforeEach(async () => {
    await hybrid.reset();
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-steps-'));
    return () => {
      hybrid.gateway.setFate(null);
      rmSync(folder, { recursive: true, force: true });
    };
  });

  const [used, left] = ['used', 'left'].map((name) => (): string => path.join(folder, name)) as [
    () => string,
    () => string,
  ];

  async function queue(partnerConsole: TestConsole, command: string): Promise<void> {
    const [first = '', second = '', third = ''] = await activeMembers(partnerConsole);
    if (command === 'take back' || command === 'extend') {
      // There has to be something to take back or extend.
      await itemIn(partnerConsole, await assign(partnerConsole, first, 3), 'confirmed');
    }
    await partnerConsole.value('sync.pause', {});
    if (command === 'assign') await assign(partnerConsole, first, 5);
    else if (command === 'assign many')
      for (const member of [first, second, third]) await assign(partnerConsole, member, 2);
    else if (command === 'take back') {
      await partnerConsole.value('allocation.revoke', { memberId: first, credits: 1, reason: null });
    } else if (command === 'extend') await partnerConsole.value('allocation.extend', { memberId: first, days: 9 });
    else if (command === 'deactivate') {
      await partnerConsole.value('members.setStatus', { memberId: first, status: 'inactive' });
    } else
      await submitUpload(partnerConsole, csvOfPeople(4, 2), command === 'upload' ? 'valid_only' : 'all_or_nothing');
  }

  it.each(steps.map((step) => [nameOf(step), step] as const))('%s', async (name, step) => {
    const before = await serverState(hybrid);
    const first = await openConsole({ dataFolder: used(), secrets });
    await signIn(first, hybrid);
    await queue(first, step.command);
    let isOver = false;
    const met = new Promise<void>((resolve) => {
      hybrid.gateway.setFate(({ path: requested }) => {
        if (isOver) return requested.includes('/auth/') ? 'pass' : 'drop_request';
        if (!requested.includes(step.at)) return 'pass';
        isOver = true;
        cpSync(used(), left(), { recursive: true });
        resolve();
        return step.moment === 'answer lost' ? 'drop_answer' : 'drop_request';
      });
    });
    await first.value('sync.resume', {});
    await met;
    await first.application.close();

    // As it is found: nothing can be asked yet, however often it is tried.
    hybrid.gateway.setFate(() => 'drop_request');
    const second = await openConsole({ dataFolder: left(), secrets });
    try {
      const page = { show: 'all', offset: 0, limit: 9 } as const;
      const found = await second.until('sync.items', page, ({ items }) =>
        items.every(({ state }) => state !== 'sending'),
      );
      const states = [...new Set(found.items.map(({ state }) => state))];
      hybrid.gateway.setFate(null);
      await second.value('sync.now', {});
      await second.until('sync.items', page, ({ items }) => items.every(({ state }) => state === 'confirmed'));
      const after = await serverState(hybrid);
      told.push(`${name.padEnd(62)} ${states.join(' ').padEnd(20)} once`);
      expect([before.balance - after.balance, after.violations]).toEqual([step.spent, []]);
      expect(states.filter((state) => state !== 'confirmed')).toEqual(step.found === 'confirmed' ? [] : [step.found]);
      expect(found.items.map(({ itemId }) => itemId).toSorted()).toEqual(
        (await second.value('sync.items', page)).items.map(({ itemId }) => itemId).toSorted(),
      );
      expect((await second.value('dashboard.read', {})).balance).toMatchObject({
        confirmed: after.balance,
        planned: 0,
      });
    } finally {
      await second.application.close();
    }
  });

  it('before a command is acknowledged nothing of it is there; afterwards it waits', async () => {
    const first = await openConsole({ dataFolder: used(), secrets });
    await signIn(first, hybrid);
    await first.value('sync.pause', {});
    const [member = ''] = await activeMembers(first);
    cpSync(used(), path.join(folder, 'before'), { recursive: true });
    await assign(first, member, 5);
    cpSync(used(), path.join(folder, 'after'), { recursive: true });
    await first.application.close();
    for (const [name, states] of [
      ['before', []],
      ['after', ['queued']],
    ] as const) {
      const next = await openConsole({ dataFolder: path.join(folder, name), secrets });
      const { items } = await next.value('sync.items', { show: 'all', offset: 0, limit: 9 });
      expect(items.map(({ state }) => state)).toEqual(states);
      await next.application.close();
    }
  });

  it('in a page of the feed: it is asked for again, and the cache is whole', async () => {
    const first = await openConsole({ dataFolder: used(), secrets });
    let asked = 0;
    hybrid.gateway.setFate(({ path: requested }) => {
      if (!requested.includes('rpc/partner_changes')) return 'pass';
      asked += 1;
      // The sign-in asks once whether this is a partner.
      if (asked === 1) return 'pass';
      cpSync(used(), left(), { recursive: true, force: true });
      return 'drop_answer';
    });
    await first.value('session.signIn', {
      serverUrl: hybrid.url,
      publishableKey: hybrid.publishableKey,
      email: 'demo@partner-console.example',
      password: 'Demo-2026-credits',
    });
    await first.until('sync.status', {}, ({ connection }) => connection === 'offline');
    await first.application.close();
    hybrid.gateway.setFate(null);
    const second = await openConsole({ dataFolder: left(), secrets });
    await second.until('sync.status', {}, (status) => status.lastPullAt !== null && !status.pulling);
    const { members } = await serverState(hybrid);
    const filter = { search: '', status: null, credits: null };
    const sort = { by: 'name', direction: 'ascending' } as const;
    expect((await second.value('members.page', { filter, sort, offset: 0, limit: 1 })).total).toBe(members);
    await second.application.close();
  });

  it('stands in docs/reliability.md, step by step', () => {
    const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/reliability.md'), 'utf8');
    const lines = steps.map(
      (step) => `| ${step.command} | \`${step.at.replace('rpc/', '')}\` | ${step.moment} | ${step.found} | once |`,
    );
    expect(lines.filter((line) => !text.replaceAll(/ +/g, ' ').includes(line))).toEqual([]);
  });
});
