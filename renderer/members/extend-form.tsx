import { Button, Group, NumberInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { MemberDetail } from '../../shared/contract/members.ts';
import { MAX_VALIDITY_DAYS } from '../../shared/contract/values.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { daysFromNow, formatCount, formatDay, plural } from '../design/format.ts';
import { CommandResult } from './command-result.tsx';
import classes from './member-panel.module.css';
import { wholeNumber } from './whole-number.ts';

/** What people extend by most: another month. */
const USUAL_DAYS = 30;

/** Plans a later expiry for all unspent credits of a member: each day before and after. */
export function ExtendForm({ detail, onClose }: { detail: MemberDetail; onClose: () => void }) {
  const { member, creditsByExpiry } = detail;
  const extend = useCommand('allocation.extend');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const [days, setDays] = useState<number | string>(USUAL_DAYS);
  const [done, setDone] = useState<{ itemId: string; days: number } | null>(null);
  const count = wholeNumber(days, MAX_VALIDITY_DAYS);
  const name = member.firstName || member.email;
  const unspent = creditsByExpiry.filter((group) => group.available > 0);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (count === null) return;
    const result = await extend.run({ memberId: member.memberId, days: count });
    if (result.ok) setDone({ itemId: result.value.itemId, days: count });
  };

  if (done) {
    const what = `Expiry ${plural(done.days, 'day')} later for ${name}`;
    return <CommandResult itemId={done.itemId} what={what} onClose={onClose} />;
  }
  return (
    <form className={classes['assign']} aria-label="Extend the expiry" onSubmit={(event) => void submit(event)}>
      <NumberInput
        label="Days longer"
        description="For all unspent credits of this member; no credit is added."
        ref={first}
        min={1}
        max={MAX_VALIDITY_DAYS}
        allowDecimal={false}
        allowNegative={false}
        value={days}
        onChange={setDays}
        error={count === null ? `1 to ${formatCount(MAX_VALIDITY_DAYS)}` : null}
      />
      <dl className={classes['before-after']}>
        {unspent.map((group) => (
          <div key={group.expiresAt}>
            <dt>{plural(group.available, 'credit')}</dt>
            <dd>
              {formatDay(group.expiresAt)}
              {count !== null && (
                <>
                  {' → '}
                  <strong>{formatDay(daysFromNow(count, new Date(group.expiresAt)))}</strong> once confirmed
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {extend.error && <ErrorNotice error={extend.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={extend.running} disabled={count === null}>
          {count === null ? 'Extend' : `Extend by ${plural(count, 'day')}`}
        </Button>
      </Group>
    </form>
  );
}
