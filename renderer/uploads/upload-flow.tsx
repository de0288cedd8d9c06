import { Button } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { ConfirmDialog } from '../design/confirm-dialog.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { plural } from '../design/format.ts';
import { Page } from '../design/page.tsx';
import { openUpload } from '../navigation/navigation-store.ts';
import { type ColumnChoice, ColumnsStep } from './columns-step.tsx';
import { FileStep } from './file-step.tsx';
import { FixStep } from './fix-step.tsx';
import { ImportProgress } from './import-progress.tsx';
import { ReviewStep } from './review-step.tsx';
import { SendStep } from './send-step.tsx';
import { stepNames, type UploadStep, uploadSteps, UploadSteps } from './upload-steps.tsx';
import classes from './upload-flow.module.css';

/** The step an upload is taken up at, from how far it came. */
function stepOf(draft: DraftDetail): UploadStep {
  switch (draft.stage) {
    case 'receiving':
    case 'columns':
      return 'file';
    case 'reading':
      return 'columns';
    case 'fix':
      return 'fix';
    case 'queued':
    case 'sending':
    case 'paused':
    case 'stopped':
    case 'done':
      return 'send';
  }
}

function reachableSteps(draft: DraftDetail): UploadStep[] {
  const step = stepOf(draft);
  if (step === 'send') return ['send'];
  const reading: UploadStep[] = draft.analysis ? ['file', 'columns'] : ['file'];
  return step === 'fix' ? [...reading, 'fix', 'review'] : reading;
}

/** One upload at its step: File → Columns → Fix → Review → Send. */
export function UploadFlow({ draftId }: { draftId: string }) {
  const { data: draft, error } = useQuery('uploads.read', { draftId });
  const importRows = useCommand('uploads.importRows');
  const [chosen, setChosen] = useState<UploadStep | null>(null);
  const [asked, setAsked] = useState<ColumnChoice | null>(null);

  if (!draft) {
    return (
      <Page title="Upload" actions={<AllUploads />}>
        {error && <ErrorNotice error={error} />}
      </Page>
    );
  }
  const reachable = reachableSteps(draft);
  const step = chosen && reachable.includes(chosen) ? chosen : stepOf(draft);
  const importing = importRows.running || draft.stage === 'reading';
  const analysis = draft.look ?? draft.analysis;
  const corrections = draft.stage === 'fix' ? (draft.corrections ?? 0) : 0;
  const read = async (choice: ColumnChoice): Promise<void> => {
    setAsked(null);
    if (!analysis) return;
    const { encoding, separator, sheet } = analysis;
    const result = await importRows.run({ draftId, options: { encoding, separator, sheet }, ...choice });
    if (result.ok) setChosen('fix');
    // The fault may be in how the columns are used: that step shows it.
    else if (result.error.code === 'invalid_input') setChosen('columns');
  };

  /** What is read already stays as it is; what gives up corrections is asked before. */
  const begin = (choice: ColumnChoice): void => {
    if (isAsRead(draft, choice)) setChosen('fix');
    else if (corrections > 0) setAsked(choice);
    else void read(choice);
  };

  return (
    <Page
      title={draft.fileName}
      note={draft.rows > 0 ? plural(draft.rows, 'row') : 'Nothing is sent before you have reviewed it.'}
      layout={!importing && (step === 'fix' || step === 'send') ? 'fill' : 'scroll'}
      actions={<AllUploads />}
    >
      <UploadSteps current={step} reachable={importing ? [] : reachable} onStep={setChosen} />
      {error && <ErrorNotice error={error} />}
      {importRows.error && <ErrorNotice error={importRows.error} />}
      {importing ? (
        <ImportProgress draftId={draftId} fileName={draft.fileName} />
      ) : (
        <StepFrame key={step} step={step}>
          <Step step={step} draft={draft} onStep={setChosen} isTold={importRows.error !== null} onRead={begin} />
        </StepFrame>
      )}
      <ConfirmDialog
        opened={asked !== null}
        title={`Give up ${plural(corrections, 'correction')}?`}
        confirmLabel="Read the file again"
        onConfirm={() => {
          if (asked) void read(asked);
        }}
        onClose={() => setAsked(null)}
      >
        Reading the file otherwise replaces all of its rows. The {plural(corrections, 'correction')} you made{' '}
        {corrections === 1 ? 'goes' : 'go'} with them, and this cannot be undone.
      </ConfirmDialog>
    </Page>
  );
}

/** Whether the rows stand as they would be read: by how the file is read, and by its columns. */
function isAsRead({ stage, look, analysis, clearBlank = [] }: DraftDetail, choice: ColumnChoice): boolean {
  const { mapping } = choice;
  return (
    stage === 'fix' &&
    !look &&
    mapping.length === analysis?.mapping.length &&
    mapping.every((field, column) => field === analysis.mapping[column]) &&
    choice.clearBlank.includes('first_name') === clearBlank.includes('first_name')
  );
}

/** When its step comes on screen it begins at its top and takes the focus, so that the keyboard and a screen reader go on from there. */
function StepFrame({ step, children }: { step: UploadStep; children: ReactNode }) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = frame.current;
    const page = place?.closest('main');
    if (page) page.scrollTop = 0;
    // The correction grid takes the focus itself.
    if (place && !place.contains(document.activeElement)) place.focus({ preventScroll: true });
  }, []);
  const number = uploadSteps.indexOf(step) + 1;
  return (
    <section
      ref={frame}
      className={classes['step']}
      tabIndex={-1}
      aria-label={`Step ${number} of ${uploadSteps.length}: ${stepNames[step]}`}
    >
      {children}
    </section>
  );
}

function AllUploads() {
  return (
    <Button variant="default" onClick={() => openUpload(null)}>
      All uploads
    </Button>
  );
}

interface StepProps {
  readonly step: UploadStep;
  readonly draft: DraftDetail;
  /** Why reading the file failed is on screen. */
  readonly isTold: boolean;
  readonly onStep: (step: UploadStep) => void;
  readonly onRead: (choice: ColumnChoice) => void;
}

function Step({ step, draft, isTold, onStep, onRead }: StepProps) {
  switch (step) {
    case 'file':
      return (
        <FileStep
          draft={draft}
          isTold={isTold}
          onColumns={() => onStep('columns')}
          onRead={() => {
            const analysis = draft.look ?? draft.analysis;
            if (analysis) onRead({ mapping: analysis.mapping, clearBlank: draft.clearBlank ?? [] });
          }}
        />
      );
    case 'columns': {
      const analysis = draft.look ?? draft.analysis;
      return analysis && <ColumnsStep draft={draft} analysis={analysis} onRead={onRead} />;
    }
    case 'fix':
      return <FixStep draft={draft} onReview={() => onStep('review')} />;
    case 'review':
      return <ReviewStep draft={draft} onFix={() => onStep('fix')} onSent={() => onStep('send')} />;
    case 'send':
      return <SendStep draft={draft} />;
  }
}
