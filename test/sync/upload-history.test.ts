import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import { hasWire, signIn, submitUpload } from './sync-harness.ts';

describe.skipIf(!hasWire)('the history of uploads', () => {
  let hybrid: Hybrid;
  let partnerConsole: TestConsole;

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    partnerConsole = await openConsole();
    await signIn(partnerConsole, hybrid);
    return async () => {
      hybrid.gateway.setFate(null);
      await partnerConsole.close();
    };
  });

  /** Sends two members with five credits; the draft and its upload. */
  async function sent(): Promise<{ draftId: string; uploadId: string }> {
    const draftId = await submitUpload(
      partnerConsole,
      'email,first_name,credits\none@history.example,One,3\ntwo@history.example,Two,2\n',
    );
    const { outboxItemId } = await partnerConsole.until('uploads.read', { draftId }, ({ stage }) => stage === 'done');
    if (outboxItemId === null) throw new Error('the upload was not queued');
    return { draftId, uploadId: outboxItemId };
  }

  it('tells what was uploaded by whom, from which draft, and what became of it', async () => {
    const { draftId, uploadId } = await sent();
    const { uploads } = await partnerConsole.value('uploads.history', { before: null });
    expect(uploads[0]).toMatchObject({
      uploadId,
      draftId,
      fileName: 'people.csv',
      actor: 'demo@partner-console.example',
      created: 2,
      refused: 0,
      credits: 5,
      unspent: 5,
      revoked: 0,
    });
    const before = uploads.at(-1)?.at ?? '';
    expect(await partnerConsole.value('uploads.history', { before })).toEqual({ uploads: [], more: false });
  });

  it('leaves an upload whose credits the balance cannot hold, and says so', async () => {
    const { uploadId } = await sent();
    await hybrid.sql`update public.users set credits = 2147483645 where email = 'demo@partner-console.example'`;
    const request = { uploadId, reason: null, requestId: randomUUID() };
    expect(await partnerConsole.call('uploads.undoUpload', request)).toEqual({
      ok: false,
      error: { code: 'refused', reason: 'balance_too_large' },
    });
  });

  it('takes an upload back once, however often its answer is lost', async () => {
    const { uploadId } = await sent();
    expect(await partnerConsole.value('uploads.undoPreview', { uploadId })).toEqual({
      credits: 5,
      unspent: 5,
      used: 0,
      expired: 0,
      revoked: 0,
      members: 2,
    });
    const request = { uploadId, reason: 'Wrong file', requestId: randomUUID() };
    hybrid.gateway.setFate(({ path }) => (path.includes('undo_member_upload') ? 'drop_answer' : 'pass'));
    expect(await partnerConsole.call('uploads.undoUpload', request)).toMatchObject({
      ok: false,
      error: { code: 'offline' },
    });
    hybrid.gateway.setFate(null);
    expect(await partnerConsole.value('uploads.undoUpload', request)).toEqual({
      takenBack: 5,
      spent: 0,
      expired: 0,
      members: 2,
      remaining: 0,
      balance: 1000,
      replayed: true,
    });
    expect(await partnerConsole.call('uploads.undoUpload', { ...request, reason: null })).toMatchObject({
      ok: false,
      error: { code: 'conflict', what: 'request_id_reused' },
    });
    expect(await partnerConsole.value('uploads.undoPreview', { uploadId })).toMatchObject({ unspent: 0, revoked: 5 });
    // What is known on this computer follows without being asked for.
    await partnerConsole.until('dashboard.read', {}, ({ balance }) => balance.confirmed === 1000);
  });

  it('knows no upload that is nowhere, and undoes none that is still being sent', async () => {
    const nowhere = { uploadId: randomUUID(), reason: null, requestId: randomUUID() };
    const notFound = { ok: false, error: { code: 'not_found', what: 'item' } };
    expect(await partnerConsole.call('uploads.undoUpload', nowhere)).toMatchObject(notFound);
    expect(await partnerConsole.call('uploads.undoPreview', nowhere)).toMatchObject(notFound);
    hybrid.gateway.setFate(({ path }) => (path.includes('upload_members') ? 'drop_request' : 'pass'));
    const draftId = await submitUpload(partnerConsole, 'email,credits\none@history.example,3\n');
    const { outboxItemId } = await partnerConsole.value('uploads.read', { draftId });
    expect(await partnerConsole.call('uploads.undoUpload', { ...nowhere, uploadId: outboxItemId ?? '' })).toMatchObject(
      { ok: false, error: { code: 'conflict', what: 'item_sending' } },
    );
  });

  it('says that it needs the server', async () => {
    hybrid.gateway.setFate(() => 'drop_request');
    expect(await partnerConsole.call('uploads.history', { before: null })).toMatchObject({
      ok: false,
      error: { code: 'offline' },
    });
  });
});

describe.skipIf(!hasWire)('a blank name', () => {
  let hybrid: Hybrid;
  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());

  it.each(['valid_only', 'all_or_nothing'] as const)('stays, or is cleared where that was chosen: %s', async (mode) => {
    await hybrid.reset();
    const partnerConsole = await openConsole();
    await signIn(partnerConsole, hybrid);
    const nameAfter = async (csv: string, clearBlank: 'first_name'[]): Promise<unknown> => {
      const bytes = new TextEncoder().encode(csv);
      const { draftId } = await partnerConsole.value('uploads.begin', { fileName: 'names.csv', size: bytes.length });
      await partnerConsole.value('uploads.append', { draftId, bytes });
      const { analysis } = await partnerConsole.value('uploads.analyse', { draftId, options: null });
      if (analysis === null) throw new Error('the file was not recognised');
      const { encoding, separator, sheet, mapping } = analysis;
      const options = { encoding, separator, sheet };
      await partnerConsole.value('uploads.importRows', { draftId, options, mapping, clearBlank });
      await partnerConsole.value('uploads.submit', { draftId, mode });
      await partnerConsole.until('uploads.read', { draftId }, ({ stage }) => stage === 'done');
      const [row] = await hybrid.sql`select first_name from public.partner_members where email = 'blank@names.example'`;
      return row?.['first_name'];
    };
    expect(await nameAfter('email,first_name\nblank@names.example,Ann\n', [])).toBe('Ann');
    expect(await nameAfter('email,first_name\nblank@names.example,\n', [])).toBe('Ann');
    // A file without names says nothing of them.
    expect(await nameAfter('email,credits\nblank@names.example,1\n', ['first_name'])).toBe('Ann');
    expect(await nameAfter('email,first_name\nblank@names.example,\n', ['first_name'])).toBe('');
    await partnerConsole.close();
  });
});
