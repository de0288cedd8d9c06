import type { OpenDatabase } from '../cache/database.ts';
import { inSlices } from '../cache/in-slices.ts';
import { landRefused } from '../cache/land-command.ts';
import { dueCommands, hold, markSending, type OutboxRow } from '../cache/outbox.ts';
import { type MemberCommand, readCommand } from '../cache/outbox-payload.ts';
import { saveBalance } from '../cache/partner.ts';
import { mayBeSent } from '../cache/verify-outbox.ts';
import type { Failure } from '../remote/failure.ts';
import type { AssignmentRequest } from '../remote/partner-functions.ts';
import type { AssignmentsAnswer } from '../remote/sending-answers.ts';
import { type Landing, landingOf, readOutcome } from './command-landing.ts';
import type { SendDependencies } from './send-dependencies.ts';
import { sendCommand } from './send-command.ts';
import { faultCode, mayPassInParts, settleFailure } from './settle-failure.ts';

/** The server takes at most as many credits in one call. */
const MAX_CREDITS_PER_CALL = 100_000;
/** The server tells of at most as many ids in one call. */
const MOST_ASKED = 1_000;

/** An item with what it stands for. */
interface Due {
  readonly item: OutboxRow;
  readonly command: MemberCommand;
}

/** What is written of one item. */
interface Landed {
  readonly item: OutboxRow;
  readonly land: Landing;
}

const wrongShape: Failure = {
  kind: 'unavailable',
  error: 'wrong_shape',
  afterMs: null,
  mayHaveActed: true,
  tooSlow: false,
};

/**
 * Does the next step for commands on members: asks by their ids what became of those in doubt, and sends what the server does
 * not know; or else sends what is due, assignments of many members in one call. Every item keeps its own id and gets its own receipt.
 * Answers the failure that concerns more than single items, or null.
 */
export async function sendCommands(database: OpenDatabase, dependencies: SendDependencies): Promise<Failure | null> {
  const { clock, batchSize } = dependencies;
  const due = dueCommands(database, batchSize.rows(), clock.now()).flatMap((item) =>
    readDue(database, item, dependencies),
  );
  if (due.every(isFresh)) return send(database, due, dependencies);
  const inDoubt = dueCommands(database, MOST_ASKED, clock.now())
    .flatMap((item) => readDue(database, item, dependencies))
    .filter((it) => !isFresh(it));
  const asked = await ask(database, inDoubt, dependencies);
  if ('failure' in asked) return asked.failure;
  // What is not recorded may still be on its way: it is sent again under its own id, and has one effect.
  return send(database, asked.unknown.slice(0, batchSize.rows()), dependencies);
}

const isFresh = ({ item }: Due): boolean => item.state === 'queued';

/** What this version cannot read is held, not sent. */
function readDue(database: OpenDatabase, item: OutboxRow, { clock, announce }: SendDependencies): Due[] {
  if (!mayBeSent(database, item, clock.now())) {
    announce('outbox');
    return [];
  }
  const command = readCommand(item);
  if (command !== null) return [{ item, command }];
  hold(database, item.item_id, 'newer_version', clock.now());
  announce('outbox');
  return [];
}

/** The items whose fate the server does not know; those that it knows are settled. */
async function ask(
  database: OpenDatabase,
  inDoubt: readonly Due[],
  dependencies: SendDependencies,
): Promise<{ readonly unknown: readonly Due[] } | { readonly failure: Failure | null }> {
  const answer = await dependencies.functions.outcomes(inDoubt.map(({ item }) => item.item_id));
  if (!database.isOpen) return { failure: null };
  if (!answer.ok) {
    const { failure } = answer;
    // One that cannot answer this question can still be sent the command again.
    if (failure.kind === 'outdated' || failure.kind === 'refused' || faultCode(failure) === 'wrong_shape') {
      return { unknown: inDoubt };
    }
    return { failure: await settleAll(database, inDoubt, failure, dependencies) };
  }
  const recorded = new Map(answer.value.answers.map((outcome) => [outcome.request_id, outcome]));
  const landed: Landed[] = [];
  const unknown: Due[] = [];
  for (const { item, command } of inDoubt) {
    const outcome = recorded.get(item.item_id);
    const land = outcome === undefined ? null : readOutcome(command, outcome);
    if (land === null) unknown.push({ item, command });
    else landed.push({ item, land });
  }
  await landAll(database, landed, answer.value.balance, dependencies);
  return database.isOpen ? { unknown } : { failure: null };
}

async function send(
  database: OpenDatabase,
  due: readonly Due[],
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const [first] = due;
  if (first === undefined) return null;
  const batch = first.command.kind === 'assign_member_credits' ? withinLimits(due) : [];
  if (batch.length > 1) return sendBatch(database, batch, dependencies);
  return sendCommand(database, first.item, first.command, dependencies);
}

type DueAssignment = Due & { readonly request: AssignmentRequest };

/** The assignments among them, as many as give no more credits than one call may. */
function withinLimits(due: readonly Due[]): DueAssignment[] {
  let credits = 0;
  return due.flatMap(({ item, command }) => {
    if (command.kind !== 'assign_member_credits' || credits + command.payload.credits > MAX_CREDITS_PER_CALL) return [];
    credits += command.payload.credits;
    const { memberId, validityDays, note } = command.payload;
    return [
      {
        item,
        command,
        request: { requestId: item.item_id, memberId, credits: command.payload.credits, validityDays, note },
      },
    ];
  });
}

async function sendBatch(
  database: OpenDatabase,
  batch: readonly DueAssignment[],
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const { clock, functions, announce, batchSize } = dependencies;
  const startedAt = clock.now();
  markSending(
    database,
    batch.map(({ item }) => item.item_id),
    startedAt,
  );
  announce('outbox');
  const answer = await functions.assignBatch(batch.map(({ request }) => request));
  // Closed meanwhile: the next start finds the items in doubt and asks for them.
  if (!database.isOpen) return null;
  if (!answer.ok) {
    const failure = ofAll(answer.failure);
    if (mayPassInParts(failure)) batchSize.tooSlow(batch.length);
    return settleAll(database, batch, failure, dependencies);
  }
  batchSize.answered(batch.length, clock.now() - startedAt);
  const landed = landings(batch, answer.value);
  // An answer that leaves out a command, or brings a foreign one, is not believed at all: all stay in doubt.
  if (landed === null) return settleAll(database, batch, wrongShape, dependencies);
  await landAll(database, landed, answer.value.balance, dependencies);
  return null;
}

function landings(batch: readonly DueAssignment[], { answers }: AssignmentsAnswer): Landed[] | null {
  const byId = new Map(answers.map((answer) => [answer.request_id, answer]));
  if (answers.length !== batch.length) return null;
  const landed: Landed[] = [];
  for (const { item, command } of batch) {
    const answer = byId.get(item.item_id);
    if (answer === undefined || command.kind !== 'assign_member_credits') return null;
    const land: Landing =
      'error' in answer
        ? (write, itemId, now) => landRefused(write, itemId, { reason: answer.error, shortfall: null }, null, now)
        : landingOf.assigned(command.payload, answer, false);
    landed.push({ item, land });
  }
  return landed;
}

/**
 * Writes what the server answered, in transactions so short that nobody waits for them; a crash in between leaves the rest in doubt,
 * to be asked for again. `balance` is that of after all of them: what is left is shown too small for a moment, never too large.
 */
async function landAll(
  database: OpenDatabase,
  landed: readonly Landed[],
  balance: number,
  { clock, announce }: SendDependencies,
): Promise<void> {
  const waiting = landed.values();
  const now = clock.now();
  let isBalanceSaved = false;
  const writeNext = (): boolean => {
    const next = waiting.next();
    if (next.done === true) return false;
    if (!isBalanceSaved) saveBalance(database, balance, now);
    isBalanceSaved = true;
    next.value.land(database, next.value.item.item_id, now);
    return true;
  };
  await inSlices(database, writeNext, {
    onSlice: () => announce('outbox', 'partner', 'members', 'allocations'),
  });
}

/** Each by itself: a crash in between leaves the rest in doubt, as before. */
async function settleAll(
  database: OpenDatabase,
  due: readonly Due[],
  failure: Failure,
  { clock, random, announce }: SendDependencies,
): Promise<Failure | null> {
  const now = clock.now();
  const waiting = due.values();
  let lasting: Failure | null = null;
  await inSlices(database, () => {
    const next = waiting.next();
    if (next.done === true) return false;
    lasting = settleFailure(database, next.value.item, null, failure, now, random) ?? lasting;
    return true;
  });
  announce('outbox', 'partner', 'members');
  return lasting;
}

/** A call that was refused as a whole says nothing about the single commands in it: they go again, fewer at a time, in the end alone. */
function ofAll(failure: Failure): Failure {
  if (failure.kind !== 'refused') return failure;
  return { kind: 'unavailable', error: failure.reason, afterMs: null, mayHaveActed: false, tooSlow: true };
}
