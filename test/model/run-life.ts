import { addPartner, type Project, type SeededPartner } from './direct-server.ts';
import { drain, judge, lookAround } from './judge.ts';
import { newPerson, type Person, type Plant } from './person.ts';
import type { Life, Loss } from './steps.ts';
import { goOver, takeStep } from './take-step.ts';
import type { Template } from './template.ts';
import type { Asked, MemberStatus } from './wanted.ts';

export interface Place {
  readonly project: Project;
  readonly template: Template;
  /** For the folders of the consoles. */
  readonly folder: string;
}

/** What became of everything, the same on every project that keeps the contract. */
export interface Outcome {
  readonly outcomes: readonly string[];
  readonly balances: readonly number[];
}

/**
 * One life of a console with two partners of its own, from its first sign-in until everything has been sent. Throws with all that
 * was wrong, at the first step after which something was.
 */
export async function runLife(
  { project, template, folder }: Place,
  life: Life,
  plant: Plant = {},
  loss: Loss | null = null,
): Promise<Outcome> {
  const partners: [SeededPartner, ...SeededPartner[]] = [await addPartner(project.sql, life.balance)];
  if (life.steps.some((step) => step.do === 'switch_account'))
    partners.push(await addPartner(project.sql, life.balance));
  const person = await newPerson(project, template, partners, folder, plant);
  try {
    for (const partner of partners) enter(person, partner);
    const used = new Set([person.latest()]);
    await person.signIn(person.latest());
    complain(person, 'the first sign-in');
    for (const [place, step] of life.steps.entries()) {
      if (place === loss?.keptBefore) await person.keep();
      await takeStep(person, step, template.draftIds);
      used.add(person.latest());
      await lookAround(person);
      complain(person, `step ${String(place + 1)}, ${step.do}`);
      if (place !== loss?.lostAfter) continue;
      await person.loseLogs(loss.way);
      await goOver(person);
      await lookAround(person);
      complain(person, `the loss behind step ${String(place + 1)}`);
    }
    for (const partner of used) {
      await drain(person, partner);
      await lookAround(person);
      await judge(person, partner);
      complain(person, 'the end');
    }
    return {
      outcomes: [...person.wanted.asked.values()].flatMap((asked) => endsOf(person, asked)),
      balances: partners.map(({ userId }) => person.wanted.partnerOf(userId).balance),
    };
  } finally {
    await person.end();
  }
}

function enter(person: Person, { userId, balance, members }: SeededPartner): void {
  person.wanted.partners.set(userId, {
    balance,
    members: new Map(
      members.map(({ memberId, email, status }, place) => [
        email,
        {
          memberId,
          email,
          name: `Member ${String(place)}`,
          status: status as MemberStatus,
          credits: new Map<number, number>(),
        },
      ]),
    ),
    gone: new Set(),
    stray: new Map(),
  });
}

function complain(person: Person, when: string): void {
  const { objections } = person.wanted;
  if (objections.length > 0) throw new Error(`after ${when}: ${objections.join('\n')}`);
}

/** What became of an item; of an upload that is not sent as a whole, of each row. */
function endsOf({ wanted }: Person, { itemId, command, takenBack }: Asked): string[] {
  const outcome = wanted.outcomes.get(itemId) ?? (takenBack ? 'taken back' : 'waits');
  if (command.kind !== 'upload' || command.mode === 'all_or_nothing') return [`${command.kind} ${outcome}`];
  return command.rows.map(({ row }) => `upload row ${wanted.outcomes.get(`${itemId}/${String(row)}`) ?? 'waits'}`);
}
