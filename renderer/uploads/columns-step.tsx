import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type {
  ColumnMapping,
  DraftDetail,
  FileAnalysis,
  ReadingOptions,
  UploadField,
} from '../../shared/contract/uploads.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';
import { uploadFieldWords } from '../messages/rule-words.ts';
import { ReadAgainNotice } from './read-again-notice.tsx';
import classes from './file-step.module.css';

const fields: UploadField[] = ['email', 'first_name', 'credits', 'validity_days', 'expires_on', 'ignore'];
const choices = fields.map((value) => ({ value, label: uploadFieldWords[value] }));

/** Why a choice of columns cannot be read, or null when it can. */
export function mappingProblem(mapping: ColumnMapping): string | null {
  if (!mapping.includes('email')) return 'Choose the column that holds the e-mail addresses.';
  const twice = fields.find((field) => field !== 'ignore' && mapping.filter((entry) => entry === field).length > 1);
  return twice ? `Two columns are used as “${uploadFieldWords[twice]}”. Keep one of them.` : null;
}

interface ColumnsStepProps {
  readonly draft: DraftDetail;
  readonly analysis: FileAnalysis;
  readonly onRead: (options: ReadingOptions, mapping: ColumnMapping) => void;
}

/** What each column of the file is used for; columns that are not used never change anything. */
export function ColumnsStep({ draft, analysis, onRead }: ColumnsStepProps) {
  const [mapping, setMapping] = useState<ColumnMapping>(analysis.mapping);
  const problem = mappingProblem(mapping);
  const choose = (column: number, value: string | null): void => {
    const field = fields.find((candidate) => candidate === value);
    if (field) setMapping(mapping.map((entry, index) => (index === column ? field : entry)));
  };
  return (
    <>
      <ReadAgainNotice draft={draft} />
      <Card title="What is in each column">
        <table className={classes['columns']}>
          <thead>
            <tr>
              <th scope="col">Column of the file</th>
              <th scope="col">Examples</th>
              <th scope="col">Use as</th>
            </tr>
          </thead>
          <tbody>
            {analysis.columns.map((column, index) => (
              // oxlint-disable-next-line react/no-array-index-key
              <tr key={index}>
                <th scope="row">{column.header || '(no header)'}</th>
                <td className={classes['column-samples']}>
                  {column.samples
                    .filter((sample) => sample !== '')
                    .slice(0, 3)
                    .join(' · ') || '(empty)'}
                </td>
                <td className={classes['choice']}>
                  <Select
                    aria-label={`Use “${column.header}” as`}
                    data={choices}
                    allowDeselect={false}
                    value={mapping[index] ?? 'ignore'}
                    onChange={(value) => choose(index, value)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
      {problem && <Notice tone="warning" title={problem} />}
      <div className={classes['actions']}>
        <span />
        <Button
          disabled={problem !== null}
          onClick={() =>
            onRead({ encoding: analysis.encoding, separator: analysis.separator, sheet: analysis.sheet }, mapping)
          }
        >
          Continue
        </Button>
      </div>
    </>
  );
}
