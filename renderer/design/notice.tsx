import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle, type TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './notice.module.css';

type NoticeTone = 'info' | 'confirmed' | 'warning' | 'refused';

const icons: Readonly<Record<NoticeTone, TablerIcon>> = {
  info: IconInfoCircle,
  confirmed: IconCircleCheck,
  warning: IconAlertTriangle,
  refused: IconCircleX,
};

interface NoticeProps {
  readonly tone: NoticeTone;
  readonly title: string;
  readonly children?: ReactNode;
  /** Buttons for the next action. */
  readonly actions?: ReactNode;
}

/** What happened and what can be done next. Errors are announced at once, the rest when the reader pauses. */
export function Notice({ tone, title, children, actions }: NoticeProps) {
  const Icon = icons[tone];
  return (
    <div
      className={classes['notice']}
      data-tone={tone}

      role={tone === 'refused' ? 'alert' : 'status'}
    >
      <Icon className={classes['icon']} size={18} aria-hidden />
      <div className={classes['body']}>
        <div className={classes['words']}>
          <p className={classes['title']}>{title}</p>
          {children && <div className={classes['text']}>{children}</div>}
        </div>
        {actions && <div className={classes['actions']}>{actions}</div>}
      </div>
    </div>
  );
}
