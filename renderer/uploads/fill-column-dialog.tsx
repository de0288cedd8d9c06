import { Button, Group, Modal, SegmentedControl, Select, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Fix } from '../../shared/contract/upload-fixing.ts';
import type { UploadField } from '../../shared/contract/uploads.ts';
import { uploadFieldWords } from '../messages/rule-words.ts';

interface FillColumnDialogProps {
  readonly fields: readonly UploadField[];
  readonly onFill: (fix: Fix) => void;
  readonly onClose: () => void;
}

/** One value for a whole column: for its blank cells, or for all. */
export function FillColumnDialog({ fields, onFill, onClose }: FillColumnDialogProps) {
  const [field, setField] = useState<UploadField>(fields.find((candidate) => candidate === 'credits') ?? 'email');
  const [value, setValue] = useState('');
  const [only, setOnly] = useState<'blank' | 'all'>('blank');
  const nothingToDo = only === 'blank' && value.trim() === '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!nothingToDo) onFill({ kind: 'column', field, value, only });
  };
  return (
    <Modal opened onClose={onClose} title="Fill a column" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={submit}>
        <Select
          label="Column"
          data={fields.map((candidate) => ({ value: candidate, label: uploadFieldWords[candidate] }))}
          value={field}
          allowDeselect={false}
          onChange={(chosen) => {
            const next = fields.find((candidate) => candidate === chosen);
            if (next) setField(next);
          }}
        />
        <TextInput
          mt="md"
          label="Value"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          data-autofocus
        />
        <SegmentedControl
          mt="md"
          fullWidth
          aria-label="Cells to fill"
          value={only}
          onChange={(chosen) => setOnly(chosen === 'all' ? 'all' : 'blank')}
          data={[
            { value: 'blank', label: 'Only blank cells' },
            { value: 'all', label: 'All cells' },
          ]}
        />
        <Text mt="md" size="sm" c="dimmed">
          Skipped rows stay as they are. Undo takes it back in one step.
        </Text>
        <Group justify="flex-end" mt="lg" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={nothingToDo}>
            {only === 'all' ? 'Replace the whole column' : 'Fill blank cells'}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
