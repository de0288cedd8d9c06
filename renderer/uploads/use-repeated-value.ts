import { useCallback, useState } from 'react';
import type { UploadField } from '../../shared/contract/uploads.ts';
import { useBridge } from '../bridge/bridge-provider.tsx';

/** A wrong value that one row was just cured of and others still have. */
export interface RepeatedValue {
  readonly field: UploadField;
  readonly from: string;
  readonly to: string;
  /** How many other rows have it. */
  readonly rows: number;
}

interface RepeatedValues {
  readonly offer: RepeatedValue | null;
  /** Asks whether other rows hold what a cell held before it was corrected. */
  readonly look: (field: UploadField, from: string, to: string) => void;
  readonly dismiss: () => void;
}

/** After a correction: whether the same value stands in other rows, so that one click can correct them all. */
export function useRepeatedValue(draftId: string): RepeatedValues {
  const { bridge } = useBridge();
  const [offer, setOffer] = useState<RepeatedValue | null>(null);
  const look = useCallback(
    (field: UploadField, from: string, to: string) => {
      setOffer(null);
      // Blank cells are filled column by column, never as a by-product of one of them.
      if (from.trim() === '') return;
      bridge
        .call('uploads.repeatedValue', { draftId, field, value: from })
        .then((answer) => {
          if (answer.ok && answer.value.rows > 0) setOffer({ field, from, to, rows: answer.value.rows });
        })
        .catch(reportError);
    },
    [bridge, draftId],
  );
  const dismiss = useCallback(() => setOffer(null), []);
  return { offer, look, dismiss };
}
