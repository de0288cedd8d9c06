import { Button } from '@mantine/core';
import { useState } from 'react';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ConfirmDialog } from '../design/confirm-dialog.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatDay, formatFullMoment, formatMoment, plural } from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { faultWords } from '../messages/error-words.ts';
import { heldReasonWords, outboxStateWords } from '../messages/state-words.ts';
import { refusalWords } from '../messages/refusal-words.ts';
import { openMember, openUpload } from '../navigation/navigation-store.ts';
import { EditItemDialog } from './edit-item-dialog.tsx';
import { itemName, itemProgress } from './item-words.ts';
import classes from './sync-page.module.css';

interface SyncItemProps {
  readonly item: OutboxItem;
  /** All sending is paused by the person. */
  readonly paused: boolean;
}

/** One item with its state in words, its receipt or reason, and only the actions that its state allows. */
export function SyncItem({ item, paused }: SyncItemProps) {
  const retry = useCommand('sync.retry');
  const discard = useCommand('sync.discard');
  const [asking, setAsking] = useState<'discard' | 'edit' | null>(null);
  const { command, state } = item;
  const words = outboxStateWords[state];
  const close = (): void => setAsking(null);
  const isAssign = command.kind === 'assign_member_credits';
  const settled = state === 'queued' || state === 'held' || state === 'refused';
  const error = retry.error ?? discard.error;

  return (
    <li className={classes['item']}>
      <div className={classes['what']}>
        <StateLabel tone={words.tone}>{words.text}</StateLabel>
        <div>
          <button
            type="button"
            className={classes['name']}
            onClick={() =>
              command.kind === 'upload_members'
                ? openUpload({ draftId: command.draftId })
                : openMember(command.memberId)
            }
          >
            {itemName(item)}
          </button>
          {itemProgress(item) && <p className={classes['detail']}>{itemProgress(item)}</p>}
          <p className={classes['detail']}>
            <time dateTime={item.queuedAt} title={formatFullMoment(item.queuedAt)}>
              Queued {formatMoment(item.queuedAt)}
            </time>
            {item.attempts > 1 && ` · ${plural(item.attempts, 'attempt')}`}
            {item.nextAttemptAt && ` · next at ${formatMoment(item.nextAttemptAt)}`}
          </p>
          <p className={classes['reason']} data-tone={words.tone}>
            <Reason item={item} paused={paused} />
          </p>
        </div>
      </div>
      {settled && (
        <div className={classes['actions']}>
          {(state === 'refused' || state === 'held') && (
            <Button
              size="xs"
              variant="default"
              loading={retry.running}
              onClick={() => void retry.run({ itemId: item.itemId })}
            >
              Retry
            </Button>
          )}
          {isAssign && (
            <Button size="xs" variant="default" onClick={() => setAsking('edit')}>
              Edit
            </Button>
          )}
          <Button size="xs" variant="subtle" color="coral" onClick={() => setAsking('discard')}>
            Discard
          </Button>
        </div>
      )}
      {error && <ErrorNotice error={error} />}
      <ConfirmDialog
        opened={asking === 'discard'}
        title="Discard this item?"
        confirmLabel="Discard"
        running={discard.running}
        onClose={close}
        onConfirm={() => void discard.run({ itemId: item.itemId }).then(close)}
      >
        {discardWords(item)}
      </ConfirmDialog>
      {isAssign && <EditItemDialog item={item} command={command} opened={asking === 'edit'} onClose={close} />}
    </li>
  );
}

function discardWords(item: OutboxItem): string {
  const { command, state } = item;
  if (command.kind !== 'upload_members') {
    const done = command.kind === 'assign_member_credits' ? 'given' : 'changed';
    return state === 'refused'
      ? `The server refused this, so nothing was ${done}: ${itemName(item)}. The item is removed from this computer.`
      : `This will not be sent: ${itemName(item)}. Nothing was ${done} yet.`;
  }
  const open = command.rows - command.confirmed - command.refused;
  return `${plural(open, 'row')} of “${command.fileName}” will not be sent. ${plural(command.confirmed, 'confirmed row')} ${command.confirmed === 1 ? 'stays' : 'stay'} confirmed.`;
}

function Reason({ item, paused }: SyncItemProps) {
  if (item.refusal) {
    const words = refusalWords(item.refusal.reason, item.refusal.shortfall);
    return (
      <>
        {words.title}. {words.next}
      </>
    );
  }
  if (item.state === 'held' && item.heldReason) return heldReasonWords[item.heldReason];
  if (item.state === 'confirmed' && item.receipt) {
    const parts = [
      `Confirmed ${formatMoment(item.changedAt)}`,
      ...(item.receipt.allocationId ? [`receipt ${item.receipt.allocationId.slice(0, 8)}`] : []),
      ...(item.receipt.expiresAt ? [`expires ${formatDay(item.receipt.expiresAt)}`] : []),
      ...(item.receipt.replayed ? ['found by its number after a lost answer'] : []),
    ];
    return parts.join(' · ');
  }
  if (item.state === 'queued' && paused) return 'Waits on this computer. It is sent once you resume sending.';
  if (item.state === 'queued' && item.lastError) {
    return `The last attempt did not get through: ${faultWords(item.lastError)}. It is sent again by itself.`;
  }
  return outboxStateWords[item.state].meaning;
}
