import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { plural } from '../design/format.ts';
import { askSignOut, useNavigation } from '../navigation/navigation-store.ts';

/** Signs out and asks what happens to the data on this computer. Unsent work stays either way, and that is said. */
export function SignOutDialog({ email }: { email: string }) {
  const opened = useNavigation((state) => state.signOutOpen);
  const status = useQuery('sync.status', {}).data;
  const signOut = useCommand('session.signOut');
  const [cache, setCache] = useState('keep');
  const waiting = (status?.waiting ?? 0) + (status?.checking ?? 0);
  const attention = status?.attention ?? 0;

  return (
    <Modal
      opened={opened}
      onClose={() => askSignOut(false)}
      title="Sign out"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <Text>You are signed in as {email}.</Text>
        {waiting > 0 && (
          <Text>
            {plural(waiting, 'item')} {waiting === 1 ? 'waits' : 'wait'} on this computer.{' '}
            {waiting === 1 ? 'It is' : 'They are'} kept and sent after this account signs in here again.
          </Text>
        )}
        {attention > 0 && (
          <Text>
            {plural(attention, 'item')} {attention === 1 ? 'needs' : 'need'} your attention, and{' '}
            {attention === 1 ? 'is' : 'are'} kept until then.
          </Text>
        )}
        <Radio.Group label="Data of this account on this computer" value={cache} onChange={setCache}>
          <Stack gap="xs" mt="xs">
            <Radio value="keep" label="Keep it" description="The next sign-in shows everything at once." />
            <Radio
              value="clear"
              label="Remove it"
              description="For a shared computer. Members and figures are read again at the next sign-in; unsent work stays."
            />
          </Stack>
        </Radio.Group>
        {signOut.error && <ErrorNotice error={signOut.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => askSignOut(false)}>
            Cancel
          </Button>
          <Button loading={signOut.running} onClick={() => void signOut.run({ clearCache: cache === 'clear' })}>
            Sign out
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
