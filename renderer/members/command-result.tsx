import { Button } from '@mantine/core';
import { useQuery } from '../bridge/use-query.ts';
import { formatMoment } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { refusalWords } from '../messages/refusal-words.ts';
import { outboxStateWords } from '../messages/state-words.ts';
import { openSection } from '../navigation/navigation-store.ts';

interface CommandResultProps {
  readonly itemId: string;
  /** The command in words: “5 credits for Anna”. */
  readonly what: string;
  readonly onClose: () => void;
}

/** What became of one command on a member: planned until the server's receipt or refusal is here. */
export function CommandResult({ itemId, what, onClose }: CommandResultProps) {
  const items = useQuery('sync.items', { show: 'all', offset: 0, limit: 100 }).data?.items;
  const item = items?.find((candidate) => candidate.itemId === itemId);
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
      {item ? outboxStateWords[item.state].meaning : 'Waits on this computer.'} It counts once the server confirms it.
    </Notice>
  );
}
