import { describe, expect, it } from 'vitest';
import { contract } from '../../../shared/contract/index.ts';
import { operationNames } from '../../../shared/contract/operation-names.ts';
import { err, ok } from '../../../shared/result.ts';
import type { Handlers } from '../../../main/application.ts';
import { createDispatch } from '../../../main/ipc/dispatch.ts';
import type { Log } from '../../../main/platform/platform.ts';

type LogLine = Parameters<Log>;

/** Handlers that all answer "not found", with the given ones in their place. */
function handlersWith(given: Partial<Handlers>): Handlers {
  const refuse = () => err({ code: 'not_found', what: 'item' } as const);
  const all = Object.fromEntries(operationNames.map((name) => [name, refuse]));
  return { ...all, ...given } as Handlers;
}

function dispatchTo(given: Partial<Handlers>): { call: ReturnType<typeof createDispatch>; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const call = createDispatch(handlersWith(given), {
    log: (...line) => void lines.push(line),
    newIncident: () => 'incident-1',
  });
  return { call, lines };
}

const itemId = '6f9619ff-8b86-4d11-b42d-00c04fc964ff';

describe('dispatch', () => {
  it('knows every operation of the contract and nothing else', async () => {
    const { call } = dispatchTo({});
    expect(Object.keys(contract).toSorted()).toEqual([...operationNames].toSorted());
    for (const name of [
      '',
      'session',
      'session.',
      'toString',
      '__proto__',
      'constructor',
      'sync.Status',
      'bridge:call',
    ]) {
      expect({ name, answer: await call(name, {}) }).toEqual({
        name,
        answer: { ok: false, error: { code: 'not_found', what: 'operation' } },
      });
    }
  });

  it.each(operationNames)('%s refuses inputs of a wrong shape without calling its handler', async (name) => {
    let called = false;
    const handler = () => {
      called = true;
      return err({ code: 'cancelled' } as const);
    };
    const { call } = dispatchTo({ [name]: handler });
    for (const input of [undefined, null, 1, 'text', [], true, () => 1, { surprising: Symbol('x') }]) {
      expect(await call(name, input)).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
    }
    expect(called).toBe(false);
  });

  it('names the field that is wrong', async () => {
    const { call } = dispatchTo({});
    expect(await call('allocation.assign', { memberId: itemId, credits: -1, validityDays: 90, note: null })).toEqual({
      ok: false,
      error: { code: 'invalid_input', field: 'credits', reason: 'too_small' },
    });
    expect(
      await call('members.page', {
        filter: { search: '', status: 'gone', credits: null },
        sort: { by: 'name', direction: 'ascending' },
        offset: 0,
        limit: 10,
      }),
    ).toMatchObject({ error: { field: 'filter.status' } });
  });

  it('hands the parsed input to the handler, not what was sent', async () => {
    let received: unknown;
    const { call } = dispatchTo({
      'sync.discard': (input) => {
        received = input;
        return ok({});
      },
    });
    expect(await call('sync.discard', { itemId, extra: 'x' })).toEqual({ ok: true, value: {} });
    expect(received).toEqual({ itemId });
  });

  it('answers a thrown error as an incident, with frames but without its message in the log', async () => {
    const { call, lines } = dispatchTo({
      'sync.discard': () => {
        throw new TypeError('row of anna@firm.example is odd');
      },
    });
    expect(await call('sync.discard', { itemId })).toEqual({
      ok: false,
      error: { code: 'unexpected', incident: 'incident-1' },
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.[2]).toMatchObject({ operation: 'sync.discard', incident: 'incident-1', fault: 'TypeError' });
    expect(JSON.stringify(lines)).toContain('dispatch.test.ts');
    expect(JSON.stringify(lines)).not.toContain('anna');
  });

  it('takes an output of the wrong shape for a bug, and strips what the contract does not name', async () => {
    const wrong = dispatchTo({ 'sync.retry': (() => ok({ itemId: 'no id' })) as Handlers['sync.retry'] });
    expect(await wrong.call('sync.retry', { itemId })).toMatchObject({ error: { code: 'unexpected' } });
    expect(wrong.lines[0]?.[2]).toMatchObject({ fault: 'wrong_output', frames: 'itemId invalid_format' });
    const leaking = dispatchTo({
      'sync.retry': (() => ok({ itemId, token: 'secret' })) as Handlers['sync.retry'],
    });
    expect(await leaking.call('sync.retry', { itemId })).toEqual({ ok: true, value: { itemId } });
  });
});
