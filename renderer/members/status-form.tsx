import { Button, Group } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { MemberRow } from '../../shared/contract/members.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { plural } from '../design/format.ts';
import { CommandResult } from './command-result.tsx';
import classes from './member-panel.module.css';

/** Asks before a member is made inactive, or active again: what changes and what stays. The focus starts on the harmless choice. */
export function StatusForm({ member, onClose }: { member: MemberRow; onClose: () => void }) {
  const setStatus = useCommand('members.setStatus');
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  const [done, setDone] = useState<{ itemId: string; what: string } | null>(null);
  const name = member.firstName || member.email;
  const reactivates = member.status === 'inactive';

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const status = reactivates ? 'active' : 'inactive';
    const result = await setStatus.run({ memberId: member.memberId, status });
    // Kept as it was asked: once the answer is here, the member already has the other status.
    if (result.ok) setDone({ itemId: result.value.itemId, what: `${name} made ${status}` });
  };

  if (done) return <CommandResult itemId={done.itemId} what={done.what} onClose={onClose} />;
  return (
    <form
      className={classes['assign']}
      aria-label={reactivates ? 'Reactivate the member' : 'Deactivate the member'}
      onSubmit={(event) => void submit(event)}
    >
      <p className={classes['question']}>
        {reactivates
          ? `${name} becomes active again and can be given credits.`
          : `${name} becomes inactive: no credits can be given or extended until the member is active again. ${kept(member)}`}
      </p>
      {setStatus.error && <ErrorNotice error={setStatus.error} />}
      <Group justify="flex-end" gap="xs">
        <Button ref={cancel} variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" color={reactivates ? 'iris' : 'coral'} loading={setStatus.running}>
          {reactivates ? 'Reactivate' : 'Deactivate'}
        </Button>
      </Group>
    </form>
  );
}

function kept({ available }: MemberRow): string {
  if (available === 0) return 'There are no unspent credits to take back.';
  return `${plural(available, 'unspent credit')} ${available === 1 ? 'stays' : 'stay'} with the member; take ${available === 1 ? 'it' : 'them'} back first to return ${available === 1 ? 'it' : 'them'} to the balance.`;
}
