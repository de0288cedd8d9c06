import { Avatar, CloseButton } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { MemberDetail } from '../../shared/contract/members.ts';
import { useQuery } from '../bridge/use-query.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, formatMoment } from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { memberStatusWords } from '../messages/state-words.ts';
import { type MemberAction, MemberActions } from './member-actions.tsx';
import classes from './member-panel.module.css';
import { AllocationHistory, CreditsByExpiry, PlannedItems, Sessions } from './member-sections.tsx';

interface MemberPanelProps {
  readonly memberId: string;
  /** Counts up when the keyboard opened the panel: the focus then moves here. */
  readonly focus: number;
  readonly action: MemberAction | null;
  readonly onAction: (action: MemberAction | null) => void;
  readonly onClose: () => void;
}

/** One member: credits by expiry, what is planned, what was given, sessions. */
export function MemberPanel({ memberId, focus, action, onAction, onClose }: MemberPanelProps) {
  const { data, error } = useQuery('members.read', { memberId });
  const heading = useRef<HTMLHeadingElement>(null);
  const loaded = data !== undefined;
  useEffect(() => {
    if (focus > 0 && loaded) heading.current?.focus();
  }, [focus, loaded]);

  return (
    <aside
      className={classes['panel']}
      aria-label={data ? `Member ${data.member.firstName || data.member.email}` : 'Member'}
    >
      <CloseButton className={classes['close']} aria-label="Close the member panel" onClick={onClose} />
      {error && <ErrorNotice error={error} />}
      {data && (
        <>
          <PanelHeader detail={data} heading={heading} />
          <MemberActions detail={data} action={action} onAction={onAction} />
          <PlannedItems planned={data.planned} />
          <CreditsByExpiry credits={data.creditsByExpiry} />
          <AllocationHistory allocations={data.allocations} />
          <Sessions sessions={data.sessions} />
        </>
      )}
    </aside>
  );
}

interface PanelHeaderProps {
  readonly detail: MemberDetail;
  readonly heading: React.RefObject<HTMLHeadingElement | null>;
}

function PanelHeader({ detail, heading }: PanelHeaderProps) {
  const { member, asOf } = detail;
  const status = memberStatusWords[member.status];
  return (
    <header className={classes['header']}>
      <Avatar name={member.firstName || member.email} color="iris" size={44} radius="xl" aria-hidden />
      <div className={classes['who']}>
        <h2 ref={heading} tabIndex={-1} className={classes['name']}>
          {member.firstName || member.email}
        </h2>
        <p className={classes['email']}>{member.email}</p>
        <StateLabel tone={status.tone}>{status.text}</StateLabel>
      </div>
      <dl className={classes['figures']}>
        <div>
          <dt>Available</dt>
          <dd>{formatCount(member.available)}</dd>
        </div>
        <div>
          <dt>Planned</dt>
          <dd data-tone={member.planned > 0 ? 'planned' : undefined}>{formatCount(member.planned)}</dd>
        </div>
        <div>
          <dt>Used</dt>
          <dd>{formatCount(member.used)}</dd>
        </div>
        <div>
          <dt>Assigned</dt>
          <dd>{formatCount(member.creditsAssigned)}</dd>
        </div>
      </dl>
      {asOf !== null && <p className={classes['as-of']}>Confirmed figures as of {formatMoment(asOf)}</p>}
    </header>
  );
}
