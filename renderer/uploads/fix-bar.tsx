import { ActionIcon, Button, Menu, SegmentedControl } from '@mantine/core';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconChevronDown,
  IconColumnInsertRight,
  IconDownload,
  IconEraser,
} from '@tabler/icons-react';
import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { formatCount, plural } from '../design/format.ts';
import { modifier } from '../design/keys.ts';
import type { RowList } from './find-issue.ts';
import classes from './fix-step.module.css';

interface FixBarProps {
  readonly draft: DraftDetail;
  readonly show: RowList['show'];
  readonly busy: boolean;
  /** How many rows the last change was for; null when there was none. */
  readonly changed: number | null;
  readonly onShow: (show: RowList['show']) => void;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
  readonly onNext: () => void;
  readonly onTrim: () => void;
  readonly onFill: () => void;
  readonly onDownload: () => void;
  readonly onSkipErrors: () => void;
  readonly onReview: () => void;
}

/** What can be done with the rows of an upload as a whole. */
export function FixBar({ draft, show, busy, changed, ...on }: FixBarProps) {
  return (
    <div className={classes['bar']}>
      <SegmentedControl
        aria-label="Rows to show"
        value={show}
        onChange={(value) => on.onShow(shownOf(value))}
        data={[
          { value: 'all', label: `All ${formatCount(draft.rows)}` },
          { value: 'errors', label: `Errors ${formatCount(draft.errors)}` },
          { value: 'warnings', label: `Warnings ${formatCount(draft.warnings)}` },
          { value: 'skipped', label: `Skipped ${formatCount(draft.skipped)}` },
        ]}
      />
      <div className={classes['undo']}>
        <ActionIcon
          variant="subtle"
          size="lg"
          aria-label="Undo"
          disabled={!draft.canUndo || busy}
          onClick={on.onUndo}
          title={`Undo (${modifier}+Z)`}
        >
          <IconArrowBackUp size={18} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          size="lg"
          aria-label="Redo"
          disabled={!draft.canRedo || busy}
          onClick={on.onRedo}
          title={`Redo (${modifier}+Shift+Z)`}
        >
          <IconArrowForwardUp size={18} aria-hidden />
        </ActionIcon>
      </div>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button variant="subtle" rightSection={<IconChevronDown size={14} aria-hidden />} disabled={busy}>
            Many rows
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconEraser size={16} aria-hidden />} onClick={on.onTrim}>
            Remove extra spaces everywhere
          </Menu.Item>
          <Menu.Item leftSection={<IconColumnInsertRight size={16} aria-hidden />} onClick={on.onFill}>
            Fill a column…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconDownload size={16} aria-hidden />}
            disabled={draft.errors === 0}
            onClick={on.onDownload}
          >
            Correct the errors in Excel (download)
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <div className={classes['end']}>
        <output className={changed === null ? 'visually-hidden' : classes['count']}>
          {changed !== null && `${plural(changed, 'row')} changed`}
        </output>
        <span className={draft.errors === 0 ? classes['count'] : 'visually-hidden'} aria-live="polite">
          {draft.errors === 0 ? 'No errors left' : `${plural(draft.errors, 'row')} with errors`}
        </span>
        <Button variant="default" disabled={draft.errors + draft.warnings === 0} onClick={on.onNext} title="F8">
          {draft.errors > 0 || draft.warnings === 0 ? 'Next error' : 'Next warning'}
        </Button>
        <Button variant="default" disabled={draft.errors === 0 || busy} onClick={on.onSkipErrors}>
          Skip all remaining errors
        </Button>
        <Button disabled={busy} onClick={on.onReview}>
          Review
        </Button>
      </div>
    </div>
  );
}

function shownOf(value: string): RowList['show'] {
  return value === 'errors' || value === 'warnings' || value === 'skipped' ? value : 'all';
}
