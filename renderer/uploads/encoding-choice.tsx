import { Select } from '@mantine/core';
import { type FileAnalysis, type TextEncoding, textEncoding } from '../../shared/contract/uploads.ts';
import { encodingWords } from '../messages/reading-words.ts';
import classes from './file-step.module.css';

const choices = textEncoding.options.map((value) => ({ value, label: encodingWords[value] }));

interface EncodingChoiceProps {
  readonly current: TextEncoding;
  readonly analysis: FileAnalysis | null;
  readonly disabled: boolean;
  readonly onChoose: (encoding: TextEncoding) => void;
}

/**
 * Names of the file as each likely encoding reads them: whoever knows the people sees at once which line is right, and
 * takes it with one click. Every other encoding is in the list behind.
 */
export function EncodingChoice({ current, analysis, disabled, onChoose }: EncodingChoiceProps) {
  const decoded = analysis?.decoded ?? [];
  return (
    <div className={classes['encoding']}>
      {decoded.length > 0 && (
        <fieldset className={classes['readings']} disabled={disabled}>
          <legend className={classes['label']}>
            {decoded.length > 1 ? 'In which line are the names right?' : 'Are the names right?'}
          </legend>
          {decoded.map(({ encoding, names }) => (
            <label key={encoding} className={classes['reading']}>
              <input
                type="radio"
                name="encoding"
                checked={encoding === current}
                onChange={() => onChoose(encoding)}
                aria-label={`${names.join(', ')}: ${encodingWords[encoding]}`}
              />
              <span className={classes['names']}>{names.join(' · ')}</span>
              <small>{encodingWords[encoding]}</small>
            </label>
          ))}
        </fieldset>
      )}
      <Select
        className={classes['choice']}
        label="Encoding"
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        description={
          decoded.length === 0
            ? analysis && 'This file reads the same in every one of them.'
            : decoded.length === 1
              ? 'Not right? Choose another.'
              : 'None is right? Choose another.'
        }
        data={choices}
        value={current}
        allowDeselect={false}
        disabled={disabled}
        onChange={(value) => {
          const chosen = textEncoding.safeParse(value);
          if (chosen.success) onChoose(chosen.data);
        }}
      />
    </div>
  );
}
