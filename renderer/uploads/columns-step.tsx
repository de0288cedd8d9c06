import { Button, NativeSelect, SegmentedControl } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useState } from 'react';
import {
  type ColumnMapping,
  type DraftDetail,
  type FileAnalysis,
  type Separator,
  type UploadField,
  uploadField,
} from '../../shared/contract/uploads.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';
import { StateLabel } from '../design/state-label.tsx';
import { uploadFieldWords } from '../messages/rule-words.ts';
import { previewValue } from './column-preview.ts';
import { ReadAgainNotice } from './read-again-notice.tsx';
import classes from './columns-step.module.css';

const fields = uploadField.options;
const choices = fields.map((value) => ({ value, label: uploadFieldWords[value] }));

/** Why a choice of columns cannot be read, or null when it can. */
export function mappingProblem(mapping: ColumnMapping): string | null {
  if (!mapping.includes('email')) return 'Choose the column that holds the e-mail addresses.';
  const twice = fields.find((field) => field !== 'ignore' && mapping.filter((entry) => entry === field).length > 1);
  return twice ? `Two columns are used as “${uploadFieldWords[twice]}”. Keep one of them.` : null;
}

/** How the columns are to be read: what each is used as, and whose blank cells clear what is there. */
export interface ColumnChoice {
  readonly mapping: ColumnMapping;
  readonly clearBlank: 'first_name'[];
}

interface ColumnsStepProps {
  readonly draft: DraftDetail;
  readonly analysis: FileAnalysis;
  readonly onRead: (choice: ColumnChoice) => void;
}

/**
 * What each column of the file is used for and becomes; columns that are not used never change anything. The choices are the system's own
 * controls: a file can have hundreds of columns, and each list of our own would be made with the page.
 */
export function ColumnsStep({ draft, analysis, onRead }: ColumnsStepProps) {
  const [mapping, setMapping] = useState<ColumnMapping>(analysis.mapping);
  const [clearNames, setClearNames] = useState(draft.clearBlank?.includes('first_name') ?? false);
  const [today] = useState(() => new Date().toISOString().slice(0, 10));
  const problem = mappingProblem(mapping);
  const choose = (column: number, value: string): void => {
    const field = fields.find((candidate) => candidate === value);
    if (field) setMapping(mapping.map((entry, index) => (index === column ? field : entry)));
  };
  const hasNames = mapping.includes('first_name');
  return (
    <>
      <ReadAgainNotice draft={draft} />
      <Card title="What is in each column">
        <div className={classes['frame']}>
          <table className={classes['columns']}>
            <thead>
              <tr>
                <th scope="col">Column of the file</th>
                <th scope="col">Examples</th>
                <th scope="col">Use as</th>
                <th scope="col">Becomes</th>
              </tr>
            </thead>
            <tbody>
              {analysis.columns.map((column, index) => {
                const field = mapping[index] ?? 'ignore';
                return (
                  // oxlint-disable-next-line react/no-array-index-key
                  <tr key={index} data-unused={field === 'ignore' || undefined}>
                    <th scope="row">
                      {column.header || '(no header)'}
                      {column.remembered && analysis.mapping[index] === field && (
                        <small className={classes['remembered']}>
                          <IconHistory size={13} aria-hidden /> as in your last upload
                        </small>
                      )}
                    </th>
                    <td className={classes['samples']}>{samplesOf(column.samples).join(' · ') || '(empty)'}</td>
                    <td className={classes['choice']}>
                      <NativeSelect
                        aria-label={`Use “${column.header}” as`}
                        data={choices}
                        value={field}
                        onChange={(event) => choose(index, event.currentTarget.value)}
                      />
                    </td>
                    <td>
                      <Becomes
                        samples={samplesOf(column.samples)}
                        field={field}
                        separator={analysis.format === 'spreadsheet' ? null : analysis.separator}
                        today={today}
                      />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </Card>
      <Card title="What stays as it is">
        <ul className={classes['rules']}>
          <li>A column that is not used changes nothing.</li>
          <li>A member who is not in the file is not touched.</li>
          <li>
            A blank cell changes nothing
            {hasNames && clearNames ? ', except in the column of first names.' : '.'}
          </li>
        </ul>
        {hasNames && (
          <div className={classes['blank']}>
            <span id="blank-names">Where the first name is blank, a known member’s name is</span>
            <SegmentedControl
              size="xs"
              aria-labelledby="blank-names"
              value={clearNames ? 'clear' : 'keep'}
              onChange={(value) => setClearNames(value === 'clear')}
              data={[
                { value: 'keep', label: 'kept' },
                { value: 'clear', label: 'cleared' },
              ]}
            />
          </div>
        )}
      </Card>
      {problem && <Notice tone="warning" title={problem} />}
      <div className={classes['actions']}>
        <span />
        <Button
          disabled={problem !== null}
          onClick={() => onRead({ mapping, clearBlank: hasNames && clearNames ? ['first_name'] : [] })}
        >
          Continue
        </Button>
      </div>
    </>
  );
}

function samplesOf(samples: readonly string[]): string[] {
  return samples.filter((sample) => sample.trim() !== '').slice(0, 3);
}

interface BecomesProps {
  readonly samples: readonly string[];
  readonly field: UploadField;
  readonly separator: Separator | null;
  readonly today: string;
}

/** The examples as they are read under the chosen field. */
function Becomes({ samples, field, separator, today }: BecomesProps) {
  if (field === 'ignore') return <span className={classes['nothing']}>changes nothing</span>;
  const previews = samples.flatMap((sample) => {
    const preview = previewValue(sample, field, separator, today);
    return preview === null ? [] : [{ ...preview, sample }];
  });
  const read = previews.filter((preview) => preview.severity !== 'error');
  const isSame = read.every((preview) => preview.text === preview.sample);
  const plain = isSame ? 'as it stands' : read.map((preview) => preview.text).join(' · ');
  const faults = new Set(previews.filter((preview) => preview.severity === 'error').map((preview) => preview.text));
  return (
    <span className={classes['becomes']}>
      {read.length > 0 && <span>{plain}</span>}
      {Array.from(faults, (fault) => (
        <StateLabel key={fault} tone="warning">
          {fault}
        </StateLabel>
      ))}
    </span>
  );
}
