import { Button, Group, Progress } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload, IconStethoscope } from '@tabler/icons-react';
import { useState } from 'react';
import { useCommand } from '../bridge/use-command.ts';
import { saveFile } from '../bridge/save-file.ts';
import { copyText } from '../design/copy-text.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatMoment } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import { StateLabel } from '../design/state-label.tsx';
import { checkNameWords, verdictWords } from '../messages/diagnostic-words.ts';
import classes from './diagnostics-card.module.css';
import { summaryWords } from './diagnostics-summary.ts';
import { useDiagnostics } from './use-diagnostics.ts';

/** Looks at the way to the server and at this computer, and hands the findings to who can mend what is wrong. */
export function DiagnosticsCard() {
  const diagnostics = useDiagnostics();
  const { results, report, running, error } = diagnostics;
  return (
    <Card title="Diagnostics">
      <p className={classes['lead']}>
        Looks at the way to the server and at this computer. Nothing is changed, and no personal data leaves it.
      </p>
      <Group gap="xs">
        {running ? (
          <Button variant="default" onClick={diagnostics.cancel}>
            Cancel
          </Button>
        ) : (
          <Button leftSection={<IconStethoscope size={16} aria-hidden />} onClick={diagnostics.run}>
            {report ? 'Run again' : 'Run diagnostics'}
          </Button>
        )}
        {report && !running && <CopyButton text={report.text} />}
        <BundleButton />
      </Group>
      {running && (
        <Progress
          className={classes['progress'] ?? ''}
          value={(100 * results.length) / diagnostics.total}
          aria-label={`${results.length} of ${diagnostics.total} checks done`}
        />
      )}
      {error && <ErrorNotice error={error} />}
      <output className={classes['summary']}>
        {running
          ? `${results.length} of ${diagnostics.total} done`
          : report && `${summaryWords(results)} Looked at ${formatMoment(report.startedAt)}.`}
      </output>
      {results.length > 0 && (
        <ul className={classes['results']} aria-label="Findings">
          {results.map(({ check, verdict, found, next }) => (
            <li key={check}>
              <StateLabel tone={verdictWords[verdict].tone}>{verdictWords[verdict].text}</StateLabel>
              <div>
                <h3>{checkNameWords[check]}</h3>
                <p>{found}</p>
                {next && <p className={classes['next']}>{next}</p>}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <Button
      variant="default"
      leftSection={<Icon size={16} aria-hidden />}
      onClick={() => void copyText(text).then(setCopied)}
    >
      {copied ? 'Copied' : 'Copy for IT'}
    </Button>
  );
}

function BundleButton() {
  const bundle = useCommand('diagnostics.bundle');
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={bundle.running}
        onClick={() =>
          void bundle.run({}).then((result) => {
            if (result.ok) saveFile(new File([result.value.text], result.value.fileName, { type: 'application/json' }));
          })
        }
      >
        Save diagnostics bundle
      </Button>
      {bundle.error && <ErrorNotice error={bundle.error} />}
    </>
  );
}
