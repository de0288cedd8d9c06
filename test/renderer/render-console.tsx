import { cleanup, configure, render, screen } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { afterEach, vi } from 'vitest';
import { Application } from '../../renderer/application.tsx';
import type { FakeBridge } from './fake-bridge.ts';

// How long a wait may last before it counts as failed: long, because a busy machine is not a fault.
configure({ asyncUtilTimeout: 20_000 });

// What jsdom lacks of a browser: layout (so that the virtual grids have a height) and media queries.
Object.defineProperty(Element.prototype, 'clientHeight', { configurable: true, value: 600 });
Object.defineProperty(Element.prototype, 'clientWidth', { configurable: true, value: 1_200 });
Object.defineProperty(Element.prototype, 'scrollHeight', { configurable: true, value: 10_000_000 });
Element.prototype.scrollTo = function scrollTo(this: Element, options?: ScrollToOptions | number): void {
  if (typeof options === 'object') this.scrollTop = options.top ?? this.scrollTop;
  this.dispatchEvent(new Event('scroll'));
};
Element.prototype.scrollIntoView = () => undefined;
Object.defineProperty(document, 'fonts', { configurable: true, value: new EventTarget() });
class StillObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
vi.stubGlobal('ResizeObserver', StillObserver);
vi.stubGlobal('matchMedia', (query: string) => ({
  matches: false,
  media: query,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
}));
vi.stubGlobal('scrollTo', () => undefined);

afterEach(cleanup);

/** Shows the whole console on a bridge. */
export function renderConsole(bridge: FakeBridge): UserEvent {
  render(<Application bridge={bridge} environment="test" />);
  return userEvent.setup();
}

/** Shows the console and opens one section by its link. */
export async function openConsole(bridge: FakeBridge, section: string): Promise<UserEvent> {
  const user = renderConsole(bridge);
  await user.click(await screen.findByRole('link', { name: section }));
  return user;
}

/** The three numbers of the balance as they stand in one part of the screen. */
export function balanceIn(part: HTMLElement): string[] {
  return Array.from(part.querySelectorAll('[data-number]'), (number) => number.textContent ?? '');
}
