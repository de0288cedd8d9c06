import { Button, Group, Modal, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface ConfirmDialogProps {
  readonly opened: boolean;
  readonly title: string;
  /** What will be gone and what stays. */
  readonly children: ReactNode;
  readonly confirmLabel: string;
  readonly running?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is given up. The focus starts on the harmless choice. */
export function ConfirmDialog({
  opened,
  title,
  children,
  confirmLabel,
  running = false,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Text component="div">{children}</Text>
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="coral" onClick={onConfirm} loading={running}>
          {confirmLabel}
        </Button>
      </Group>
    </Modal>
  );
}
