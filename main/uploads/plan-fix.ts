import type { Fix } from '../../shared/contract/upload-fixing.ts';
import { dataFields, fieldText, type DataField, type RowEdits, type RuleContext } from '../../shared/csv/check-row.ts';
import type { RowTexts } from './row-texts.ts';

/** The fixes that type something over cells. */
export type TypingFix = Exclude<Fix, { readonly kind: 'skip' }>;

/** White space of any kind, line breaks and control characters: what looks like nothing or like one space. */
const RUN_OF_BLANKS = /[\s\p{Cc}]+/gu;

/** The edits of a row after a fix, or null when the fix leaves the row as it is. */
export function planFix(fix: TypingFix, row: RowTexts, context: RuleContext): RowEdits | null {
  const typed = new Map<DataField, string>();
  const text = (field: DataField): string => fieldText(row.cells, row.edits, field, context);
  if (fix.kind === 'value') {
    if (fix.field !== 'ignore' && text(fix.field) === fix.from) typed.set(fix.field, fix.to);
  } else if (fix.kind === 'column') {
    if (fix.field !== 'ignore' && (fix.only === 'all' || text(fix.field).trim() === ''))
      typed.set(fix.field, fix.value);
  } else if (fix.kind === 'suggestions') {
    for (const { code, field, data } of row.issues) {
      const suggestion = data['suggestion'];
      if (code !== fix.code || field === null || field === 'ignore' || suggestion === undefined) continue;
      typed.set(field, String(suggestion));
    }
  } else {
    for (const field of dataFields) typed.set(field, text(field).replace(RUN_OF_BLANKS, ' ').trim());
  }
  const changed = [...typed].filter(([field, value]) => value !== text(field));
  return changed.length === 0 ? null : { ...row.edits, ...Object.fromEntries(changed) };
}
