import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { plural } from '../design/format.ts';
import { itemName, notDone } from './item-words.ts';

/** What has to be typed: work that somebody prepared is not given up by a slip of the hand. */
const WORD = 'discard';

interface DiscardDialogProps {
  readonly item: OutboxItem;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Asks for the word before prepared work is given up. The focus starts in its field, Enter goes on, Esc goes back. */
export function DiscardDialog({ item, opened, onClose }: DiscardDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Discard this item?" closeButtonProps={{ 'aria-label': 'Close' }}>
      <DiscardForm item={item} onClose={onClose} />
    </Modal>
  );
}

function DiscardForm({ item, onClose }: Omit<DiscardDialogProps, 'opened'>) {
  const discard = useCommand('sync.discard');
  const [typed, setTyped] = useState('');
  const isTyped = typed.trim().toLowerCase() === WORD;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isTyped) return;
    const result = await discard.run({ itemId: item.itemId });
    if (result.ok) onClose();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <Text>{discardWords(item)}</Text>
        <TextInput
          label={`Type “${WORD}” to go on`}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
        {discard.error && <ErrorNotice error={discard.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="coral" loading={discard.running} disabled={!isTyped}>
            Discard
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function discardWords(item: OutboxItem): string {
  const { command, state } = item;
  if (command.kind !== 'upload_members') {
    const done = command.kind === 'assign_member_credits' ? 'given' : 'changed';
    if (item.heldReason === 'recovered' && item.lastError !== 'taken_back') {
      return `This will not be sent from here: ${itemName(item)}. If the server did it before, it stays done.`;
    }
    if (item.mayBeDone) {
      return `This will not be sent: ${itemName(item)}. It was sent before, and whether the server did it is not known: look at the member’s history before you enter it anew.`;
    }
    return state === 'refused'
      ? `The server refused this, so nothing was ${done}: ${itemName(item)}. The item is removed from this computer.`
      : `This will not be sent: ${itemName(item)}. Nothing was ${done} yet.`;
  }
  if (item.heldReason === 'unreadable' && item.mayBeDone) {
    return `Nothing more of “${command.fileName}” is sent from here. Which rows the server did is not known: look at the history of uploads before you send any of them anew.`;
  }
  if (item.heldReason === 'recovered') {
    return `The server is asked what it has done of “${command.fileName}”: that stays done. Nothing more of it is sent.`;
  }
  const stays = command.confirmed === 1 ? 'stays' : 'stay';
  const confirmed =
    command.confirmed === 0 ? [] : [`${plural(command.confirmed, 'confirmed row')} ${stays} confirmed.`];
  const left = notDone(item);
  if (left === null) {
    const open = command.rows - command.confirmed - command.refused;
    return [`${plural(open, 'row')} of “${command.fileName}” will not be sent.`, ...confirmed].join(' ');
  }
  const [were, they] = left.rows === 1 ? ['was', 'it no longer waits'] : ['were', 'they no longer wait'];
  return [
    `${plural(left.rows, 'row')} of “${command.fileName}” ${were} not done. Discarded, ${they} for you, but can still be corrected and sent from the upload.`,
    ...confirmed,
  ].join(' ');
}
