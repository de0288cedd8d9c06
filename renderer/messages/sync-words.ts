import type { SyncStatus } from '../../shared/contract/sync.ts';
import { formatCount, formatMoment } from '../design/format.ts';
import { faultWords } from './error-words.ts';
import type { Tone } from './state-words.ts';

/** Pulled longer ago than this, nothing counts as confirmed now, and data is told its time wherever the state does not say it. Milliseconds. */
const FRESH_MS = 10 * 60_000;

/**
 * The one line that says how things stand between this computer and the server; what needs a person comes first. What cannot be
 * confirmed at present is never said in the tone of what is.
 */
export function syncSummary(status: SyncStatus, now = Date.now()): { text: string; tone: Tone } {
  const { lastPullAt, fault, signedIn, connection } = status;
  const isOld = lastPullAt !== null && now - Date.parse(lastPullAt) > FRESH_MS;
  const data = lastPullAt === null ? 'no data yet' : `data from ${formatMoment(lastPullAt)}`;
  const old = isOld ? `, ${data}` : '';
  const planned = status.waiting > 0 ? `${formatCount(status.waiting)} planned` : null;
  const line = (...parts: readonly (string | null)[]): string => parts.filter((part) => part !== null).join(', ');
  if (status.attention > 0) {
    const trouble = withoutSync(status);
    return {
      text: `${formatCount(status.attention)} ${status.attention === 1 ? 'needs' : 'need'} attention${trouble === null ? '' : `, ${trouble}`}${old}`,
      tone: 'refused',
    };
  }
  if (!signedIn) return { text: line('Not signed in', data, planned), tone: 'warning' };
  if (connection === 'offline') return { text: line('Offline', data, planned), tone: 'warning' };
  if (fault !== null) {
    const paused = status.paused ? 'sending is paused' : null;
    const checking = status.checking > 0 ? `${formatCount(status.checking)} being checked` : null;
    return {
      text: line(`No sync with the server: ${faultWords(fault)}`, data, planned, checking, paused),
      tone: 'warning',
    };
  }
  if (status.paused) return { text: `${planned ? `Paused, ${planned}` : 'Sending is paused'}${old}`, tone: 'warning' };
  if (status.checking > 0) return { text: `${formatCount(status.checking)} being checked${old}`, tone: 'warning' };
  if (planned) return { text: `${planned}${old}`, tone: isOld ? 'warning' : 'planned' };
  if (lastPullAt === null) {
    return { text: status.pulling ? 'Reading from the server' : 'Not yet read from the server', tone: 'planned' };
  }
  if (isOld) return { text: `Last confirmed at ${formatMoment(lastPullAt)}`, tone: 'warning' };
  return { text: `Everything confirmed at ${formatMoment(lastPullAt)}`, tone: 'confirmed' };
}

/** Why nothing goes on at present, in as few words as fit behind others; null where it does. */
function withoutSync({ signedIn, connection, fault }: SyncStatus): string | null {
  if (!signedIn) return 'not signed in';
  if (connection === 'offline') return 'offline';
  return fault === null ? null : 'no sync with the server';
}
