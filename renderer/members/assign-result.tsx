import { Button } from '@mantine/core';
import { useQuery } from '../bridge/use-query.ts';
import { formatMoment, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { refusalWords } from '../messages/refusal-words.ts';
import { outboxStateWords } from '../messages/state-words.ts';
import { openSection } from '../navigation/navigation-store.ts';

interface AssignResultProps {
  readonly itemId: string;
  readonly credits: number;
  readonly name: string;
  readonly onClose: () => void;
}

/** What became of one assignment: planned until the server's receipt or refusal is here. */
export function AssignResult({ itemId, credits, name, onClose }: AssignResultProps) {
  const items = useQuery('sync.items', { show: 'all', offset: 0, limit: 100 }).data?.items;
  const item = items?.find((candidate) => candidate.itemId === itemId);
  const what = `${plural(credits, 'credit')} for ${name}`;
  const close = (
    <Button size="xs" variant="default" onClick={onClose}>
      Close
    </Button>
  );

  if (item?.state === 'confirmed') {
    return (
      <Notice tone="confirmed" title={`Confirmed: ${what}`} actions={close}>
        The server confirmed it at {formatMoment(item.changedAt)}
        {item.receipt?.allocationId ? `, receipt ${item.receipt.allocationId.slice(0, 8)}` : ''}.
      </Notice>
    );
  }
  if (item?.state === 'refused') {
    const words = refusalWords(item.refusal?.reason ?? '', item.refusal?.shortfall ?? null);
    return (
      <Notice
        tone="refused"
        title={`Refused: ${what}`}
        actions={
          <>
            <Button size="xs" onClick={() => openSection('sync')}>
              Resolve in Sync
            </Button>
            {close}
          </>
        }
      >
        {words.title}. {words.next}
      </Notice>
    );
  }
  return (
    <Notice tone="info" title={`Planned: ${what}`} actions={close}>
      {item ? outboxStateWords[item.state].meaning : 'Waits on this computer.'} It counts as given once the server
      confirms it.
    </Notice>
  );
}
