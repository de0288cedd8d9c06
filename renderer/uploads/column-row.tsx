import { NativeSelect } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { Fragment, memo } from 'react';
import { type FileAnalysis, type Separator, type UploadField, uploadField } from '../../shared/contract/uploads.ts';
import { StateLabel } from '../design/state-label.tsx';
import { uploadFieldWords } from '../messages/rule-words.ts';
import { previewValue } from './column-preview.ts';
import classes from './columns-step.module.css';

const fields = uploadField.options;
const choices = fields.map((value) => ({ value, label: uploadFieldWords[value] }));

interface ColumnRowProps {
  readonly index: number;
  readonly column: FileAnalysis['columns'][number];
  readonly field: UploadField;
  /** It is used as in an earlier upload. */
  readonly isRemembered: boolean;
  /** Null for a workbook. */
  readonly separator: Separator | null;
  readonly today: string;
  readonly onChoose: (index: number, field: UploadField) => void;
}

/**
 * One column of the file: what it is used as, and becomes. The choice is the system's own control: each list of our own would be made with the
 * page. A choice draws this row anew and no other.
 */
export const ColumnRow = memo(function ColumnRow({
  index,
  column,
  field,
  isRemembered,
  separator,
  today,
  onChoose,
}: ColumnRowProps) {
  const samples = column.samples.filter((sample) => sample.trim() !== '').slice(0, 3);
  return (
    <tr data-unused={field === 'ignore' || undefined}>
      <th scope="row">
        {column.header || '(no header)'}
        {isRemembered && (
          <small className={classes['remembered']}>
            <IconHistory size={13} aria-hidden /> as in your last upload
          </small>
        )}
      </th>
      <td className={classes['samples']}>{samples.join(' · ') || '(empty)'}</td>
      <td className={classes['choice']}>
        <NativeSelect
          aria-label={`Use “${column.header}” as`}
          data={choices}
          value={field}
          onChange={({ currentTarget }) => {
            const chosen = fields.find((candidate) => candidate === currentTarget.value);
            if (chosen) onChoose(index, chosen);
          }}
        />
      </td>
      <td>
        <Becomes samples={samples} field={field} separator={separator} today={today} />
      </td>
    </tr>
  );
});

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
  const plain = isSame ? ['as it stands'] : Array.from(new Set(read.map((preview) => preview.text)));
  const faults = new Set(previews.filter((preview) => preview.severity === 'error').map((preview) => preview.text));
  return (
    <span className={classes['becomes']}>
      {read.length > 0 && (
        <span>
          {plain.map((text, place) => (
            <Fragment key={text}>
              {place > 0 && ' '}
              <span className={classes['piece']}>{place < plain.length - 1 ? `${text} ·` : text}</span>
            </Fragment>
          ))}
        </span>
      )}
      {Array.from(faults, (fault) => (
        <StateLabel key={fault} tone="warning">
          {fault}
        </StateLabel>
      ))}
    </span>
  );
}
