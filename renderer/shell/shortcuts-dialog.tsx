import { Kbd, Modal } from '@mantine/core';
import { Fragment } from 'react';
import { modifier } from '../design/keys.ts';
import { showShortcuts, useNavigation } from '../navigation/navigation-store.ts';
import classes from './shortcuts-dialog.module.css';

interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
}

const groups: readonly { readonly title: string; readonly shortcuts: readonly Shortcut[] }[] = [
  {
    title: 'Everywhere',
    shortcuts: [
      { keys: [`${modifier}+1…5`], does: 'Open a section' },
      { keys: ['/'], does: 'Search members' },
      { keys: [`${modifier}+U`], does: 'New upload' },
      { keys: [`${modifier}+Shift+S`], does: 'Sync now' },
      { keys: ['Esc'], does: 'Back out: close, cancel' },
      { keys: ['?'], does: 'This list' },
    ],
  },
  {
    title: 'In lists',
    shortcuts: [
      { keys: ['↑', '↓', '←', '→'], does: 'Move' },
      { keys: ['Home', 'End'], does: 'First, last' },
      { keys: ['PgUp', 'PgDn'], does: 'A page up, down' },
      { keys: ['Enter'], does: 'Open' },
      { keys: ['Shift+Space'], does: 'Select the member' },
      { keys: [`${modifier}+A`], does: 'Select all matching members' },
      { keys: ['A'], does: 'Assign credits to the member, or to the selected' },
      { keys: ['R'], does: 'Take credits back from the member' },
    ],
  },
  {
    title: 'Preparing an upload',
    shortcuts: [
      { keys: [`${modifier}+V`], does: 'Take rows copied from a table' },
      { keys: ['F2', 'Enter'], does: 'Edit the cell; typing replaces it' },
      { keys: ['F8', 'Shift+F8'], does: 'Next, previous error' },
      { keys: ['Delete'], does: 'Skip the row, or take it back in' },
      { keys: [`${modifier}+Z`], does: 'Undo' },
      { keys: [`${modifier}+Shift+Z`], does: 'Redo' },
    ],
  },
];

/** The keyboard map. */
export function ShortcutsDialog() {
  const opened = useNavigation((state) => state.shortcutsOpen);
  return (
    <Modal
      opened={opened}
      onClose={() => showShortcuts(false)}
      title="Keyboard shortcuts"
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes['groups']}>
        {groups.map((group) => (
          <section key={group.title}>
            <h3 className={classes['title']}>{group.title}</h3>
            <dl className={classes['list']}>
              {group.shortcuts.map((shortcut) => (
                <Fragment key={shortcut.does}>
                  <dt>
                    {shortcut.keys.map((key) => (
                      <Kbd key={key} size="xs">
                        {key}
                      </Kbd>
                    ))}
                  </dt>
                  <dd>{shortcut.does}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
