import type { UploadRow } from '../../shared/contract/uploads.ts';
import { refusalWords } from './refusal-words.ts';
import type { Tone } from './state-words.ts';

const outcomeWords: Readonly<Record<string, string>> = {
  created: 'New member added',
  updated: 'Member updated',
  unchanged: 'Nothing to change',
};

/** State of one row of an upload, with its receipt or reason. Never reads as assigned before the server's answer. */
export function rowState(row: UploadRow): { text: string; tone: Tone; detail: string | null } {
  switch (row.state) {
    case 'ready':
      return { text: 'Ready', tone: 'ready', detail: null };
    case 'error':
      return { text: 'Error', tone: 'refused', detail: null };
    case 'skipped':
      return { text: 'Skipped', tone: 'neutral', detail: 'Left out by you. Nothing is sent for it.' };
    case 'queued':
      return { text: 'Planned', tone: 'planned', detail: 'Waits on this computer.' };
    case 'waiting':
      return { text: 'Not sent', tone: 'warning', detail: 'Stopped before this row. Nothing was done for it.' };
    case 'confirmed':
      return {
        text: 'Confirmed',
        tone: 'confirmed',
        detail: outcomeWords[row.outcome?.outcome ?? ''] ?? row.outcome?.outcome ?? null,
      };
    case 'refused': {
      const words = refusalWords(row.outcome?.reason ?? 'invalid_row', row.outcome?.shortfall ?? null);
      return { text: 'Refused', tone: 'refused', detail: `${words.title}. ${words.next}` };
    }
  }
}
