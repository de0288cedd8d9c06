import { describe, expect, it } from 'vitest';
import { isConsoleAddress, mayOpenOutside } from '../../../main/window/page-address.ts';

describe('addresses', () => {
  it.each(['app://console/', 'app://console/index.html', 'app://console/#members'])('%s is the console', (address) => {
    expect(isConsoleAddress(address)).toBe(true);
  });

  it.each([
    'app://console.evil/',
    'app://evil/',
    'app://user@console/',
    'https://console/',
    'file:///console/',
    'about:blank',
    'data:text/html,x',
    'javascript:alert(1)',
    '',
    'app:console',
  ])('%s is not', (address) => {
    expect(isConsoleAddress(address)).toBe(false);
  });

  it('opens listed sites outside, over https, and nothing else', () => {
    expect(mayOpenOutside('https://supabase.com/docs')).toBe(true);
    for (const address of [
      'http://supabase.com/',
      'https://supabase.com.evil.example/',
      'https://evil.example/supabase.com',
      'https://supabase.com@evil.example/',
      'https://a:b@supabase.com/',
      'https://supabase.com:8443/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'mailto:a@b.example',
      'ms-settings:',
      'nonsense',
    ]) {
      expect([address, mayOpenOutside(address)]).toEqual([address, false]);
    }
  });
});
