import { Button, Group, NumberInput, Textarea } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { MemberRow } from '../../shared/contract/members.ts';
import { DEFAULT_VALIDITY_DAYS, MAX_CREDITS_PER_ALLOCATION, MAX_VALIDITY_DAYS } from '../../shared/contract/values.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { BalanceStrip } from '../design/balance-strip.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { daysFromNow, formatCount, formatDay, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { CommandResult } from './command-result.tsx';
import classes from './member-panel.module.css';
import { wholeNumber } from './whole-number.ts';

/** Plans credits for one member: shows before and after for the member and the balance, never claims more than planned. */
export function AssignForm({ member, onClose }: { member: MemberRow; onClose: () => void }) {
  const assign = useCommand('allocation.assign');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const balance = useQuery('dashboard.read', {}).data?.balance;
  const [credits, setCredits] = useState<number | string>('');
  const [days, setDays] = useState<number | string>(DEFAULT_VALIDITY_DAYS);
  const [note, setNote] = useState('');
  const [done, setDone] = useState<{ itemId: string; credits: number } | null>(null);
  const count = wholeNumber(credits, MAX_CREDITS_PER_ALLOCATION);
  const validity = wholeNumber(days, MAX_VALIDITY_DAYS);
  const leftAfter = balance?.left == null ? null : balance.left - (count ?? 0);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (count === null || validity === null) return;
    const result = await assign.run({
      memberId: member.memberId,
      credits: count,
      validityDays: validity,
      note: note.trim() === '' ? null : note.trim(),
    });
    if (result.ok) setDone({ itemId: result.value.itemId, credits: count });
  };

  if (done) {
    return (
      <CommandResult
        itemId={done.itemId}
        what={`${plural(done.credits, 'credit')} for ${member.firstName || member.email}`}
        onClose={onClose}
      />
    );
  }
  return (
    <form className={classes['assign']} aria-label="Assign credits" onSubmit={(event) => void submit(event)}>
      <div className={classes['pair']}>
        <NumberInput
          label="Credits"
          ref={first}
          min={1}
          max={MAX_CREDITS_PER_ALLOCATION}
          allowDecimal={false}
          allowNegative={false}
          value={credits}
          onChange={setCredits}
          error={credits !== '' && count === null ? `1 to ${formatCount(MAX_CREDITS_PER_ALLOCATION)}` : null}
        />
        <NumberInput
          label="Valid for (days)"
          min={1}
          max={MAX_VALIDITY_DAYS}
          allowDecimal={false}
          allowNegative={false}
          value={days}
          onChange={setDays}
          error={validity === null ? `1 to ${formatCount(MAX_VALIDITY_DAYS)}` : null}
        />
      </div>
      <p className={classes['hint']}>
        {validity === null ? 'Enter for how long they can be used.' : `Expire on ${formatDay(daysFromNow(validity))}`}
      </p>
      <Textarea
        label="Note"
        description="Optional; kept with the allocation."
        maxLength={500}
        autosize
        minRows={1}
        maxRows={4}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <dl className={classes['before-after']}>
        <dt>Available to {member.firstName || member.email}</dt>
        <dd>
          {formatCount(member.available)} →{' '}
          <strong>{formatCount(member.available + member.planned + (count ?? 0))}</strong> once confirmed
        </dd>
      </dl>
      {balance && <BalanceStrip balance={balance} adding={count ?? 0} />}
      {leftAfter !== null && leftAfter < 0 && (
        <Notice tone="warning" title={`The balance lacks ${plural(-leftAfter, 'credit')}`}>
          You can plan this, but the server will refuse it unless the balance is topped up first.
        </Notice>
      )}
      {assign.error && <ErrorNotice error={assign.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={assign.running} disabled={count === null || validity === null}>
          {count === null ? 'Assign credits' : `Assign ${plural(count, 'credit')}`}
        </Button>
      </Group>
    </form>
  );
}
