import type { NetworkInterfaceInfo } from 'node:os';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { networkAddresses, watchNetwork } from '../../../main/platform/watch-network.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const address = (text: string, internal = false): NetworkInterfaceInfo => ({
  address: text,
  netmask: '255.255.255.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal,
  cidr: null,
});

it('tells of each change of the addresses once, and of nothing after its end', () => {
  let addresses = 'eth0 10.0.0.2';
  let noticed = 0;
  const end = watchNetwork(
    () => (noticed += 1),
    () => addresses,
  );
  vi.advanceTimersByTime(60_000);
  expect(noticed).toBe(0);
  addresses = '';
  vi.advanceTimersByTime(60_000);
  expect(noticed).toBe(1);
  addresses = 'wlan0 192.168.1.7';
  vi.advanceTimersByTime(60_000);
  expect(noticed).toBe(2);
  end();
  addresses = 'eth0 10.0.0.2';
  vi.advanceTimersByTime(60_000);
  expect(noticed).toBe(2);
});

it('compares addresses by which others reach the computer, in whatever order they are told', () => {
  const lo = [address('127.0.0.1', true)];
  const one = { lo, eth0: [address('10.0.0.2')], wlan0: [address('10.1.0.2')] };
  const other = { wlan0: one.wlan0, eth0: one.eth0 };
  expect(networkAddresses(one)).toBe(networkAddresses(other));
  expect(networkAddresses({ lo })).toBe('');
  expect(networkAddresses({ ...one, tun0: [address('172.16.0.9')] })).not.toBe(networkAddresses(one));
});
