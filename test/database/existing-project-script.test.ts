import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildExistingProjectScript, existingProjectScript } from '../../scripts/database/build-script.ts';
import { applyMigrations } from '../backend/start-postgres.ts';
import { refusalOf } from './act-as.ts';
import { firstPartner, layExistingSystem, snapshot } from './existing-system.ts';
import { brokenInvariants } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase('bare');

describe('S6: the one script for an existing project', () => {
  it('is what the migrations make of it today', () => {
    expect(readFileSync(existingProjectScript, 'utf8')).toBe(buildExistingProjectScript());
  });

  it('does what the migrations do, and nothing when run again', async () => {
    const script = readFileSync(existingProjectScript, 'utf8');
    await layExistingSystem(database.sql());
    const session = await database.sql().reserve();
    await session.unsafe(script).simple();
    const after = await snapshot(database.sql());
    await session.unsafe(script).simple();
    session.release();
    expect(await snapshot(database.sql())).toBe(after);
    await applyMigrations(database.sql());
    expect(await snapshot(database.sql())).toBe(after);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('changes nothing where it stops', async () => {
    await layExistingSystem(database.sql());
    await database.sql()`update public.users set credits = -1 where id = ${firstPartner}`;
    const before = await snapshot(database.sql());
    const session = await database.sql().reserve();
    const refusal = await refusalOf(session.unsafe(readFileSync(existingProjectScript, 'utf8')).simple());
    await session`rollback`;
    session.release();
    expect(refusal.detail).toContain(firstPartner);
    expect(await snapshot(database.sql())).toBe(before);
  });
});
