import type { Clock, Log } from '../platform/platform.ts';
import type { Answer } from '../remote/failure.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';
import type { RoundRecorder, RoundTally } from './round-recorder.ts';
import { faultCode } from './settle-failure.ts';

/** What is known of a request before its answer is here. */
interface Asked {
  readonly call: string;
  /** Number of the command, so that one can be followed from the screen through this log to the server's. */
  readonly item?: string;
  readonly rows?: number;
}

/**
 * The same functions, with a line in the log for each call and what it did in the history of rounds. The line carries numbers and
 * codes, never what was sent or answered.
 */
export function observeFunctions(
  functions: PartnerFunctions,
  rounds: RoundRecorder,
  clock: Clock,
  log: Log,
): PartnerFunctions {
  async function watched<T>(
    asked: Asked,
    answering: Promise<Answer<T>>,
    tallyOf: (value: T) => RoundTally & { readonly outcome?: string },
  ): Promise<Answer<T>> {
    const startedAt = clock.now();
    const sent = asked.rows ?? (asked.item === undefined ? 0 : 1);
    rounds.count({ sent });
    const answer = await answering;
    const milliseconds = Math.max(0, Math.round(clock.now() - startedAt));
    if (answer.ok) {
      const { outcome = 'answered', ...tally } = tallyOf(answer.value);
      rounds.count(tally);
      log('info', 'server_call', { ...asked, milliseconds, outcome });
    } else {
      const { failure } = answer;
      log('warn', 'server_call', { ...asked, milliseconds, outcome: failure.kind, fault: faultCode(failure) });
    }
    return answer;
  }

  return {
    ...functions,
    assign: (item, command) => watched({ call: 'assign', item }, functions.assign(item, command), settled('assigned')),
    assignBatch: (commands) =>
      watched({ call: 'assign_batch', rows: commands.length }, functions.assignBatch(commands), ({ answers }) => {
        for (const answer of answers) {
          const said = 'error' in answer ? { fault: answer.error } : { outcome: answer.outcome };
          log('info', 'command_answered', { item: answer.request_id, ...said });
        }
        const confirmed = answers.filter((answer) => 'outcome' in answer && answer.outcome === 'assigned').length;
        return { confirmed, refused: answers.length - confirmed };
      }),
    // Nothing is sent by asking; what it settles was sent before.
    outcomes: (ids) =>
      watched({ call: 'outcomes', rows: 0 }, functions.outcomes(ids), ({ answers }) => {
        for (const { request_id: item } of answers) log('info', 'command_answered', { item, outcome: 'recorded' });
        return {};
      }),
    uploadOutcomes: (item, rows) =>
      watched({ call: 'upload_outcomes', item, rows: 0 }, functions.uploadOutcomes(item, rows), () => ({})),
    revoke: (item, command) => watched({ call: 'revoke', item }, functions.revoke(item, command), settled('revoked')),
    extend: (item, command) => watched({ call: 'extend', item }, functions.extend(item, command), settled('extended')),
    setStatus: (item, command) =>
      watched({ call: 'status', item }, functions.setStatus(item, command), settled('updated', 'unchanged')),
    upload: (item, fileName, rows) =>
      watched({ call: 'upload', item, rows: rows.length }, functions.upload(item, fileName, rows), (answer) => ({
        confirmed: answer.rows.filter((row) => row.outcome !== 'refused' && row.outcome !== 'not_attempted').length,
        refused: answer.rows.filter((row) => row.outcome === 'refused').length,
      })),
    stageUpload: (item, fileName, rows) =>
      watched({ call: 'stage', item, rows: rows.length }, functions.stageUpload(item, fileName, rows), () => ({})),
    commitUpload: (item) =>
      watched({ call: 'commit', item, rows: 0 }, functions.commitUpload(item), (answer) => ({
        outcome: answer.outcome,
        ...(answer.outcome === 'committed' ? { confirmed: answer.rows } : {}),
        ...(answer.outcome === 'rows_refused' ? { refused: answer.refused_total } : {}),
      })),
    changes: (cursor, limit) =>
      watched({ call: 'changes' }, functions.changes(cursor, limit), (answer) => ({
        pulledMembers: answer.members.length,
        pulledAllocations: answer.allocations.length,
        removedMembers: answer.removed_members.length,
      })),
    digests: (buckets, range) => watched({ call: 'digests' }, functions.digests(buckets, range), () => ({})),
    bucketEntries: (wanted, limit) =>
      watched({ call: 'bucket_entries' }, functions.bucketEntries(wanted, limit), (answer) => ({
        pulledMembers: answer.members.length,
        pulledAllocations: answer.allocations.length,
      })),
  };
}

/** The tally of a command on one member, which these outcomes confirm and every other one refuses. */
function settled(
  ...confirming: readonly string[]
): (answer: { readonly outcome: string }) => RoundTally & { outcome: string } {
  return ({ outcome }) => ({ outcome, ...(confirming.includes(outcome) ? { confirmed: 1 } : { refused: 1 }) });
}
