import { Button, Group, Modal, Textarea } from '@mantine/core';
import { type ClipboardEvent, useState } from 'react';
import { plural } from '../design/format.ts';
import { modifier } from '../design/keys.ts';
import { fileOfText } from './use-pasted-file.ts';
import classes from './paste-dialog.module.css';

/** Characters that a field may hold: 100,000 rows in it are laid out for seconds, so that more is only told of. */
const MAX_IN_FIELD = 100_000;
const SHOWN_LINES = 8;

interface PasteDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onFile: (file: File) => void;
}

/** Rows copied from Excel or a web page, pasted into a field: for whoever does not know that the page takes them too. */
export function PasteDialog({ opened, onClose, onFile }: PasteDialogProps) {
  const [text, setText] = useState('');
  const isLarge = text.length > MAX_IN_FIELD;
  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>): void => {
    const { value, selectionStart, selectionEnd } = event.currentTarget;
    const pasted = event.clipboardData.getData('text/plain');
    const whole = value.slice(0, selectionStart) + pasted + value.slice(selectionEnd);
    if (whole.length <= MAX_IN_FIELD) return;
    event.preventDefault();
    setText(whole);
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Paste rows" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      {isLarge ? (
        <LargeText text={text} onClear={() => setText('')} />
      ) : (
        <Textarea
          label="Rows"
          description={`Copy the rows with their header in Excel, click here and press ${modifier}+V.`}
          placeholder={'E-mail\tFirst name\tCredits'}
          rows={10}
          value={text}
          onPaste={onPaste}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
      )}
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={!isLarge && text.trim() === ''} onClick={() => onFile(fileOfText(text))}>
          Read these rows
        </Button>
      </Group>
    </Modal>
  );
}

/** What was pasted, by how much it is and how it begins. */
function LargeText({ text, onClear }: { text: string; onClear: () => void }) {
  const begin = text.slice(0, 4_000).split(/\r\n|\r|\n/, SHOWN_LINES);
  return (
    <section aria-label="Pasted rows">
      <div className={classes['head']}>
        <output>{plural(linesOf(text), 'line')} pasted</output>
        <Button size="compact-sm" variant="subtle" onClick={onClear}>
          Paste something else
        </Button>
      </div>
      <pre className={classes['begin']}>{`${begin.join('\n')}\n…`}</pre>
    </section>
  );
}

function linesOf(text: string): number {
  const mark = text.includes('\n') ? '\n' : '\r';
  let lines = text.endsWith(mark) ? 0 : 1;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) lines += 1;
  return lines;
}
