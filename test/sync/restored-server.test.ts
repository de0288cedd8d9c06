import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../main/cache/open.ts';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
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

describe.skipIf(!hasWire)('a server that was put back from a backup', () => {
  let hybrid: Hybrid;
  let dataFolder: string;
  beforeAll(async () => {
    hybrid = await startHybrid();
    dataFolder = mkdtempSync(path.join(tmpdir(), 'partner-console-restored-'));
  });
  afterAll(async () => {
    await hybrid.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  /** The position of a console that read transactions which the server does not count yet. */
  const readAhead = (): void => {
    const files = readdirSync(dataFolder, { recursive: true, encoding: 'utf8' });
    const file = files.find((name) => path.basename(name) === 'console.db');
    if (file === undefined) throw new Error('no database');
    const database = connect(path.join(dataFolder, file));
    const { cursor } = database.get<{ cursor: string }>('select cursor from pull_state') ?? { cursor: '' };
    const ahead = cursor.replaceAll(/\.\d+\./g, (transaction) => `.9${transaction.slice(1, -1).padStart(9, '0')}.`);
    expect(ahead).not.toBe(cursor);
    database.run('update pull_state set cursor = ?', ahead);
    database.close();
  };

  const totalOf = async (partnerConsole: TestConsole, search: string): Promise<number> => {
    const sort = { by: 'name', direction: 'ascending' } as const;
    const filter = { search, status: null, credits: null };
    return (await partnerConsole.value('members.page', { filter, sort, offset: 0, limit: 10 })).total;
  };

  it('is noticed: what it lost goes here too, and what it forgot is shown and never sent by itself', async () => {
    const start = await serverState(hybrid);
    const first = await openConsole({ dataFolder });
    await signIn(first, hybrid);
    const [memberId = ''] = await activeMembers(first);
    const itemId = await assign(first, memberId, 7);
    await itemIn(first, itemId, 'confirmed');
    const draftIds = [
      await submitUpload(first, csvOfPeople(3, 2), 'valid_only'),
      await submitUpload(first, csvOfPeople(2, 1, 'whole'), 'all_or_nothing'),
    ];
    for (const draftId of draftIds) await first.until('uploads.read', { draftId }, (draft) => draft.stage === 'done');
    await hybrid.sql`
      insert into public.partner_members (partner_id, email, first_name)
      select id, 'afterwards@company.example', 'Afterwards' from public.users where email = 'demo@partner-console.example'`;
    // The feed keeps back what is younger than the oldest transaction at work: it may take more than one look.
    while ((await totalOf(first, 'afterwards')) === 0) await first.value('sync.now', {});
    await first.application.close();

    await hybrid.reset();
    readAhead();
    const second = await openConsole({ dataFolder });
    try {
      await signIn(second, hybrid);
      const held = await itemIn(second, itemId, 'held');
      expect(held).toMatchObject({ heldReason: 'recovered', lastError: 'forgotten', receipt: null });
      for (const [place, rows] of [3, 2].entries()) {
        const draftId = draftIds[place] ?? '';
        const sent = await second.until('uploads.read', { draftId }, ({ refused }) => refused === rows);
        expect(sent).toMatchObject({ stage: 'done', confirmed: 0 });
        const shown = await second.value('uploads.rows', { draftId, show: 'refused', offset: 0, limit: 10 });
        expect(shown.rows.map(({ outcome }) => outcome?.reason)).toEqual(
          Array.from({ length: rows }, () => 'forgotten'),
        );
      }
      await second.value('sync.now', {});
      expect([await totalOf(second, 'afterwards'), await totalOf(second, '')]).toEqual([0, start.members]);
      expect(await serverState(hybrid)).toEqual(start);

      await second.value('sync.retry', { itemId });
      await itemIn(second, itemId, 'confirmed');
      expect(await serverState(hybrid)).toMatchObject({ balance: start.balance - 7, violations: [] });
      await second.value('sync.now', {});
      expect(await second.value('sync.compare', {})).toEqual({
        members: start.members,
        mended: 0,
        removed: 0,
        stopped: false,
      });
    } finally {
      await second.close();
    }
  });
});
