import { Button, Progress } from '@mantine/core';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount } from '../design/format.ts';
import classes from './fix-step.module.css';
import type { Export } from '../bridge/use-export.ts';
import { useEscape } from './use-escape.ts';

/** How far a file is, while one is made; why none came, when it could not be made. Esc ends it. */
export function ExportProgress({ files }: { files: Export }) {
  const { share, error, cancel } = files;
  useEscape(share === null ? null : cancel);
  if (error) return <ErrorNotice error={error} />;
  if (share === null) return null;
  return (
    <output className={classes['work']}>
      <span>Making the file: {formatCount(Math.floor(share * 100))} %</span>
      <Progress value={share * 100} aria-label="Part of the file that is made" />
      <Button size="xs" variant="default" onClick={cancel}>
        Cancel (Esc)
      </Button>
    </output>
  );
}
