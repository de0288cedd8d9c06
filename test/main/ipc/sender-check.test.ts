import { describe, expect, it } from 'vitest';
import { isTrustedSender, type Frame } from '../../../main/ipc/sender-check.ts';

const own: Frame = { processId: 4, routingId: 7, url: 'app://console/', parent: null };

describe('sender check', () => {
  it('trusts the top frame of our window on our page', () => {
    expect(isTrustedSender({ ...own }, own)).toBe(true);
    expect(isTrustedSender({ ...own, url: 'app://console/index.html#members' }, own)).toBe(true);
  });

  it.each<[string, Frame | null, Frame | null]>([
    ['a frame that has gone', null, own],
    ['any frame while no window is open', own, null],
    ['an embedded frame', { ...own, parent: own }, own],
    ['another process', { ...own, processId: 5 }, own],
    ['another frame of the same process', { ...own, routingId: 8 }, own],
    ['our window on a web page', { ...own, url: 'https://console/' }, own],
    ['a host that begins like ours', { ...own, url: 'app://console.evil.example/' }, own],
    ['another host of our scheme', { ...own, url: 'app://other/' }, own],
    ['our name as a user name', { ...own, url: 'app://console@evil.example/' }, own],
    ['a file', { ...own, url: 'file:///console/index.html' }, own],
    ['no address', { ...own, url: '' }, own],
  ])('refuses %s', (_what, sender, window) => {
    expect(isTrustedSender(sender, window)).toBe(false);
  });
});
