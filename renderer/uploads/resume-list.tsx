import type { DraftSummary } from '../../shared/contract/uploads.ts';
import { useQuery } from '../bridge/use-query.ts';
import { formatAge, formatCount, formatFullMoment, plural } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import { StateLabel } from '../design/state-label.tsx';
import { draftStageWords } from '../messages/state-words.ts';
import { openUpload } from '../navigation/navigation-store.ts';
import classes from './new-upload.module.css';

const SHOWN = 4;

/** Whether something of a draft is still to do before it is over. */
function isOpen({ stage }: DraftSummary): boolean {
  return stage !== 'done' && stage !== 'stopped';
}

/** Uploads that were begun and not finished, beside the place where a new one starts. */
export function ResumeList() {
  const drafts = useQuery('uploads.list', {}).data?.drafts.filter(isOpen) ?? [];
  if (drafts.length === 0) return null;
  return (
    <Card title="Or go on where you left off">
      <ul className={classes['resume']}>
        {drafts.slice(0, SHOWN).map((draft) => (
          <li key={draft.draftId}>
            <button
              type="button"
              className={classes['resume-open']}
              onClick={() => openUpload({ draftId: draft.draftId })}
              aria-label={`Resume ${draft.fileName}`}
            >
              {draft.fileName}
            </button>
            <StateLabel tone={draftStageWords[draft.stage].tone}>{draftStageWords[draft.stage].text}</StateLabel>
            <span className={classes['resume-facts']}>
              {draft.rows > 0 && `${plural(draft.rows, 'row')} · `}
              {draft.errors > 0 && `${formatCount(draft.errors)} with errors · `}
              <time dateTime={draft.changedAt} title={formatFullMoment(draft.changedAt)}>
                {formatAge(draft.changedAt)}
              </time>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
