import { createConsole } from './0001-create-console.ts';
import { rememberRetriedRows } from './0002-remember-retried-rows.ts';
import { tellKindsApart } from './0003-tell-kinds-apart.ts';
import { groupChanges } from './0005-group-changes.ts';
import { chooseUploadMode } from './0006-choose-upload-mode.ts';
import { chooseSheet } from './0007-choose-sheet.ts';
import { rememberColumns } from './0008-remember-columns.ts';
import { guardOutbox } from './0009-guard-outbox.ts';
import { moreCommands } from './0010-more-commands.ts';
import { compareMembers } from './0011-compare-members.ts';
import { syncHistory } from './0012-sync-history.ts';
import { keepOwnDomain } from './0014-keep-own-domain.ts';
import { sealRows } from './0015-seal-rows.ts';
import { knowSentRows } from './0016-know-sent-rows.ts';
import { findUntakenRows } from './0017-find-untaken-rows.ts';
import { outliveDamagedIssues } from './0018-outlive-damaged-issues.ts';

/**
 * In order; the position (from 1) is the `user_version` a database has after it. Append-only: a migration that has been
 * delivered is never edited.
 */
export const migrations: readonly string[] = [
  createConsole,
  rememberRetriedRows,
  tellKindsApart,
  groupChanges,
  chooseSheet,
  rememberColumns,
  chooseUploadMode,
  syncHistory,
  moreCommands,
  compareMembers,
  guardOutbox,
  keepOwnDomain,
  sealRows,
  knowSentRows,
  findUntakenRows,
  outliveDamagedIssues,
];
