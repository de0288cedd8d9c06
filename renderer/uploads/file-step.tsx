import { Button, SegmentedControl, Select } from '@mantine/core';
import { type DraftDetail, type FileAnalysis, type ReadingOptions, separator } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';
import { fileFailureWords } from '../messages/file-failure-words.ts';
import { analysisWarningWords, separatorWords } from '../messages/reading-words.ts';
import { openUpload } from '../navigation/navigation-store.ts';
import { EncodingChoice } from './encoding-choice.tsx';
import { ReadAgainNotice } from './read-again-notice.tsx';
import { ReattachOffer } from './reattach-offer.tsx';
import classes from './file-step.module.css';

const separators = separator.options.map((value) => ({ value, label: separatorWords[value] }));

const unrecognised: ReadingOptions = { encoding: 'utf-8', separator: ',', sheet: null };

function optionsOf({ encoding, separator: mark, sheet }: ReadingOptions): ReadingOptions {
  return { encoding, separator: mark, sheet };
}

interface FileStepProps {
  readonly draft: DraftDetail;
  /** Why reading it failed is said beside this step already. */
  readonly isTold: boolean;
  readonly onColumns: () => void;
  /** Reads the rows with the columns as they were recognised. */
  readonly onRead: () => void;
}

/** How the file was recognised, with decoded samples, and one click to read it otherwise. */
export function FileStep({ draft, isTold, onColumns, onRead }: FileStepProps) {
  const analyse = useCommand('uploads.analyse');
  const analysis = draft.look ?? draft.analysis;
  const options = analysis ? optionsOf(analysis) : unrecognised;
  const readAs = (change: Partial<ReadingOptions>): void => {
    void analyse.run({ draftId: draft.draftId, options: { ...options, ...change } });
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
      {draft.failure !== null && !isTold && !analyse.error && <Failure failure={draft.failure} />}
      {analyse.error && <ErrorNotice error={analyse.error} />}
      <ReattachOffer draft={draft} />
      <ReadAgainNotice
        draft={draft}
        onAsBefore={draft.look && draft.analysis ? () => readAs(optionsOf(draft.analysis ?? unrecognised)) : undefined}
      />
      {analysis?.warnings.map((warning) => {
        const words = analysisWarningWords(warning);
        return (
          <Notice key={warning.code} tone="warning" title={words.title}>
            {words.next}
          </Notice>
        );
      })}
      <Card title="How the file is read">
        <div className={classes['options']}>
          {analysis?.format === 'spreadsheet' ? (
            <SheetChoice analysis={analysis} disabled={analyse.running} onChoose={(sheet) => readAs({ sheet })} />
          ) : (
            <>
              <EncodingChoice
                current={options.encoding}
                analysis={analysis}
                disabled={analyse.running}
                onChoose={(encoding) => readAs({ encoding })}
              />
              <div>
                <p className={classes['label']} id="separator-label">
                  Columns are separated by
                </p>
                <SegmentedControl
                  aria-labelledby="separator-label"
                  data={separators}
                  value={options.separator}
                  disabled={analyse.running}
                  onChange={(value) => readAs({ separator: value })}
                />
              </div>
            </>
          )}
        </div>
        {analysis && <Samples analysis={analysis} />}
      </Card>
      <div className={classes['actions']}>
        <Button variant="default" onClick={() => openUpload('new')}>
          Choose another file
        </Button>
        <div className={classes['forward']}>
          {analysis?.allMatched && (
            <Button variant="default" disabled={analyse.running} onClick={onColumns}>
              Look at the columns
            </Button>
          )}
          <Button
            disabled={!analysis || analyse.running}
            onClick={() => {
              if (analysis?.allMatched) onRead();
              else onColumns();
            }}
          >
            Continue
          </Button>
        </div>
      </div>
    </>
  );
}

interface SheetChoiceProps {
  readonly analysis: FileAnalysis;
  readonly disabled: boolean;
  readonly onChoose: (sheet: string) => void;
}

function SheetChoice({ analysis, disabled, onChoose }: SheetChoiceProps) {
  const visible = analysis.sheets.filter((sheet) => !sheet.hidden).length;
  return (
    <Select
      className={classes['choice']}
      label="Sheet"
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      description={visible > 1 ? `This workbook has ${plural(visible, 'sheet')}; one is read.` : undefined}
      data={analysis.sheets.map(({ name, hidden }) => ({ value: name, label: hidden ? `${name} (hidden)` : name }))}
      value={analysis.sheet ?? analysis.sheets[0]?.name ?? null}
      allowDeselect={false}
      disabled={disabled}
      onChange={(sheet) => {
        if (sheet !== null) onChoose(sheet);
      }}
    />
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
                <td>{column.samples.filter((sample) => sample.trim() !== '').join(' · ') || '(empty)'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 && <p className={classes['more']}>and {plural(hidden, 'more column')}</p>}
    </>
  );
}
