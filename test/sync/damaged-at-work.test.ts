import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../main/cache/open.ts';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { memorySecrets, openConsole } from '../builders/console.ts';
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

describe.skipIf(!hasWire)('an index that is damaged while nobody looks', () => {
  let hybrid: Hybrid;
  let dataFolder: string;
  beforeAll(async () => {
    hybrid = await startHybrid();
    dataFolder = mkdtempSync(path.join(tmpdir(), 'partner-console-damaged-'));
  });
  afterAll(async () => {
    await hybrid.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  const filesNamed = (name: string): string[] =>
    readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })
      .filter((file) => path.basename(file).startsWith(name))
      .map((file) => path.join(dataFolder, file));

  /** Turns one bit in the entry of a row that waits: opening the database does not look at what its indexes hold. */
  function damageIndex(): void {
    const [file = ''] = filesNamed('console.db');
    const database = connect(file);
    database.execute('pragma wal_checkpoint(truncate)');
    const sql = `select pageno as page from dbstat where name = 'draft_rows_by_result' and pagetype = 'leaf'`;
    const page = database.get<{ page: number }>(sql)?.page ?? 0;
    database.close();
    const bytes = readFileSync(file);
    const place = bytes.indexOf('queued', (page - 1) * 4_096);
    expect(place).toBeLessThan(page * 4_096);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    writeFileSync(file, bytes);
  }

  it('is noticed when the rows are sent; all is made anew in the same session, and everything has one effect', async () => {
    const before = await serverState(hybrid);
    const secrets = memorySecrets();
    const first = await openConsole({ dataFolder, secrets });
    await signIn(first, hybrid);
    await first.value('sync.pause', {});
    const draftId = await submitUpload(first, csvOfPeople(40, 2));
    const [memberId = ''] = await activeMembers(first);
    const assignment = await assign(first, memberId, 5);
    await first.close();
    damageIndex();

    const second = await openConsole({ dataFolder, secrets });
    await second.value('sync.resume', {});
    const { latest } = await second.until('application.recovery', {}, (recovery) => recovery.latest !== null);
    expect(latest).toMatchObject({ reason: 'corrupt', items: 2, drafts: 1 });
    expect(filesNamed('console.db.corrupt-')).not.toEqual([]);
    expect((await second.value('session.state', {})).status).toBe('signed_in');
    const { outboxItemId } = await second.value('uploads.read', { draftId });
    if (outboxItemId === null) throw new Error('the upload is gone');
    for (const itemId of [outboxItemId, assignment]) {
      const found = await itemIn(second, itemId, 'held', 'confirmed');
      if (found.state === 'held') await second.value('sync.retry', { itemId });
      await itemIn(second, itemId, 'confirmed');
    }
    expect(await second.value('uploads.read', { draftId })).toMatchObject({ stage: 'done', confirmed: 40, refused: 0 });
    expect(await serverState(hybrid)).toMatchObject({
      balance: before.balance - 85,
      members: before.members + 40,
      violations: [],
    });
    await second.close();
  });
});
