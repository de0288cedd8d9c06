import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { ExportedRows, FileFormat } from '../../shared/contract/upload-files.ts';
import type { Export } from '../bridge/use-export.ts';

interface ExportMenuProps {
  readonly draftId: string;
  /** Whether there are rows that are not confirmed. */
  readonly hasProblems: boolean;
  readonly files: Export;
}

const names: Readonly<Record<ExportedRows, string>> = {
  problems: 'Rows to correct',
  all: 'All rows with receipts',
};

/** The rows of an upload as files to keep, or to correct and to bring back. */
export function ExportMenu({ draftId, hasProblems, files }: ExportMenuProps) {
  const kinds: ExportedRows[] = hasProblems ? ['problems', 'all'] : ['all'];
  const formats: [FileFormat, string][] = [
    ['xlsx', 'Excel'],
    ['csv', 'CSV'],
  ];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} disabled={files.share !== null}>
          Download
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {kinds.map((rows) => (
          <div key={rows} role="presentation">
            <Menu.Label>{names[rows]}</Menu.Label>
            {formats.map(([format, words]) => (
              <Menu.Item
                key={format}
                aria-label={`${names[rows]}, ${words}`}
                onClick={() => files.run({ kind: 'rows', draftId, rows, format })}
              >
                {words}
              </Menu.Item>
            ))}
          </div>
        ))}
        {hasProblems && (
          <Menu.Label>
            Corrected there, it finds back
            <br />
            to this upload by its receipts.
          </Menu.Label>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
