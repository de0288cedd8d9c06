import * as fc from 'fast-check';
import type { WayState } from './way.ts';

/** What a person does with a member. */
export type OnMember =
  | { readonly do: 'assign'; readonly who: number; readonly credits: number; readonly days: number }
  | { readonly do: 'revoke'; readonly who: number; readonly credits: number }
  | { readonly do: 'extend'; readonly who: number; readonly days: number }
  | { readonly do: 'set_status'; readonly who: number; readonly isActive: boolean };

/** With an item of the outbox. */
export type OnItem =
  | { readonly do: 'edit_item'; readonly item: number; readonly credits: number }
  | { readonly do: 'retry_item'; readonly item: number }
  | { readonly do: 'discard_item'; readonly item: number };

/** With a file that was read. */
export type OnDraft =
  | { readonly do: 'edit_row'; readonly draft: number; readonly row: number; readonly credits: number }
  | { readonly do: 'skip_row'; readonly draft: number; readonly row: number; readonly skipped: boolean }
  | { readonly do: 'upload'; readonly draft: number; readonly whole: boolean };

export type OnSync =
  | { readonly do: 'pause' }
  | { readonly do: 'resume' }
  | { readonly do: 'pull' }
  | { readonly do: 'compare' };

/** What somebody does in an open account. */
export type Here =
  | OnMember
  | OnItem
  | OnDraft
  | OnSync
  | { readonly do: 'assign_many'; readonly from: number; readonly credits: number };

/** What happens whoever's account is open, or nobody's. */
export type OfComputer =
  | { readonly do: 'crash' | 'restart' | 'sign_in' | 'switch_account' }
  | { readonly do: 'sign_out'; readonly clearCache: boolean }
  | { readonly do: 'wait'; readonly seconds: number };

/** One thing that happens to a console, in the words of a person. Numbers choose among what there is at that moment. */
export type Step =
  | Here
  | OfComputer
  | { readonly do: 'way'; readonly is: WayState }
  | { readonly do: 'elsewhere'; readonly what: Elsewhere; readonly who: number; readonly credits: number };

/** What another admin, or the shop, does on the server meanwhile. */
export type Elsewhere = 'assign' | 'revoke' | 'deactivate' | 'activate' | 'remove' | 'add' | 'buy';

const who = fc.nat(6);
const credits = fc.integer({ min: 1, max: 12 });
const draft = fc.nat(1);
const row = fc.integer({ min: 1, max: 4 });
const item = fc.nat(9);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('assign'), who, credits, days: fc.constantFrom(30, 60) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('assign_many'), from: who, credits }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('revoke'), who, credits: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('extend'), who, days: fc.constantFrom(10, 20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('set_status'), who, isActive: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit_row'), draft, row, credits }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skip_row'), draft, row, skipped: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('upload'), draft, whole: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('edit_item'), item, credits }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retry_item'), item }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('discard_item'), item }) },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ do: 'pull' }, { do: 'crash' }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>(
      { do: 'pause' },
      { do: 'resume' },
      { do: 'compare' },
      { do: 'crash' },
      { do: 'restart' },
      { do: 'sign_in' },
    ),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('switch_account') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sign_out'), clearCache: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.constantFrom(1, 5, 61) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('way'), is: fc.constantFrom<WayState>('offline', 'lost', 'hang_after') }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('way'),
      is: fc.constantFrom<WayState>('online', 'cut', 'hang_before', 'busy', 'html', 'expired'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('elsewhere'),
      what: fc.constantFrom<Elsewhere>('assign', 'revoke', 'deactivate', 'activate', 'remove', 'add', 'buy'),
      who,
      credits,
    }),
  },
);

/** A life of a console; one in four begins with a balance that does not last. */
export const life = fc.record({
  balance: fc.constantFrom(15, 200, 200, 200),
  steps: fc.array(step, { minLength: 3, maxLength: 9, size: 'max' }),
});
export interface Life {
  readonly balance: number;
  readonly steps: readonly Step[];
}

/** The steps between which the ends of all logs are lost, as numbers from 0; nothing is where there are fewer. */
export interface Loss {
  readonly keptBefore: number;
  readonly lostAfter: number;
  /** How the way is when the console is there again. */
  readonly way: WayState;
}
export const loss: fc.Arbitrary<Loss> = fc
  .record({ keptBefore: fc.nat(3), steps: fc.nat(3), way: fc.constantFrom<WayState>('online', 'offline') })
  .map(({ keptBefore, steps, way }) => ({ keptBefore, lostAfter: keptBefore + steps, way }));

const onItem = fc.oneof(
  fc.record({ do: fc.constant('edit_item'), item, credits }),
  fc.record({ do: fc.constant('discard_item'), item }),
);

/** Begins with a command that waits, which is decided on or sent with a way that comes and goes. */
export const lossyLife: fc.Arbitrary<Life> = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: onItem },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('way'),
          is: fc.constantFrom<WayState>('online', 'offline', 'lost', 'hang_after'),
        }),
      },
      { weight: 3, arbitrary: step },
    ),
    { minLength: 4, maxLength: 8, size: 'max' },
  )
  .map((steps) => ({
    balance: 200,
    steps: [{ do: 'way', is: 'offline' }, { do: 'assign', who: 0, credits: 3, days: 30 }, ...steps],
  }));
