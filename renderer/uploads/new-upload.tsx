import { Button, Progress } from '@mantine/core';
import { IconFileTypeCsv } from '@tabler/icons-react';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import { useBridge } from '../bridge/bridge-provider.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount } from '../design/format.ts';
import { Card, Page } from '../design/page.tsx';
import { needsOtherFile } from '../messages/error-words.ts';
import { openUpload } from '../navigation/navigation-store.ts';
import { transferFile } from './transfer-file.ts';
import { UploadSteps } from './upload-steps.tsx';
import classes from './new-upload.module.css';

interface Transfer {
  readonly name: string;
  readonly size: number;
  readonly done: number;
}

/** The first step before a file is there: drop one or choose one. */
export function NewUpload() {
  const { bridge } = useBridge();
  const [transfer, setTransfer] = useState<Transfer | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const abort = useRef<AbortController | null>(null);

  const take = async (file: File): Promise<void> => {
    const controller = new AbortController();
    abort.current = controller;
    setError(null);
    setTransfer({ name: file.name, size: file.size, done: 0 });
    const onProgress = (done: number): void => setTransfer({ name: file.name, size: file.size, done });
    const moved = await transferFile({ bridge, file, onProgress, signal: controller.signal });
    if (!moved.ok) return fail(moved.error);
    const draftId = moved.value;
    const analysed = await bridge.call('uploads.analyse', { draftId, options: null });
    if (!analysed.ok && needsOtherFile(analysed.error)) {
      await bridge.call('uploads.discard', { draftId });
      return fail(analysed.error);
    }
    openUpload({ draftId });
  };
  const fail = (failure: AppError): void => {
    setTransfer(null);
    setError(failure);
  };
  const takeFirst = (files: FileList | null): void => {
    const file = files?.[0];
    if (file && transfer === null) void take(file);
  };

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      if (transfer) abort.current?.abort();
      else openUpload(null);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [transfer]);

  const drag = (isOver: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(isOver);
  };
  return (
    <Page
      title="New upload"
      note="Nothing is sent before you have reviewed it."
      actions={
        <Button variant="default" onClick={() => openUpload(null)} disabled={transfer !== null}>
          All uploads
        </Button>
      }
    >
      <UploadSteps current="file" reachable={['file']} onStep={() => undefined} />
      {error && <ErrorNotice error={error} />}
      <Card>
        <div
          className={classes['drop']}
          data-over={over || undefined}
          onDragEnter={drag(true)}
          onDragOver={drag(true)}
          onDragLeave={drag(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            takeFirst(event.dataTransfer.files);
          }}
        >
          <IconFileTypeCsv size={40} stroke={1.3} aria-hidden className={classes['icon']} />
          {transfer ? (
            <output className={classes['progress']}>
              <p className={classes['title']}>Taking in {transfer.name}</p>
              <Progress
                value={transfer.size === 0 ? 100 : (transfer.done / transfer.size) * 100}
                aria-label="Part of the file taken in"
              />
              <p className={classes['text']}>
                {formatCount(Math.round(transfer.done / 1024))} of {formatCount(Math.round(transfer.size / 1024))} kB
              </p>
              <Button variant="default" size="xs" onClick={() => abort.current?.abort()}>
                Cancel (Esc)
              </Button>
            </output>
          ) : (
            <>
              <p className={classes['title']}>Drop your members’ file here</p>
              <p className={classes['text']}>
                CSV or text with commas, semicolons, tabs or bars, as your HR system or Excel saves it. One row a
                member: e-mail, and if you like first name, credits and how long they are valid.
              </p>
              <Button onClick={() => input.current?.click()} data-autofocus>
                Choose a file
              </Button>
            </>
          )}
          <input
            ref={input}
            type="file"
            hidden
            accept=".csv,.tsv,.txt,.tab,text/csv,text/plain,text/tab-separated-values"
            data-testid="upload-file"
            aria-label="File of members"
            onChange={(event) => {
              takeFirst(event.currentTarget.files);
              event.currentTarget.value = '';
            }}
          />
        </div>
      </Card>
    </Page>
  );
}
