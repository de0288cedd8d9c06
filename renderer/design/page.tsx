import type { ReactNode } from 'react';
import classes from './page.module.css';

interface PageProps {
  readonly title: string;
  /** One short line under the title, e.g. the age of the figures. */
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  /** `fill` lets the content take the height that is left, for grids that scroll by themselves. */
  readonly layout?: 'scroll' | 'fill';
  readonly children: ReactNode;
}

/** The frame of every screen: one heading, its actions, its content. */
export function Page({ title, note, actions, layout = 'scroll', children }: PageProps) {
  return (
    <div className={classes['page']} data-layout={layout}>
      <header className={classes['header']}>
        <div>
          <h1 className={classes['title']}>{title}</h1>
          {note && <div className={classes['note']}>{note}</div>}
        </div>
        {actions && <div className={classes['actions']}>{actions}</div>}
      </header>
      <div className={classes['content']}>{children}</div>
    </div>
  );
}

interface CardProps {
  readonly title?: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A surface that holds things that belong together, named by its heading. */
export function Card({ title, aside, children }: CardProps) {
  return (
    <section className={classes['card']} aria-label={title}>
      {title && (
        <div className={classes['card-header']}>
          <h2 className={classes['card-title']}>{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}
