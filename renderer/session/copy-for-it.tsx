import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import { copyText } from '../design/copy-text.ts';
import { errorForIt } from '../messages/error-words.ts';

/** Copies a fault for the people who can mend it: no name, password or key. */
export function CopyForIt({ error, version }: { error: AppError; version: string }) {
  const [copied, setCopied] = useState(false);
  if (error.code === 'signed_out' || error.code === 'invalid_input') return null;
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<Icon size={14} aria-hidden />}
      onClick={() => void copyText(errorForIt(error, version)).then(setCopied)}
    >
      {copied ? 'Copied' : 'Copy for IT'}
    </Button>
  );
}
