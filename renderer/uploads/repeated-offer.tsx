import { Button } from '@mantine/core';
import { formatCount, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { uploadFieldWords } from '../messages/rule-words.ts';
import type { RepeatedValue } from './use-repeated-value.ts';

interface RepeatedOfferProps {
  readonly offer: RepeatedValue;
  readonly running: boolean;
  readonly onReplace: () => void;
  readonly onDismiss: () => void;
}

/** Offers to correct a wrong value wherever else it stands. */
export function RepeatedOffer({ offer, running, onReplace, onDismiss }: RepeatedOfferProps) {
  const { field, from, to, rows } = offer;
  return (
    <Notice
      tone="info"
      title={`“${from}” stands in ${plural(rows, 'more row')} as ${uploadFieldWords[field].toLowerCase()}`}
      actions={
        <>
          <Button size="xs" variant="default" onClick={onDismiss}>
            Leave them
          </Button>
          <Button size="xs" loading={running} onClick={onReplace}>
            {rows === 1 ? 'Replace there too' : `Replace in all ${formatCount(rows)} rows`}
          </Button>
        </>
      }
    >
      {to === '' ? 'They would be emptied.' : `They would become “${to}”.`} Undo takes it back in one step.
    </Notice>
  );
}
