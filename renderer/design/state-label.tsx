import {
  IconAlertTriangle,
  IconCheck,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleX,
  type TablerIcon,
} from '@tabler/icons-react';
import type { Tone } from '../messages/state-words.ts';
import classes from './state-label.module.css';

const icons: Readonly<Record<Tone, TablerIcon>> = {
  neutral: IconCircleMinus,
  ready: IconCheck,
  planned: IconCircleDashed,
  confirmed: IconCircleCheck,
  warning: IconAlertTriangle,
  refused: IconCircleX,
};

/** A state in words with an icon of its own: never told by colour alone. */
export function StateLabel({ tone, children }: { tone: Tone; children: string }) {
  const Icon = icons[tone];
  return (
    <span className={classes['label']} data-tone={tone}>
      <Icon size={15} stroke={2} aria-hidden />
      {children}
    </span>
  );
}
