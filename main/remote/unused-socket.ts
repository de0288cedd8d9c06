/**
 * This console opens no realtime connection; but supabase-js refuses to start without a socket class where Node has no
 * WebSocket of its own. Opening one is a bug.
 */
export class UnusedSocket extends EventTarget {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readonly readyState = 3;
  readonly url: string;
  readonly protocol = '';
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;

  constructor(address: string | URL) {
    super();
    this.url = String(address);
    throw new Error('this console uses no realtime connection');
  }

  close(): void {}

  send(): void {
    throw new Error('this console uses no realtime connection');
  }
}
