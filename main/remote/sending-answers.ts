import * as z from 'zod';
import { assignAnswer, serverInstant, uploadAnswer } from './wire.ts';

/**
 * The JSON that the functions answer which send many commands and tell what became of some, as `supabase/migrations` defines it.
 */

const integer = z.number().int();

/** `send_assignments(p_commands)`: an answer a command, as a single assignment has it, or why it was not decided. */
export const assignmentsAnswer = z.object({
  answers: z.array(
    z.union([
      z.object({ request_id: z.guid(), error: z.string() }),
      z.intersection(z.object({ request_id: z.guid() }), assignAnswer),
    ]),
  ),
  balance: integer,
  server_time: serverInstant,
});
export type AssignmentsAnswer = z.infer<typeof assignmentsAnswer>;

const recordedOutcome = z.looseObject({ request_id: z.guid(), command: z.string() });
export type RecordedOutcome = z.infer<typeof recordedOutcome>;

/** `command_outcomes(p_request_ids)`: recorded answers of any command; what each says is read by its own schema. */
export const outcomesAnswer = z.object({
  answers: z.array(recordedOutcome),
  balance: integer,
  server_time: serverInstant,
});
export type OutcomesAnswer = z.infer<typeof outcomesAnswer>;

/** `upload_outcomes(p_id, p_first_row, p_last_row)`: rows that have a receipt, as sending them again would answer them. */
export const uploadOutcomesAnswer = uploadAnswer;
export type UploadOutcomesAnswer = z.infer<typeof uploadOutcomesAnswer>;
