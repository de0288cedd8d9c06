import { Avatar, Kbd, Menu } from '@mantine/core';
import { IconChevronDown, IconKeyboard, IconLogout, IconSearch, IconSettings } from '@tabler/icons-react';
import type { Account } from '../../shared/contract/session.ts';
import { askSignOut, openSection, searchMembers, showShortcuts } from '../navigation/navigation-store.ts';
import classes from './shell.module.css';
import { SyncBadge } from './sync-badge.tsx';

/** Search, the state of the sync, and whose console this is. */
export function TopBar({ account }: { account: Account }) {
  const name = account.fullName || account.email;
  return (
    <header className={classes['top']}>
      <button type="button" className={classes['search']} aria-label="Search members" onClick={searchMembers}>
        <IconSearch size={16} aria-hidden />
        <span>Search members</span>
        <Kbd size="xs">/</Kbd>
      </button>
      <div className={classes['spacer']} />
      <SyncBadge />
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <button type="button" className={classes['account']}>
            <Avatar name={name} color="iris" size={28} radius="xl" aria-hidden />
            <span className="visually-hidden">Account:</span> <span className={classes['who']}>{name}</span>
            <IconChevronDown size={14} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{account.email}</Menu.Label>
          <Menu.Item leftSection={<IconSettings size={16} aria-hidden />} onClick={() => openSection('settings')}>
            Settings
          </Menu.Item>
          <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={() => showShortcuts(true)}>
            Keyboard shortcuts
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => askSignOut(true)}>
            Sign out…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}
