import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { type TemplateLanguage, templateLanguage } from '../../shared/contract/upload-files.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { Card } from '../design/page.tsx';
import { useExport } from '../bridge/use-export.ts';
import classes from './new-upload.module.css';

/** The language of this person's computer, where there is a template in it. */
function ownLanguage(): TemplateLanguage {
  const languages = navigator.languages.map((language) => templateLanguage.safeParse(language.split('-')[0]));
  return languages.find((language) => language.success)?.data ?? 'en';
}

/** Empty files with examples: what is filled in there is read without a question. */
export function TemplatesCard() {
  const { run, error, share } = useExport();
  const language = ownLanguage();
  return (
    <Card title="No file yet?">
      {error && <ErrorNotice error={error} />}
      <div className={classes['templates']}>
        <p>Start from a template with the right columns and examples. It is read without a question.</p>
        <div className={classes['ways']}>
          {(['xlsx', 'csv'] as const).map((format) => (
            <Button
              key={format}
              variant="default"
              size="xs"
              leftSection={<IconDownload size={14} aria-hidden />}
              disabled={share !== null}
              onClick={() => run({ kind: 'template', format, language })}
            >
              {format === 'xlsx' ? 'Excel template' : 'CSV template'}
            </Button>
          ))}
        </div>
      </div>
    </Card>
  );
}
