import { Button } from '@mantine/core';
import { useState } from 'react';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatFullMoment, formatMoment, plural } from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { openMember, openUpload } from '../navigation/navigation-store.ts';
import { DiscardDialog } from './discard-dialog.tsx';
import { EditItemDialog } from './edit-item-dialog.tsx';
import { itemStory, type Surroundings } from './item-story.ts';
import { itemName, itemProgress, itemState, notDone } from './item-words.ts';
import { hasChanged, SituationTable } from './situation-table.tsx';
import classes from './sync-page.module.css';

interface SyncItemProps {
  readonly item: OutboxItem;
  readonly sync: Surroundings;
}

/** One item: what it is, where it is, why, what happens next, and only the actions that its state allows. */
export function SyncItem({ item, sync }: SyncItemProps) {
  const retry = useCommand('sync.retry');
  const [asking, setAsking] = useState<'discard' | 'edit' | null>(null);
  const { command, state, seen, now } = item;
  const words = itemState(item);
  const story = itemStory(item, sync);
  const close = (): void => setAsking(null);
  const isReadable = item.heldReason !== 'unreadable' && item.heldReason !== 'newer_version';
  // What may have been done already is sent again or discarded, never replaced by another.
  const isEditable = command.kind === 'assign_member_credits' && isReadable && !item.mayBeDone;
  // Only the version that wrote it can ask what became of it.
  const isDiscardable = !(item.heldReason === 'newer_version' && item.mayBeDone);
  const isSettled =
    state === 'queued' || state === 'held' || state === 'refused' || notDone(item)?.needsAttention === true;
  const isRetried = (state === 'refused' || state === 'held') && isReadable;
  const name = itemName(item);

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
            {name}
          </button>
          <p className={classes['detail']}>
            {itemProgress(item)} ·{' '}
            <time dateTime={item.queuedAt} title={formatFullMoment(item.queuedAt)}>
              queued {formatMoment(item.queuedAt)}
            </time>
            {item.attempts > 1 && ` · ${plural(item.attempts, 'attempt')}`}
          </p>
          <dl className={classes['story']}>
            <dt>Where</dt>
            <dd>{story.where}</dd>
            <dt>Why</dt>
            <dd data-tone={words.tone}>{story.why}</dd>
            <dt>Next</dt>
            <dd>{story.next}</dd>
          </dl>
          {seen && now && hasChanged(item) && <SituationTable item={item} seen={seen} now={now} />}
        </div>
      </div>
      {isSettled && (
        <div className={classes['actions']}>
          {isRetried && (
            <Button
              size="xs"
              variant="default"
              loading={retry.running}
              onClick={() => void retry.run({ itemId: item.itemId })}
            >
              {item.heldReason === 'recovered' ? 'Send' : 'Retry'}
              <span className="visually-hidden">: {name}</span>
            </Button>
          )}
          {isEditable && (
            <Button size="xs" variant="default" onClick={() => setAsking('edit')}>
              Edit<span className="visually-hidden">: {name}</span>
            </Button>
          )}
          {command.kind === 'upload_members' && state === 'confirmed' && (
            <Button size="xs" variant="default" onClick={() => openUpload({ draftId: command.draftId })}>
              Open upload<span className="visually-hidden">: {name}</span>
            </Button>
          )}
          {isDiscardable && (
            <Button size="xs" variant="subtle" color="coral" onClick={() => setAsking('discard')}>
              Discard<span className="visually-hidden">: {name}</span>
            </Button>
          )}
        </div>
      )}
      {retry.error && <ErrorNotice error={retry.error} />}
      <DiscardDialog item={item} opened={asking === 'discard'} onClose={close} />
      {command.kind === 'assign_member_credits' && (
        <EditItemDialog item={item} command={command} opened={asking === 'edit'} onClose={close} />
      )}
    </li>
  );
}
