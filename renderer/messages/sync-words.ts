import type { SyncStatus } from '../../shared/contract/sync.ts';
import { formatCount, formatMoment } from '../design/format.ts';
import type { Tone } from './state-words.ts';

/** Pulled longer ago than this, data is told its time wherever the state does not say it. Milliseconds. */
const FRESH_MS = 10 * 60_000;

/** The one line that says how things stand between this computer and the server; what needs a person comes first. */
export function syncSummary(status: SyncStatus, now = Date.now()): { text: string; tone: Tone } {
  const { lastPullAt } = status;
  const isOld = lastPullAt !== null && now - Date.parse(lastPullAt) > FRESH_MS;
  const old = isOld ? `, data from ${formatMoment(lastPullAt)}` : '';
  const planned = status.waiting > 0 ? `${formatCount(status.waiting)} planned` : null;
  if (status.attention > 0) {
    return {
      text: `${formatCount(status.attention)} ${status.attention === 1 ? 'needs' : 'need'} attention${status.connection === 'offline' ? ', offline' : ''}${old}`,
      tone: 'refused',
    };
  }
  if (status.connection === 'offline') {
    const age = status.lastPullAt ? `data from ${formatMoment(status.lastPullAt)}` : 'no data yet';
    return { text: ['Offline', age, ...(planned ? [planned] : [])].join(', '), tone: 'warning' };
  }
  if (status.paused) return { text: `${planned ? `Paused, ${planned}` : 'Sending is paused'}${old}`, tone: 'warning' };
  if (status.checking > 0) return { text: `${formatCount(status.checking)} being checked${old}`, tone: 'warning' };
  if (planned) return { text: `${planned}${old}`, tone: 'planned' };
  if (status.lastPullAt === null) {
    return { text: status.pulling ? 'Reading from the server' : 'Not yet read from the server', tone: 'planned' };
  }
  return { text: `Everything confirmed at ${formatMoment(status.lastPullAt)}`, tone: 'confirmed' };
}
