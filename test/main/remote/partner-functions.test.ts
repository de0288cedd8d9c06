import { describe, expect, it } from 'vitest';
import { projectClient } from '../../../main/remote/client.ts';
import type { Failure } from '../../../main/remote/failure.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { changesAnswer, scriptedServer } from '../../builders/scripted-server.ts';

const project = { url: 'https://project.example', publishableKey: 'sb_publishable_test' };
const tokens = { token: () => Promise.resolve({ ok: true, value: 'token' } as const), rejected: () => undefined };

describe('calls of the Postgres functions', () => {
  it('name the function and its arguments as the schema has them, defaults left out', async () => {
    const server = scriptedServer(() => changesAnswer());
    const functions = createPartnerFunctions(project, server.fetch, tokens, () => 0);
    await functions.changes(null, 500);
    await functions.changes('cursor', 20);
    await functions.assign('request', { memberId: 'member', credits: 2, validityDays: 30, note: null });
    await functions.assign('request', { memberId: 'member', credits: 2, validityDays: 30, note: 'Welcome' });
    const row = { row: 1, email: 'a@b.example', first_name: null, credits: 2, validity_days: null, expires_on: null };
    await functions.upload('upload', 'people.csv', [row]);
    const command = { p_request_id: 'request', p_member_id: 'member', p_credits: 2, p_validity_days: 30 };
    expect(server.requests.map(({ path, body }) => [path.replace('/rest/v1/rpc/', ''), body])).toEqual([
      ['partner_changes', { p_limit: 500 }],
      ['partner_changes', { p_limit: 20, p_cursor: 'cursor' }],
      ['assign_member_credits', command],
      ['assign_member_credits', { ...command, p_note: 'Welcome' }],
      ['upload_members', { p_upload_id: 'upload', p_file_name: 'people.csv', p_rows: [row] }],
    ]);
  });

  it.each<Failure>([
    { kind: 'unreachable', fault: 'timeout', detail: 'TimeoutError', mayHaveActed: true },
    { kind: 'unreachable', fault: 'proxy', detail: 'HTTP 403', mayHaveActed: true, status: 403 },
    { kind: 'unavailable', error: 'http_502', afterMs: 7, mayHaveActed: true, tooSlow: true },
  ])('have had no effect where there was no token to send them with: %j', async (failure) => {
    const server = scriptedServer(() => changesAnswer());
    const none = { ...tokens, token: () => Promise.resolve({ ok: false, failure } as const) };
    const answer = await createPartnerFunctions(project, server.fetch, none, () => 0).changes(null, 1);
    expect(answer).toMatchObject({ ok: false, failure: { kind: failure.kind, mayHaveActed: false } });
    expect(answer).not.toHaveProperty('failure.status');
    expect(answer).not.toHaveProperty('failure.tooSlow', true);
    expect(server.requests).toHaveLength(0);
  });

  it('do not compile with a name, an argument or a type that the schema does not have', async () => {
    const server = scriptedServer(() => changesAnswer());
    const client = projectClient(project, server.fetch, 'token');
    // @ts-expect-error: no such function
    await client.rpc('partner_change', { p_limit: 500 });
    // @ts-expect-error: no such argument
    await client.rpc('partner_changes', { p_limits: 500 });
    // @ts-expect-error: a count is a number
    await client.rpc('partner_changes', { p_limit: '500' });
    // @ts-expect-error: a required argument is missing
    await client.rpc('upload_members', { p_upload_id: 'upload', p_rows: [] });
    // @ts-expect-error: no such column
    await client.from('partner_members').update({ nickname: 'Al' }).eq('id', 'member');
    expect(server.requests).toHaveLength(5);
  });
});
