import type { ReactNode } from 'react';
import { BrandMark } from '../design/brand-mark.tsx';
import classes from './start-screen.module.css';

/** The moment before the console knows whose data it shows; also where a failed start says why. */
export function StartScreen({ children }: { children?: ReactNode }) {
  return (
    <main className={classes['start']}>
      <BrandMark size={40} />
      <span className="visually-hidden">Partner Console is starting</span>
      {children && <div className={classes['message']}>{children}</div>}
    </main>
  );
}
