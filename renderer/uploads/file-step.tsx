import { Button, SegmentedControl } from '@mantine/core';
import type { ColumnMapping, DraftDetail, FileAnalysis, ReadingOptions } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';
import { fileFailureWords } from '../messages/file-failure-words.ts';
import { openUpload } from '../navigation/navigation-store.ts';
import { ReadAgainNotice } from './read-again-notice.tsx';
import classes from './file-step.module.css';

const encodings: { value: ReadingOptions['encoding']; label: string }[] = [
  { value: 'utf-8', label: 'UTF-8' },
  { value: 'windows-1252', label: 'Western (Windows-1252)' },
  { value: 'utf-16le', label: 'UTF-16 LE' },
  { value: 'utf-16be', label: 'UTF-16 BE' },
];

const separators: { value: ReadingOptions['separator']; label: string }[] = [
  { value: ',', label: 'Comma ,' },
  { value: ';', label: 'Semicolon ;' },
  { value: '\t', label: 'Tab' },
  { value: '|', label: 'Bar |' },
];

const unrecognised: ReadingOptions = { encoding: 'utf-8', separator: ',', sheet: null };

interface FileStepProps {
  readonly draft: DraftDetail;
  readonly onColumns: () => void;
  readonly onRead: (options: ReadingOptions, mapping: ColumnMapping) => void;
}

/** How the file was recognised, with decoded samples, and one click to read it otherwise. */
export function FileStep({ draft, onColumns, onRead }: FileStepProps) {
  const analyse = useCommand('uploads.analyse');
  const { analysis } = draft;
  const options: ReadingOptions = analysis ?? unrecognised;
  const readAs = (change: Partial<ReadingOptions>): void => {
    void analyse.run({
      draftId: draft.draftId,
      options: { encoding: options.encoding, separator: options.separator, sheet: options.sheet, ...change },
    });
  };

  if (draft.stage === 'receiving' && !analysis && draft.failure === null) {
    return (
      <Notice
        tone="warning"
        title="The file did not arrive whole"
        actions={<Button onClick={() => openUpload('new')}>Choose the file again</Button>}
      >
        Partner Console was closed while it was taken in.
      </Notice>
    );
  }
  return (
    <>
      {draft.failure !== null && !analyse.error && <Failure failure={draft.failure} />}
      {analyse.error && <ErrorNotice error={analyse.error} />}
      <ReadAgainNotice draft={draft} />
      <Card title="How the file is read">
        <div className={classes['options']}>
          <div>
            <p className={classes['label']} id="encoding-label">
              Encoding
            </p>
            <SegmentedControl
              aria-labelledby="encoding-label"
              data={encodings}
              value={options.encoding}
              disabled={analyse.running}
              onChange={(value) => {
                const choice = encodings.find((encoding) => encoding.value === value);
                if (choice) readAs({ encoding: choice.value });
              }}
            />
          </div>
          <div>
            <p className={classes['label']} id="separator-label">
              Separator
            </p>
            <SegmentedControl
              aria-labelledby="separator-label"
              data={separators}
              value={options.separator}
              disabled={analyse.running}
              onChange={(value) => {
                const choice = separators.find((separator) => separator.value === value);
                if (choice) readAs({ separator: choice.value });
              }}
            />
          </div>
        </div>
        {analysis && <Samples analysis={analysis} />}
      </Card>
      <div className={classes['actions']}>
        <Button variant="default" onClick={() => openUpload('new')}>
          Choose another file
        </Button>
        <Button
          disabled={!analysis || analyse.running}
          onClick={() => {
            if (analysis?.allMatched)
              onRead(
                { encoding: analysis.encoding, separator: analysis.separator, sheet: analysis.sheet },
                analysis.mapping,
              );
            else onColumns();
          }}
        >
          Continue
        </Button>
      </div>
    </>
  );
}

function Failure({ failure }: { failure: string }) {
  const words = fileFailureWords(failure);
  return (
    <Notice tone="refused" title={words.title}>
      {words.next}
    </Notice>
  );
}

const SHOWN_COLUMNS = 12;

/** Some values of each column. They come from different rows, so they stand beside their column, not as rows. */
function Samples({ analysis }: { analysis: FileAnalysis }) {
  const columns = analysis.columns.slice(0, SHOWN_COLUMNS);
  const hidden = analysis.columns.length - columns.length;
  return (
    <>
      <p className={classes['label']}>Do names and signs look right?</p>
      <div className={classes['frame']}>
        <table className={classes['samples']} aria-label="Some values of each column as they are read">
          <tbody>
            {columns.map((column, index) => (
              // Headers may repeat: a column is known by its place.
              // oxlint-disable-next-line react/no-array-index-key
              <tr key={index}>
                <th scope="row">{column.header || '(no header)'}</th>
                <td>{column.samples.join(' · ') || '(empty)'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 && <p className={classes['more']}>and {plural(hidden, 'more column')}</p>}
    </>
  );
}
