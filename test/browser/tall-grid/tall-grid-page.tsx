import { MantineProvider } from '@mantine/core';
import { createRoot } from 'react-dom/client';
import { DataGrid, type GridColumn } from '../../../renderer/design/data-grid.tsx';

const columns: readonly GridColumn<number>[] = [
  { id: 'row', header: 'Row', width: '8rem', render: (row) => String(row) },
  { id: 'name', header: 'Name', width: '20rem', render: (row) => `Member ${row}` },
];

/** A grid of as many rows as the window is called, each the number of its place from 1 on. */
function TallGrid() {
  const rowCount = Number(window.name);
  return (
    <MantineProvider>
      <div style={{ display: 'flex', height: 500 }}>
        <DataGrid
          label="Rows"
          columns={columns}
          rowCount={rowCount}
          rowAt={(index) => index + 1}
          byCell
          onShow={() => undefined}
          empty="none"
        />
      </div>
    </MantineProvider>
  );
}

const root = document.getElementById('root');
if (root) createRoot(root).render(<TallGrid />);
