import { clearBlank, columnMapping } from '../../shared/contract/uploads.ts';
import type { DraftRecord } from './drafts.ts';

/** Whether a blank name clears the member's: the person chose so for that column when the file was read. */
export function clearsNames(draft: Pick<DraftRecord, 'clear_blank' | 'mapping'>): boolean {
  if (!clearBlank.parse(JSON.parse(draft.clear_blank)).includes('first_name')) return false;
  return draft.mapping !== null && columnMapping.parse(JSON.parse(draft.mapping)).includes('first_name');
}
