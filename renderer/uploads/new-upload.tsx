import { Button, Progress } from '@mantine/core';
import { IconClipboardText, IconFileSpreadsheet } from '@tabler/icons-react';
import { type DragEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount } from '../design/format.ts';
import { modifier } from '../design/keys.ts';
import { Card, Page } from '../design/page.tsx';
import { openUpload } from '../navigation/navigation-store.ts';
import { PasteDialog } from './paste-dialog.tsx';
import { ResumeList } from './resume-list.tsx';
import { TemplatesCard } from './templates-card.tsx';
import { UploadSteps } from './upload-steps.tsx';
import { useEscape } from './use-escape.ts';
import { usePastedFile } from './use-pasted-file.ts';
import { useTakeFile } from './use-take-file.ts';
import classes from './new-upload.module.css';

/** The first step before a file is there: drop one, choose one, or paste rows. `file` was given on the page before. */
export function NewUpload({ file = null }: { file?: File | null }) {
  const { transfer, error, take, cancel } = useTakeFile();
  const [pasting, setPasting] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const choose = useRef<HTMLButtonElement>(null);
  usePastedFile(transfer === null ? take : null);
  const back = useCallback(() => openUpload(null), []);
  useEscape(transfer ? cancel : back);
  useEffect(() => {
    if (!file) return choose.current?.focus();
    take(file);
    // Taken: whoever comes back to this page is not given it once more.
    openUpload('new');
  }, [file, take]);

  return (
    <Page
      title="New upload"
      note="Nothing is sent before you have reviewed it."
      actions={
        <Button variant="default" onClick={back} disabled={transfer !== null}>
          All uploads
        </Button>
      }
    >
      <UploadSteps current="file" reachable={['file']} onStep={() => undefined} />
      {error && <ErrorNotice error={error} />}
      <Card>
        <DropZone onFile={transfer === null ? take : null}>
          <IconFileSpreadsheet size={40} stroke={1.3} aria-hidden className={classes['icon']} />
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
              <Button variant="default" size="xs" onClick={cancel}>
                Cancel (Esc)
              </Button>
            </output>
          ) : (
            <>
              <p className={classes['title']}>Drop your members’ file here</p>
              <p className={classes['text']}>
                An Excel workbook (.xlsx) or a CSV, as your HR system saves it. One row a member: e-mail, and if you
                like first name, credits and how long they are valid. {modifier}+V takes rows copied in Excel.
              </p>
              <div className={classes['ways']}>
                <Button ref={choose} onClick={() => input.current?.click()}>
                  Choose a file
                </Button>
                <Button
                  variant="default"
                  leftSection={<IconClipboardText size={16} aria-hidden />}
                  onClick={() => setPasting(true)}
                >
                  Paste rows
                </Button>
              </div>
            </>
          )}
          <input
            ref={input}
            type="file"
            hidden
            accept=".xlsx,.xlsm,.csv,.tsv,.txt,.tab,text/csv,text/plain,text/tab-separated-values"
            data-testid="upload-file"
            aria-label="File of members"
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0];
              if (chosen) take(chosen);
              event.currentTarget.value = '';
            }}
          />
        </DropZone>
      </Card>
      {transfer === null && (
        <>
          <TemplatesCard />
          <ResumeList />
        </>
      )}
      <PasteDialog
        opened={pasting}
        onClose={() => setPasting(false)}
        onFile={(pasted) => {
          setPasting(false);
          take(pasted);
        }}
      />
    </Page>
  );
}

interface DropZoneProps {
  /** Null while none is taken. */
  readonly onFile: ((file: File) => void) | null;
  readonly children: ReactNode;
}

function DropZone({ onFile, children }: DropZoneProps) {
  const [over, setOver] = useState(false);
  const drag = (isOver: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(isOver);
  };
  return (
    <div
      className={classes['drop']}
      data-over={over || undefined}
      onDragEnter={drag(true)}
      onDragOver={drag(true)}
      onDragLeave={drag(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const dropped = event.dataTransfer.files[0];
        if (dropped) onFile?.(dropped);
      }}
    >
      {children}
    </div>
  );
}
