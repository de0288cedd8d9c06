import type { Database } from '../remote/database-types.ts';

type Functions = Database['public']['Functions'];
type Requirement = { readonly [Name in keyof Functions]?: readonly (keyof Functions[Name]['Args'])[] };

/** The functions of the project that this version of the console calls, each with the arguments that it names. */
export const requiredFunctions = {
  assign_member_credits: ['p_request_id', 'p_member_id', 'p_credits', 'p_validity_days', 'p_note'],
  send_assignments: ['p_commands'],
  command_outcomes: ['p_request_ids'],
  upload_outcomes: ['p_id', 'p_first_row', 'p_last_row'],
  revoke_member_credits: ['p_request_id', 'p_member_id', 'p_credits', 'p_reason'],
  extend_member_credits: ['p_request_id', 'p_member_id', 'p_days'],
  set_member_status: ['p_request_id', 'p_member_id', 'p_status'],
  upload_members: ['p_upload_id', 'p_file_name', 'p_rows'],
  stage_member_upload: ['p_upload_id', 'p_file_name', 'p_rows'],
  commit_member_upload: ['p_upload_id'],
  list_member_uploads: ['p_limit', 'p_id', 'p_before'],
  undo_member_upload: ['p_request_id', 'p_upload_id', 'p_reason'],
  partner_changes: ['p_limit', 'p_cursor'],
  partner_digests: ['p_buckets', 'p_first', 'p_last'],
  partner_bucket_entries: [
    'p_buckets',
    'p_members',
    'p_allocations',
    'p_after_member',
    'p_after_allocation',
    'p_limit',
  ],
} as const satisfies Requirement;
