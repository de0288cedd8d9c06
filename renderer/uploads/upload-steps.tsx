import { IconCheck } from '@tabler/icons-react';
import classes from './upload-steps.module.css';

export const uploadSteps = ['file', 'columns', 'fix', 'review', 'send'] as const;
export type UploadStep = (typeof uploadSteps)[number];

const names: Readonly<Record<UploadStep, string>> = {
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

/** Where an upload stands among its five steps; every step that can be gone back to is a button. */
export function UploadSteps({ current, reachable, onStep }: UploadStepsProps) {
  const at = uploadSteps.indexOf(current);
  return (
    <nav aria-label="Steps of the upload">
      <ol className={classes['steps']}>
        {uploadSteps.map((step, index) => (
          <li key={step} className={classes['item']} data-done={index < at || undefined}>
            <button
              type="button"
              className={classes['step']}
              aria-current={step === current ? 'step' : undefined}
              disabled={step !== current && !reachable.includes(step)}
              onClick={() => onStep(step)}
            >
              <span className={classes['number']} aria-hidden>
                {index < at ? <IconCheck size={14} stroke={2.4} /> : index + 1}
              </span>
              {names[step]}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
