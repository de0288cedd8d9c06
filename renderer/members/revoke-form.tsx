import { Button, Group, NumberInput, Textarea } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { MemberRow } from '../../shared/contract/members.ts';
import { MAX_CREDITS_PER_ALLOCATION } from '../../shared/contract/values.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { BalanceStrip } from '../design/balance-strip.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { CommandResult } from './command-result.tsx';
import classes from './member-panel.module.css';
import { wholeNumber } from './whole-number.ts';

/** Plans taking unspent credits back into the balance: before and after for the member and the balance. */
export function RevokeForm({ member, onClose }: { member: MemberRow; onClose: () => void }) {
  const revoke = useCommand('allocation.revoke');
  const balance = useQuery('dashboard.read', {}).data?.balance;
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const [credits, setCredits] = useState<number | string>('');
  const [reason, setReason] = useState('');
  const [done, setDone] = useState<{ itemId: string; credits: number } | null>(null);
  const count = wholeNumber(credits, MAX_CREDITS_PER_ALLOCATION);
  const name = member.firstName || member.email;
  // What is planned for the member is sent before this: commands on one member keep their order.
  const unspent = member.available + member.planned;
  const lacking = (count ?? 0) - unspent;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (count === null) return;
    const result = await revoke.run({
      memberId: member.memberId,
      credits: count,
      reason: reason.trim() === '' ? null : reason.trim(),
    });
    if (result.ok) setDone({ itemId: result.value.itemId, credits: count });
  };

  if (done) {
    const what = `${plural(done.credits, 'credit')} taken back from ${name}`;
    return <CommandResult itemId={done.itemId} what={what} onClose={onClose} />;
  }
  return (
    <form className={classes['assign']} aria-label="Take credits back" onSubmit={(event) => void submit(event)}>
      <NumberInput
        label="Credits to take back"
        description="Unspent ones only; those that expire last go first."
        ref={first}
        min={1}
        max={MAX_CREDITS_PER_ALLOCATION}
        allowDecimal={false}
        allowNegative={false}
        value={credits}
        onChange={setCredits}
        error={credits !== '' && count === null ? `1 to ${formatCount(MAX_CREDITS_PER_ALLOCATION)}` : null}
      />
      <Textarea
        label="Reason"
        description="Optional; kept in the member’s history."
        maxLength={500}
        autosize
        minRows={1}
        maxRows={4}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <dl className={classes['before-after']}>
        <dt>Available to {name}</dt>
        <dd>
          {formatCount(member.available)} → <strong>{formatCount(Math.max(0, unspent - (count ?? 0)))}</strong> once
          confirmed
        </dd>
        {typeof balance?.confirmed === 'number' && (
          <>
            <dt>Balance</dt>
            <dd>
              {formatCount(balance.confirmed)} → <strong>{formatCount(balance.confirmed + (count ?? 0))}</strong> once
              confirmed
            </dd>
          </>
        )}
      </dl>
      {balance && <BalanceStrip balance={balance} />}
      {lacking > 0 && (
        <Notice tone="warning" title={`${name} has ${plural(unspent, 'unspent credit')}`}>
          You can plan this, but the server will refuse it unless more have been given by then.
        </Notice>
      )}
      {revoke.error && <ErrorNotice error={revoke.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" color="coral" loading={revoke.running} disabled={count === null}>
          {count === null ? 'Take credits back' : `Take ${plural(count, 'credit')} back`}
        </Button>
      </Group>
    </form>
  );
}
