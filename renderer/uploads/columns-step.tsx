import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useCallback, useRef, useState } from 'react';
import {
  type ColumnMapping,
  type DraftDetail,
  type FileAnalysis,
  type UploadField,
  uploadField,
} from '../../shared/contract/uploads.ts';
import { formatCount, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';
import { uploadFieldWords } from '../messages/rule-words.ts';
import { ColumnRow } from './column-row.tsx';
import { ReadAgainNotice } from './read-again-notice.tsx';
import classes from './columns-step.module.css';

const fields = uploadField.options;
/** A file can have thousands of columns: so many are shown at first, and every one that is used. */
const COLUMNS_AT_ONCE = 40;

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

/** What each column of the file is used for and becomes; columns that are not used never change anything. */
export function ColumnsStep({ draft, analysis, onRead }: ColumnsStepProps) {
  const [mapping, setMapping] = useState<ColumnMapping>(analysis.mapping);
  const [clearNames, setClearNames] = useState(draft.clearBlank?.includes('first_name') ?? false);
  const [today] = useState(() => new Date().toISOString().slice(0, 10));
  const problem = mappingProblem(mapping);
  const [search, setSearch] = useState('');
  const [most, setMost] = useState(COLUMNS_AT_ONCE);
  /** They stay where they are, whatever they are used as now. */
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const count = useRef<HTMLOutputElement>(null);
  const choose = useCallback((column: number, field: UploadField): void => {
    setChosen((before) => new Set(before).add(column));
    setMapping((before) => before.map((entry, index) => (index === column ? field : entry)));
  }, []);
  const found = columnsWith(analysis, search);
  const shown = found.filter(
    ({ index }, place) => place < most || isUsed(analysis.mapping, index) || chosen.has(index),
  );
  const hidden = found.length - shown.length;
  const showMore = (): void => {
    setMost(most + COLUMNS_AT_ONCE);
    // The button goes with the last of them.
    if (hidden <= COLUMNS_AT_ONCE) count.current?.focus();
  };
  const hasNames = mapping.includes('first_name');
  return (
    <>
      <ReadAgainNotice draft={draft} />
      <Card
        title="What is in each column"
        aside={
          analysis.columns.length > COLUMNS_AT_ONCE && (
            <TextInput
              aria-label="Find a column"
              placeholder="Find a column"
              leftSection={<IconSearch size={16} aria-hidden />}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
          )
        }
      >
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
              {shown.map(({ column, index }) => (
                <ColumnRow
                  key={index}
                  index={index}
                  column={column}
                  field={mapping[index] ?? 'ignore'}
                  isRemembered={column.remembered === true && analysis.mapping[index] === mapping[index]}
                  separator={analysis.format === 'spreadsheet' ? null : analysis.separator}
                  today={today}
                  onChoose={choose}
                />
              ))}
            </tbody>
          </table>
        </div>
        {analysis.columns.length > COLUMNS_AT_ONCE && (
          <div className={classes['more']}>
            <output ref={count} tabIndex={-1}>
              {found.length === 0
                ? 'No column of the file has that in its header.'
                : `${formatCount(shown.length)} of ${plural(found.length, 'column')} shown`}
            </output>
            {hidden > 0 && (
              <Button variant="default" onClick={showMore}>
                Show {formatCount(Math.min(hidden, COLUMNS_AT_ONCE))} more
              </Button>
            )}
          </div>
        )}
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

function isUsed(mapping: ColumnMapping, index: number): boolean {
  return (mapping[index] ?? 'ignore') !== 'ignore';
}

/** The columns with a text in their header, in the order of the file. */
function columnsWith({ columns }: FileAnalysis, search: string) {
  const wanted = search.trim().toLocaleLowerCase();
  return columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => column.header.toLocaleLowerCase().includes(wanted));
}
