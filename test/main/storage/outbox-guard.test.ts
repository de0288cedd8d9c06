import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../../../main/cache/database.ts';
import { nextDueItem, postpone, queueAssignment, readItem } from '../../../main/cache/outbox.ts';
import { retryItem } from '../../../main/cache/outbox-decisions.ts';
import { outboxChecksum } from '../../../main/cache/outbox-checksum.ts';
import { openDatabase } from '../../../main/cache/open.ts';
import { openOrRecover } from '../../../main/cache/recover.ts';
import { verifyOutbox } from '../../../main/cache/verify-outbox.ts';
import { eachFlippedBit } from '../../builders/flipped-bits.ts';

const NOW = Date.parse('2026-05-04T09:00:00Z');
const FLIPS = 2_000;

describe('the checksums of the outbox', () => {
  let folder: string;
  let file: string;
  let database: OpenDatabase;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-guard-'));
    file = path.join(folder, 'console.db');
    database = open();
  });
  afterEach(() => {
    if (database.isOpen) database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (): OpenDatabase => {
    const opened = openDatabase(file);
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    return opened.value;
  };
  const queue = (number: number, credits = 5): string =>
    queueAssignment(
      database,
      {
        memberId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
        memberName: `Member ${number}`,
        memberEmail: `member${number}@firma.example`,
        seen: null,
        credits,
        validityDays: 90,
        note: number % 2 === 0 ? 'a note' : null,
      },
      NOW,
    );

  it('are written with every item, and hold nothing that is as it was queued', () => {
    const item = readItem(database, queue(1));
    expect(item?.checksum).toBe(item === undefined ? '' : outboxChecksum(item));
    database.run(`update outbox set state = 'checking', attempts = 3, last_error = 'reset'`);
    expect(verifyOutbox(database, NOW)).toEqual({ unreadable: 0, recovered: 0 });
    expect(nextDueItem(database, NOW)?.item_id).toBe(item?.item_id);
  });

  it('hold what is no longer what was queued, for ever, and keep it', () => {
    const itemId = queue(1);
    database.run(`update outbox set payload = replace(payload, '"credits":5', '"credits":7')`);
    expect(verifyOutbox(database, NOW)).toEqual({ unreadable: 1, recovered: 0 });
    expect(readItem(database, itemId)).toMatchObject({ state: 'held', held_reason: 'unreadable' });
    expect(retryItem(database, itemId, NOW)).toEqual({ fault: 'unreadable' });
    // Held, its state is written anew: that seals nothing.
    expect(verifyOutbox(database, NOW)).toEqual({ unreadable: 0, recovered: 0 });
    expect(nextDueItem(database, NOW)).toBeUndefined();
  });

  it('hold an item whose state cannot be trusted until a person lets it go on, asked for first', () => {
    const itemId = queue(1);
    database.execute('drop trigger outbox_standing_guarded');
    database.run('update outbox set attempts = 1000');
    expect(verifyOutbox(database, NOW)).toEqual({ unreadable: 0, recovered: 1 });
    expect(readItem(database, itemId)).toMatchObject({ state: 'held', held_reason: 'recovered' });
    expect(retryItem(database, itemId, NOW)).toEqual({ itemId });
    expect(readItem(database, itemId)).toMatchObject({ state: 'checking' });
  });

  it.each([-10, 10])('let nothing expire, hide or wait for ever when the clock jumps by %i years', (years) => {
    const itemId = queue(1);
    const then = NOW + years * 31_557_600_000;
    const fault = {
      isInDoubt: true,
      inDoubtThrough: null,
      sentThrough: null,
      nextAttemptAt: NOW + 60_000,
      error: 'reset',
    };
    postpone(database, itemId, fault, NOW);
    expect(nextDueItem(database, NOW)).toBeUndefined();
    expect(nextDueItem(database, then)).toMatchObject({ item_id: itemId, state: 'checking' });
    database.close();
    const opened = openOrRecover(file, then);
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    expect(opened.value.recovery).toBeNull();
    database = opened.value.database;
    expect(verifyOutbox(database, then)).toEqual({ unreadable: 0, recovered: 0 });
    expect(readItem(database, itemId)).toMatchObject({ state: 'checking', attempts: 1 });
  });

  it(`notice every one of ${FLIPS} flipped bits in the pages of the outbox`, { timeout: 120_000 }, () => {
    for (let number = 0; number < 24; number += 1) queue(number, 1 + number);
    database.run(`update outbox set state = 'checking', attempts = 2, last_error = 'reset' where sequence % 4 = 0`);
    database.run(`update outbox set state = 'held', held_reason = 'paused' where sequence % 4 = 1`);
    database.run(
      `update outbox set state = 'confirmed', receipt = '{"allocationId":null,"balance":7,"expiresAt":null,"replayed":false}' where sequence % 8 = 2`,
    );
    const content = (from: OpenDatabase): string =>
      JSON.stringify([
        from.all('select * from outbox not indexed order by sequence'),
        from.all(
          `select sequence from outbox indexed by outbox_open where state not in ('confirmed') order by sequence`,
        ),
      ]);
    const expected = content(database);
    const missed: string[] = [];
    const seen = { refused: 0, held: 0, unchanged: 0 };
    eachFlippedBit(database, 'outbox', FLIPS, (place) => {
      const opened = openDatabase(file);
      if (!opened.ok) {
        seen.refused += 1;
        return;
      }
      const found = verifyOutbox(opened.value, NOW);
      if (found.unreadable + found.recovered > 0) seen.held += 1;
      else if (content(opened.value) === expected) seen.unchanged += 1;
      else missed.push(place);
      opened.value.close();
    });
    expect(missed).toEqual([]);
    expect(seen.refused + seen.held).toBeGreaterThan(FLIPS / 4);
    expect(seen.refused + seen.held + seen.unchanged).toBe(FLIPS);
    console.info(JSON.stringify(seen));
  });
});
