import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import { modifier } from '../design/keys.ts';
import { fileOfText } from './use-pasted-file.ts';

interface PasteDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onFile: (file: File) => void;
}

/** Rows copied from Excel or a web page, pasted into a field: for whoever does not know that the page takes them too. */
export function PasteDialog({ opened, onClose, onFile }: PasteDialogProps) {
  const [text, setText] = useState('');
  return (
    <Modal opened={opened} onClose={onClose} title="Paste rows" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Textarea
        label="Rows"
        description={`Copy the rows with their header in Excel, click here and press ${modifier}+V.`}
        placeholder={'E-mail\tFirst name\tCredits'}
        rows={10}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={text.trim() === ''} onClick={() => onFile(fileOfText(text))}>
          Read these rows
        </Button>
      </Group>
    </Modal>
  );
}
