import { Button, Group } from '@mantine/core';
import { IconArrowBackUp, IconCalendarPlus, IconPlus, IconUserCheck, IconUserOff } from '@tabler/icons-react';
import type { MemberDetail } from '../../shared/contract/members.ts';
import { AssignForm } from './assign-form.tsx';
import { ExtendForm } from './extend-form.tsx';
import classes from './member-panel.module.css';
import { RevokeForm } from './revoke-form.tsx';
import { StatusForm } from './status-form.tsx';

/** What a person is about to do to the member of the panel. */
export type MemberAction = 'assign' | 'revoke' | 'extend' | 'status';

interface MemberActionsProps {
  readonly detail: MemberDetail;
  readonly action: MemberAction | null;
  readonly onAction: (action: MemberAction | null) => void;
}

/** The commands on one member, or the form of the one that was chosen. */
export function MemberActions({ detail, action, onAction }: MemberActionsProps) {
  const { member } = detail;
  const close = (): void => onAction(null);
  switch (action) {
    case 'assign':
      return <AssignForm member={member} onClose={close} />;
    case 'revoke':
      return <RevokeForm member={member} onClose={close} />;
    case 'extend':
      return <ExtendForm detail={detail} onClose={close} />;
    case 'status':
      return <StatusForm member={member} onClose={close} />;
    case null:
      break;
  }
  const isInactive = member.status === 'inactive';
  const hasNone = member.available === 0;
  return (
    <>
      <Button
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={() => onAction('assign')}
        disabled={isInactive}
        aria-keyshortcuts="A"
      >
        Assign credits
      </Button>
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconArrowBackUp size={15} aria-hidden />}
          onClick={() => onAction('revoke')}
          disabled={hasNone}
          aria-keyshortcuts="R"
        >
          Take back
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconCalendarPlus size={15} aria-hidden />}
          onClick={() => onAction('extend')}
          disabled={hasNone || isInactive}
        >
          Extend
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={isInactive ? <IconUserCheck size={15} aria-hidden /> : <IconUserOff size={15} aria-hidden />}
          onClick={() => onAction('status')}
        >
          {isInactive ? 'Reactivate' : 'Deactivate'}
        </Button>
      </Group>
      {isInactive && (
        <p className={classes['hint']}>This member is inactive: reactivate it to give or extend credits.</p>
      )}
      {hasNone && <p className={classes['hint']}>No unspent credits to take back or extend.</p>}
    </>
  );
}
