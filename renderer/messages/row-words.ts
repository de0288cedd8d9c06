import type { DraftSummary, UploadRow } from '../../shared/contract/uploads.ts';
import { refusalWords } from './refusal-words.ts';
import type { Tone } from './state-words.ts';

const outcomeWords: Readonly<Record<string, string>> = {
  created: 'New member added',
  updated: 'Member updated',
  unchanged: 'Nothing to change',
};

/** Sent as all or nothing, and the server took none of it. */
export function isRefusedWhole({ mode, stage, confirmed, refused }: DraftSummary): boolean {
  return mode === 'all_or_nothing' && stage === 'stopped' && confirmed === 0 && refused > 0;
}

/**
 * State of one row of an upload, with its receipt or reason. Never reads as assigned before the server's answer. `ofRefusedWhole`: its
 * upload was refused as a whole, which rows without a fault of their own share.
 */
export function rowState(row: UploadRow, ofRefusedWhole = false): { text: string; tone: Tone; detail: string | null } {
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
      return ofRefusedWhole
        ? {
            text: 'Not done',
            tone: 'warning',
            detail: 'All or nothing: another row was refused, so nothing was done for this one either.',
          }
        : { text: 'Not sent', tone: 'warning', detail: 'Stopped before this row. Nothing was done for it.' };
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
