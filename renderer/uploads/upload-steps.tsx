import { IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './upload-steps.module.css';

export const uploadSteps = ['file', 'columns', 'fix', 'review', 'send'] as const;
export type UploadStep = (typeof uploadSteps)[number];

export const stepNames: Readonly<Record<UploadStep, string>> = {
  file: 'File',
  columns: 'Columns',
  fix: 'Fix',
  review: 'Review',
  send: 'Send',
};

interface UploadStepsProps {
  readonly current: UploadStep;
  readonly reachable: readonly UploadStep[];
  readonly onStep: (step: UploadStep) => void;
}

/** Where an upload stands among its five steps; every step that can be gone to is a link. */
export function UploadSteps({ current, reachable, onStep }: UploadStepsProps) {
  const at = uploadSteps.indexOf(current);
  return (
    <nav aria-label="Steps of the upload">
      <ol className={classes['steps']}>
        {uploadSteps.map((step, index) => (
          <li key={step} className={classes['item']} data-done={index < at || undefined}>
            <Step step={step} current={current} reachable={reachable} onStep={onStep}>
              <span className={classes['number']} aria-hidden>
                {index < at ? <IconCheck size={14} stroke={2.4} /> : index + 1}
              </span>
              {stepNames[step]}
            </Step>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Step({
  step,
  current,
  reachable,
  onStep,
  children,
}: UploadStepsProps & { step: UploadStep; children: ReactNode }) {
  const isCurrent = step === current;
  if (isCurrent || !reachable.includes(step)) {
    return (
      <span
        className={classes['step']}
        aria-current={isCurrent ? 'step' : undefined}
        data-closed={!isCurrent || undefined}
      >
        {children}
      </span>
    );
  }
  return (
    <a
      href={`#${step}`}
      className={classes['step']}
      onClick={(event) => {
        event.preventDefault();
        onStep(step);
      }}
    >
      {children}
    </a>
  );
}
