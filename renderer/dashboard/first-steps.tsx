import { Button } from '@mantine/core';
import { IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import { formatCount } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import { openSection, openUpload } from '../navigation/navigation-store.ts';
import classes from './dashboard-page.module.css';

interface FirstStepsProps {
  readonly hasBalance: boolean;
  readonly planned: number;
}

/** What a partner without members does first: three steps, each marked when it is done. */
export function FirstSteps({ hasBalance, planned }: FirstStepsProps) {
  const steps = [
    {
      title: 'Have a balance',
      text: hasBalance ? 'Your credits are here, ready to be given.' : 'Buy credits; they appear here by themselves.',
      done: hasBalance,
      action: null,
    },
    {
      title: 'Bring your members',
      text: 'Choose the CSV of your HR system. You see what it will do before anything is sent.',
      done: planned > 0,
      action: <Button onClick={() => openUpload('new')}>New upload</Button>,
    },
    {
      title: 'See every row confirmed',
      text: planned > 0 ? `${formatCount(planned)} credits are planned.` : 'Each row ends with a receipt or a reason.',
      done: false,
      action: (
        <Button variant="default" onClick={() => openSection('sync')}>
          Sync centre
        </Button>
      ),
    },
  ];
  return (
    <Card title="First steps">
      <ol className={classes['steps']}>
        {steps.map((step) => (
          <li key={step.title} data-done={step.done || undefined}>
            {step.done ? <IconCircleCheck size={22} aria-hidden /> : <IconCircleDashed size={22} aria-hidden />}
            <div className={classes['step-body']}>
              <p className={classes['step-title']}>
                {step.title}
                {step.done && <span className="visually-hidden"> (done)</span>}
              </p>
              <p className={classes['step-text']}>{step.text}</p>
            </div>
            {step.action}
          </li>
        ))}
      </ol>
    </Card>
  );
}
