import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { PastUpload } from '../../shared/contract/upload-history.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, formatMoment, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { forgetUndo, unansweredUndo, undoRequest } from './undo-requests.ts';
import classes from './history-list.module.css';

type Preview = OperationOutput<'uploads.undoPreview'>;
type Undone = OperationOutput<'uploads.undoUpload'>;

interface UndoUploadDialogProps {
  readonly upload: PastUpload;
  readonly onClose: () => void;
}

/** Takes back what an upload gave and nobody has spent: first what that is, then a reason, then the server's answer. */
export function UndoUploadDialog({ upload, onClose }: UndoUploadDialogProps) {
  const { uploadId, fileName } = upload;
  const { run: look, error: lookError } = useCommand('uploads.undoPreview');
  const undo = useCommand('uploads.undoUpload');
  const [preview, setPreview] = useState<Preview | null>(null);
  const [reason, setReason] = useState(() => unansweredUndo(uploadId)?.reason ?? '');
  const [result, setResult] = useState<Undone | null>(null);

  // What is spent changes by the minute: it is asked for anew whenever somebody is about to decide.
  useEffect(() => {
    if (result !== null) return;
    look({ uploadId })
      .then((answer) => setPreview(answer.ok ? answer.value : null))
      .catch(reportError);
  }, [look, uploadId, result]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wasUnanswered = unansweredUndo(uploadId) !== null;
    const answer = await undo.run({ uploadId, ...undoRequest(uploadId, reason.trim()) });
    if (answer.ok || isDecided(answer.error, wasUnanswered)) forgetUndo(uploadId);
    if (answer.ok) setResult(answer.value);
  };

  const again = !undo.running && unansweredUndo(uploadId) !== null;
  const error = undo.error ?? lookError;
  return (
    <Modal opened onClose={onClose} title={`Undo “${fileName}”`} size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      {error && <ErrorNotice error={error} />}
      {result ? (
        <Answer result={result} onAgain={() => setResult(null)} onClose={onClose} />
      ) : (
        <form onSubmit={(event) => void submit(event)}>
          <Text>
            Sent {formatMoment(upload.at)}
            {upload.actor !== null && ` by ${upload.actor}`}. Members who were added and their names stay; only credits
            are taken back.
          </Text>
          {preview && <Fates preview={preview} />}
          <TextInput
            label="Reason"
            description={
              again
                ? 'The last try has no answer yet. It goes out again as it was: nothing is taken back twice.'
                : 'Stands in the history of each member.'
            }
            maxLength={1_000}
            value={reason}
            readOnly={again}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
          <Text mt="md" size="sm" c="dimmed">
            This needs a connection and is done at once; it does not wait in the outbox.
          </Text>
          <Group justify="flex-end" mt="lg" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              color="coral"
              loading={undo.running}
              disabled={reason.trim() === '' || (!again && (preview?.unspent ?? 0) === 0)}
            >
              {again ? 'Ask again' : `Take back ${plural(preview?.unspent ?? 0, 'credit')}`}
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}

/** Whether an error answers the command. Of an earlier try, one that this computer itself holds back says nothing. */
function isDecided(error: AppError, wasUnanswered: boolean): boolean {
  if (error.code === 'conflict') return error.what !== 'item_sending' || !wasUnanswered;
  return error.code === 'not_found' || error.code === 'invalid_input' || error.code === 'refused';
}

interface AnswerProps {
  readonly result: Undone;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

function Answer({ result, onAgain, onClose }: AnswerProps) {
  const { takenBack, spent, expired, members, remaining } = result;
  return (
    <>
      <Notice
        tone={takenBack > 0 ? 'confirmed' : 'info'}
        title={
          takenBack > 0
            ? `${plural(takenBack, 'credit')} taken back from ${plural(members, 'member')}`
            : 'Nothing was left to take back'
        }
      >
        The balance is {formatCount(result.balance)}. {formatCount(spent)} {spent === 1 ? 'was' : 'were'} spent already
        and {spent === 1 ? 'stays' : 'stay'} so; {formatCount(expired)} had expired.
      </Notice>
      {remaining > 0 && (
        <Notice tone="warning" title={`${plural(remaining, 'unspent credit')} ${remaining === 1 ? 'is' : 'are'} left`}>
          {remaining === 1 ? 'It was' : 'They were'} being spent at that moment, or more than one command takes back.
          Undo again for {remaining === 1 ? 'it' : 'them'}.
        </Notice>
      )}
      <Group justify="flex-end" mt="lg" gap="xs">
        {remaining > 0 && (
          <Button variant="default" onClick={onAgain}>
            Undo again
          </Button>
        )}
        <Button onClick={onClose} data-autofocus>
          Done
        </Button>
      </Group>
    </>
  );
}

function Fates({ preview }: { preview: Preview }) {
  const fates: [string, number, string][] = [
    ['Given', preview.credits, 'in all'],
    ['Unspent', preview.unspent, `taken back from ${plural(preview.members, 'member')}`],
    ['Spent', preview.used, 'stay with the members'],
    ['Expired', preview.expired, 'are gone already'],
    ['Taken back', preview.revoked, 'earlier'],
  ];
  return (
    <dl className={classes['fates']}>
      {fates.map(([name, credits, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <strong>{formatCount(credits)}</strong> <small>{note}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
