import { useCallback, useState } from 'react';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { BalanceNumbers } from '../../shared/contract/values.ts';
import { useBridgeEvent } from '../bridge/bridge-provider.tsx';
import { useQuery } from '../bridge/use-query.ts';
import { BalanceStrip } from '../design/balance-strip.tsx';
import { plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';

/** What the dashboard shows until the first pull is done: how far it is, or why it waits. Never invented zeros. */
export function FirstPull({ balance }: { balance: BalanceNumbers }) {
  const [pulled, setPulled] = useState({ members: 0, allocations: 0 });
  const status = useQuery('sync.status', {}).data;
  const onEvent = useCallback((event: BridgeEvent) => {
    if (event.event === 'pull_progress') setPulled({ members: event.members, allocations: event.allocations });
  }, []);
  useBridgeEvent(onEvent);
  const offline = status?.connection === 'offline';
  return (
    <>
      {offline ? (
        <Notice tone="warning" title="The server was not reached yet">
          Your members and balance appear here as soon as it answers. It is tried again by itself.
        </Notice>
      ) : (
        <Notice tone="info" title="Reading your members and balance from the server">
          {plural(pulled.members, 'member')} and {plural(pulled.allocations, 'allocation')} so far.
        </Notice>
      )}
      <Card title="Balance">
        <BalanceStrip balance={balance} size="large" />
      </Card>
    </>
  );
}
