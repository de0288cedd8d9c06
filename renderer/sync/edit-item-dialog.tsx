import { Button, Group, Modal, NumberInput, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { OutboxItem } from '../../shared/contract/sync.ts';
import { MAX_CREDITS_PER_ALLOCATION, MAX_VALIDITY_DAYS } from '../../shared/contract/values.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';

interface EditItemDialogProps {
  readonly item: OutboxItem;
  readonly command: Extract<OutboxItem['command'], { kind: 'assign_member_credits' }>;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Replaces an assignment that was not confirmed by a corrected one. */
export function EditItemDialog({ item, command, opened, onClose }: EditItemDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Edit the credits for ${command.memberName || command.memberEmail}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <EditItemForm item={item} command={command} onClose={onClose} />
    </Modal>
  );
}

function EditItemForm({ item, command, onClose }: Omit<EditItemDialogProps, 'opened'>) {
  const edit = useCommand('sync.edit');
  const [credits, setCredits] = useState<number | string>(command.credits);
  const [days, setDays] = useState<number | string>(command.validityDays);
  const [note, setNote] = useState(command.note ?? '');
  const valid = typeof credits === 'number' && credits >= 1 && typeof days === 'number' && days >= 1;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (typeof credits !== 'number' || typeof days !== 'number') return;
    const result = await edit.run({
      itemId: item.itemId,
      credits,
      validityDays: days,
      note: note.trim() === '' ? null : note.trim(),
    });
    if (result.ok) onClose();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <NumberInput
          label="Credits"
          min={1}
          max={MAX_CREDITS_PER_ALLOCATION}
          allowDecimal={false}
          allowNegative={false}
          value={credits}
          onChange={setCredits}
          data-autofocus
        />
        <NumberInput
          label="Valid for (days)"
          min={1}
          max={MAX_VALIDITY_DAYS}
          allowDecimal={false}
          allowNegative={false}
          value={days}
          onChange={setDays}
        />
        <Textarea label="Note" maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <Text size="sm" c="dimmed">
          The corrected item takes the place of this one and is sent like any other.
        </Text>
        {edit.error && <ErrorNotice error={edit.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={edit.running} disabled={!valid}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
