import { expect, it, vi } from 'vitest';
import { QueryStore } from '../../../renderer/bridge/query-store.ts';
import { err, ok } from '../../../shared/result.ts';
import { syncStatus } from '../demo-data.ts';
import { FakeBridge } from '../fake-bridge.ts';

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function storeOn(bridge: FakeBridge): QueryStore {
  const store = new QueryStore(bridge);
  store.connect();
  return store;
}

it('reads once for any number of watchers', async () => {
  const bridge = new FakeBridge({ 'sync.status': () => ok(syncStatus) });
  const store = storeOn(bridge);
  store.watch('sync.status', {}, () => undefined);
  store.watch('sync.status', {}, () => undefined);
  await settle();
  expect(bridge.calls).toHaveLength(1);
  expect(store.snapshot('sync.status', {}).data).toEqual(syncStatus);
});

it('reads again when one of its tables changes, and not when another does', async () => {
  const bridge = new FakeBridge({ 'sync.status': () => ok(syncStatus) });
  const store = storeOn(bridge);
  store.watch('sync.status', {}, () => undefined);
  await settle();
  bridge.announce('draft_rows');
  await settle();
  expect(bridge.calls).toHaveLength(1);
  bridge.announce('outbox');
  await settle();
  expect(bridge.calls).toHaveLength(2);
});

it('keeps the last data while it reads again and when that fails', async () => {
  let answers = 0;
  const bridge = new FakeBridge({
    'sync.status': () => {
      answers += 1;
      return answers === 1 ? ok(syncStatus) : err({ code: 'cache_unavailable', reason: 'locked' });
    },
  });
  const store = storeOn(bridge);
  const seen = vi.fn<() => void>(() => expect(store.snapshot('sync.status', {}).data).toEqual(syncStatus));
  store.watch('sync.status', {}, seen);
  await settle();
  bridge.announce('sync');
  await settle();
  expect(seen).toHaveBeenCalledTimes(3);
  expect(store.snapshot('sync.status', {}).error).toEqual({ code: 'cache_unavailable', reason: 'locked' });
});

it('asks again after an error when somebody watches anew, and not after an answer', async () => {
  let answers = 0;
  const bridge = new FakeBridge({
    'sync.status': () => {
      answers += 1;
      return answers === 1 ? err({ code: 'cache_unavailable', reason: 'locked' }) : ok(syncStatus);
    },
  });
  const store = storeOn(bridge);
  for (const calls of [1, 2, 2]) {
    const end = store.watch('sync.status', {}, () => undefined);
    await settle();
    expect(bridge.calls).toHaveLength(calls);
    end();
  }
  expect(store.snapshot('sync.status', {})).toEqual({ data: syncStatus, error: undefined, loading: false });
});

it('reads once more when a change arrives while it reads', async () => {
  const waiting: (() => void)[] = [];
  let waitingItems = 0;
  const bridge = new FakeBridge({
    'sync.status': async () => {
      const status = { ...syncStatus, waiting: waitingItems };
      await new Promise<void>((resolve) => waiting.push(resolve));
      return ok(status);
    },
  });
  const store = storeOn(bridge);
  store.watch('sync.status', {}, () => undefined);
  waitingItems = 3;
  bridge.announce('outbox');
  bridge.announce('outbox');
  waiting.shift()?.();
  await settle();
  waiting.shift()?.();
  await settle();
  expect(bridge.calls).toHaveLength(2);
  expect(store.snapshot('sync.status', {}).data?.waiting).toBe(3);
});

it('reads an answer that went old while nobody watched only when it is looked at again', async () => {
  const bridge = new FakeBridge({ 'sync.status': () => ok(syncStatus) });
  const store = storeOn(bridge);
  store.watch('sync.status', {}, () => undefined)();
  await settle();
  bridge.announce('sync');
  await settle();
  expect(bridge.calls).toHaveLength(1);
  store.watch('sync.status', {}, () => undefined);
  expect(store.snapshot('sync.status', {}).data).toEqual(syncStatus);
  await settle();
  expect(bridge.calls).toHaveLength(2);
});
