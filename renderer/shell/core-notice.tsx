import { useConnection, type CoreConnection } from '../bridge/connection.ts';
import { Notice } from '../design/notice.tsx';

const words: Readonly<Record<Exclude<CoreConnection, 'open'>, { title: string; next: string }>> = {
  replaced: {
    title: 'Partner Console was opened in another window',
    next: 'Go on there, or reload this page to come back here.',
  },
  stopped: { title: 'Partner Console was stopped', next: 'Nothing is lost. Start it again to go on.' },
  lost: {
    title: 'Looking for Partner Console on this computer',
    next: 'This page goes on by itself once it answers.',
  },
};

/** Says when this window has lost the console behind it; nothing while all is well. */
export function CoreNotice({ className }: { className?: string | undefined }) {
  const connection = useConnection((state) => state.connection);
  if (connection === 'open') return null;
  const { title, next } = words[connection];
  return (
    <div className={className}>
      <Notice tone="warning" title={title}>
        {next}
      </Notice>
    </div>
  );
}
