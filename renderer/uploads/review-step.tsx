import { Button } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useState } from 'react';
import type { DraftDetail, DryRun, UploadMode } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { BalanceStrip } from '../design/balance-strip.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';
import { LastUpload } from './last-upload.tsx';
import { ModeChoice, wholeProblem } from './mode-choice.tsx';
import classes from './review-step.module.css';

interface ReviewStepProps {
  readonly draft: DraftDetail;
  readonly onFix: () => void;
  readonly onSent: () => void;
}

/**
 * What the upload will do and cost, before anything is sent; works offline from the cached balance. The balance of the
 * dry run counts this upload as planned already.
 */
export function ReviewStep({ draft, onFix, onSent }: ReviewStepProps) {
  const { draftId } = draft;
  const { data, error } = useQuery('uploads.dryRun', { draftId });
  const submit = useCommand('uploads.submit');
  const setSkipped = useCommand('uploads.setSkipped');
  const [chosen, setChosen] = useState<UploadMode>('valid_only');
  const failure = error ?? submit.error ?? setSkipped.error;
  // Nothing is sent otherwise than was chosen: what can no longer be sent as a whole waits for the person.
  const blocked = data !== undefined && chosen === 'all_or_nothing' && wholeProblem(data) !== null;
  const send = async (): Promise<void> => {
    const result = await submit.run({ draftId, mode: chosen });
    if (result.ok) onSent();
  };
  return (
    <>
      {failure && <ErrorNotice error={failure} />}
      {data && (
        <>
          <Card title="What this upload does">
            <p className={classes['headline']}>{headline(data)}</p>
            <Figures run={data} />
            <section className={classes['balance']} aria-label="Balance">
              <BalanceStrip balance={data.balance} />
            </section>
          </Card>
          {data.exceeds && (
            <Notice
              tone="warning"
              title={`Row ${formatCount(data.exceeds.row)} is the first that the balance cannot pay: ${plural(data.exceeds.by, 'credit')} missing`}
            >
              {chosen === 'valid_only'
                ? 'The rows before it will be confirmed. The rest waits on this computer until the balance is topped up.'
                : 'Sent as one whole, none of the rows will be confirmed. Top the balance up first, or send the valid rows.'}
            </Notice>
          )}
          <LastUpload run={data} />
          {data.errors > 0 && (
            <Notice
              tone="warning"
              title={`${plural(data.errors, 'row')} with errors ${data.errors === 1 ? 'is' : 'are'} neither corrected nor skipped`}
              actions={
                <>
                  <Button size="xs" variant="default" onClick={onFix}>
                    Correct them
                  </Button>
                  <Button
                    size="xs"
                    variant="default"
                    loading={setSkipped.running}
                    onClick={() => void setSkipped.run({ draftId, rows: 'all_errors', skipped: true })}
                  >
                    Skip all remaining errors
                  </Button>
                </>
              }
            >
              {data.errors === 1 ? 'It stays' : 'They stay'} behind when the valid rows are sent, and can be corrected
              and sent afterwards.
            </Notice>
          )}
          <Card title="How to send">
            <ModeChoice run={data} mode={chosen} onChoose={setChosen} />
          </Card>
          <div className={classes['actions']}>
            <Button variant="default" onClick={onFix}>
              Back to Fix
            </Button>
            <Button
              leftSection={<IconSend size={16} aria-hidden />}
              loading={submit.running}
              disabled={blocked || data.ready === 0}
              onClick={() => void send()}
            >
              Send {plural(data.ready, 'row')}, {plural(data.credits, 'credit')}
            </Button>
          </div>
        </>
      )}
    </>
  );
}

/** `412 new · 63 existing · 900 credits · 18 skipped`. */
function headline(run: DryRun): string {
  return [
    `${formatCount(run.newMembers)} new`,
    `${formatCount(run.existingMembers)} existing`,
    plural(run.credits, 'credit'),
    ...(run.errors > 0 ? [plural(run.errors, 'error')] : []),
    ...(run.skipped > 0 ? [`${formatCount(run.skipped)} skipped`] : []),
  ].join(' · ');
}

/** What happens to the members who are known already. */
function existingNote({ existingMembers, changed }: DryRun): string {
  if (changed === undefined || existingMembers === 0) return 'are kept';
  if (changed === 0) return 'stay as they are';
  return changed === existingMembers ? 'get credits or another name' : `${formatCount(changed)} of them change`;
}

function Figures({ run }: { run: DryRun }) {
  const figures: { name: string; value: number; note: string }[] = [
    { name: 'Rows to send', value: run.ready, note: 'valid and not skipped' },
    { name: 'New members', value: run.newMembers, note: 'are added' },
    { name: 'Existing members', value: run.existingMembers, note: existingNote(run) },
    { name: 'Credits', value: run.credits, note: 'are given in all' },
    ...(run.errors > 0 ? [{ name: 'Errors', value: run.errors, note: 'stay behind when valid rows are sent' }] : []),
    { name: 'Skipped', value: run.skipped, note: 'nothing happens to them' },
    { name: 'Warnings', value: run.warnings, note: 'are sent as they stand' },
  ];
  return (
    <dl className={classes['figures']}>
      {figures.map((figure) => (
        <div key={figure.name}>
          <dt>{figure.name}</dt>
          <dd className={classes['value']}>{formatCount(figure.value)}</dd>
          <dd className={classes['note']}>{figure.note}</dd>
        </div>
      ))}
    </dl>
  );
}
