import type { Sql } from 'postgres';
import * as z from 'zod';
import { callFunction, demoPartner, partner } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { uploadRow } from './facts.ts';

const stageAnswer = z.strictObject({
  rows: z.array(
    z.strictObject({
      row: z.int(),
      outcome: z.enum(['staged', 'refused']),
      reason: z.string().nullable(),
      field: z.string().nullable(),
      replayed: z.boolean(),
    }),
  ),
  staged_total: z.int(),
  server_time: z.string(),
});
const commitAnswer = z.looseObject({ outcome: z.string(), balance: z.int(), replayed: z.boolean() });

type StageAnswer = z.infer<typeof stageAnswer>;
type CommitAnswer = z.infer<typeof commitAnswer>;

/** Stages and commits uploads of the current database, as the demo partner where no other is named. */
export function stagings(database: { sql(): Sql }): {
  readonly stage: (uploadId: string, rows: Argument, userId?: string) => Promise<StageAnswer>;
  readonly commit: (uploadId: string, userId?: string, sql?: Sql) => Promise<CommitAnswer>;
} {
  return {
    async stage(uploadId, rows, userId = demoPartner) {
      const args = { p_upload_id: uploadId, p_file_name: 'members.csv', p_rows: rows };
      return stageAnswer.parse(await callFunction(database.sql(), partner(userId), 'stage_member_upload', args));
    },
    async commit(uploadId, userId = demoPartner, sql = database.sql()) {
      return commitAnswer.parse(
        await callFunction(sql, partner(userId), 'commit_member_upload', { p_upload_id: uploadId }),
      );
    },
  };
}

/** Rows of members who are new, each with as many credits. */
export const newRows = (count: number, credits = 1): Record<string, string | number | boolean | null>[] =>
  Array.from({ length: count }, (_, index) => uploadRow(index + 1, `p${String(index)}@whole.example`, { credits }));
