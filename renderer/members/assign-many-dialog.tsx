import { Button, Group, Modal, NumberInput, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import { DEFAULT_VALIDITY_DAYS, MAX_CREDITS_PER_ALLOCATION, MAX_VALIDITY_DAYS } from '../../shared/contract/values.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { BalanceStrip } from '../design/balance-strip.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { daysFromNow, formatCount, formatDay, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { openSection } from '../navigation/navigation-store.ts';
import classes from './member-panel.module.css';
import { useSelectedFigures } from './use-selected-figures.ts';
import type { Selection } from './use-selection.ts';
import { wholeNumber } from './whole-number.ts';

interface AssignManyDialogProps {
  readonly opened: boolean;
  readonly selection: Selection;
  readonly onClose: () => void;
  /** Everything waits: the selection has done its work. */
  readonly onQueued: () => void;
}

/** Gives the same to each selected member: before and after for them and for the balance, then what was planned. */
export function AssignManyDialog({ opened, selection, onClose, onQueued }: AssignManyDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Assign credits to the selected members"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <AssignManyForm selection={selection} onClose={onClose} onQueued={onQueued} />
    </Modal>
  );
}

function AssignManyForm({ selection, onClose, onQueued }: Omit<AssignManyDialogProps, 'opened'>) {
  const assign = useCommand('allocation.assignMany');
  const balance = useQuery('dashboard.read', {}).data?.balance;
  const figures = useSelectedFigures(selection);
  const [credits, setCredits] = useState<number | string>('');
  const [days, setDays] = useState<number | string>(DEFAULT_VALIDITY_DAYS);
  const [note, setNote] = useState('');
  const [done, setDone] = useState<{ answer: OperationOutput<'allocation.assignMany'>; credits: number } | null>(null);
  const count = wholeNumber(credits, MAX_CREDITS_PER_ALLOCATION);
  const validity = wholeNumber(days, MAX_VALIDITY_DAYS);
  const adding = (count ?? 0) * (figures?.active ?? 0);
  const lacking = balance?.left == null ? 0 : adding - balance.left;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (count === null || validity === null) return;
    const result = await assign.run({
      members:
        selection.by === 'filter'
          ? { by: 'filter', filter: selection.filter }
          : { by: 'ids', memberIds: [...selection.members.keys()] },
      credits: count,
      validityDays: validity,
      note: note.trim() === '' ? null : note.trim(),
    });
    if (!result.ok) return;
    setDone({ answer: result.value, credits: count });
    onQueued();
  };

  if (done) return <AssignManyResult answer={done.answer} credits={done.credits} onClose={onClose} />;
  return (
    <form aria-label="Assign credits to many" onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        {figures && <Text size="sm">{whoGets(figures)}</Text>}
        <div className={classes['pair']}>
          <NumberInput
            label="Credits for each"
            data-autofocus
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
        {validity !== null && (
          <Text size="sm" c="dimmed">
            Expire on {formatDay(daysFromNow(validity))}
          </Text>
        )}
        <Textarea
          label="Note"
          description="Optional; kept with each allocation."
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {figures && figures.available !== null && (
          <dl className={classes['before-after']}>
            <dt>Available to them together</dt>
            <dd>
              {formatCount(figures.available)} →{' '}
              <strong>{formatCount(figures.available + figures.planned + adding)}</strong> once confirmed
            </dd>
          </dl>
        )}
        {balance && <BalanceStrip balance={balance} adding={adding} />}
        {lacking > 0 && (
          <Notice tone="warning" title={`The balance lacks ${plural(lacking, 'credit')}`}>
            You can plan this, but the server confirms only while the balance lasts and refuses the rest.
          </Notice>
        )}
        {assign.error && <ErrorNotice error={assign.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={assign.running}
            disabled={count === null || validity === null || !figures || figures.active === 0}
          >
            {adding === 0 ? 'Assign credits' : `Assign ${plural(adding, 'credit')}`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function whoGets({ active, inactive }: { active: number; inactive: number }): string {
  const members = `${plural(active, 'member')} ${active === 1 ? 'gets' : 'get'} credits.`;
  if (inactive === 0) return members;
  return `${members} ${plural(inactive, 'inactive member')} of the selection ${inactive === 1 ? 'is' : 'are'} left out.`;
}

interface AssignManyResultProps {
  readonly answer: OperationOutput<'allocation.assignMany'>;
  readonly credits: number;
  readonly onClose: () => void;
}

function AssignManyResult({ answer, credits, onClose }: AssignManyResultProps) {
  const { queued, inactive, unknown, balance } = answer;
  return (
    <Stack gap="sm">
      <Notice
        tone={queued === 0 ? 'warning' : 'info'}
        title={
          queued === 0
            ? 'Nothing was planned'
            : `Planned: ${plural(credits, 'credit')} for each of ${plural(queued, 'member')}`
        }
      >
        {queued > 0 && 'Each one counts once the server confirms it; Sync shows each with its receipt or reason. '}
        {inactive > 0 && `${plural(inactive, 'inactive member')} left out. `}
        {unknown > 0 && `${plural(unknown, 'member')} no longer known here left out.`}
      </Notice>
      <BalanceStrip balance={balance} />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={() => openSection('sync')}>
          Show in Sync
        </Button>
        <Button onClick={onClose} data-autofocus>
          Close
        </Button>
      </Group>
    </Stack>
  );
}
