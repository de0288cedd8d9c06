import { formatCount, plural } from '../design/format.ts';
import type { Words } from './words.ts';

/** The server's reasons that may stand on a refused item or row, as its functions answer them. */
const refusalReasons = {
  member_not_found: {
    title: 'The member is no longer there',
    next: 'Check the e-mail address, or add the member with an upload.',
  },
  member_inactive: { title: 'The member is inactive', next: 'Reactivate the member first, then try again.' },
  invalid_credits: {
    title: 'The number of credits is not allowed',
    next: 'Use a whole number from 1 to 100,000.',
  },
  invalid_validity: {
    title: 'The validity is not allowed',
    next: 'Use 1 to 3,650 days, or an expiry date in the future.',
  },
  balance_too_large: {
    title: 'The balance cannot hold these credits',
    next: 'It is close to the largest number that the server stores. Ask the operator of the server.',
  },
  invalid_email: { title: 'The server does not accept this e-mail address', next: 'Correct the address.' },
  invalid_name: { title: 'The server does not accept this name', next: 'Correct or shorten the name.' },
  invalid_row: { title: 'The server could not use this row', next: 'Check every value of the row.' },
  row_damaged: {
    title: 'What this computer kept of this row was damaged',
    next: 'It is not sent as it stands; an earlier attempt may have got through. Look at the member’s credits before you correct the row and send it again.',
  },
  forgotten: {
    title: 'The server no longer has this row',
    next: 'It was confirmed before the server was put back from a backup. If its credits are still due, correct and send it again.',
  },
  request_id_reused: {
    title: 'The server knows this item with other content',
    next: 'Nothing was done twice. Discard it and enter it again.',
  },
} as const satisfies Record<string, Words>;

/**
 * Words for a refusal of the server. A reason that this version does not know keeps its code, so that it can be asked
 * about.
 *
 * @param shortfall credits that the balance lacked, when that was the reason
 */
export function refusalWords(reason: string, shortfall: number | null): Words {
  if (reason === 'insufficient_credits') {
    return {
      title: shortfall === null ? 'Not enough credits' : `${plural(shortfall, 'credit')} missing in the balance`,
      next:
        shortfall === null
          ? 'Buy more credits or assign fewer, then try again.'
          : `Add at least ${formatCount(shortfall)} to the balance or assign fewer, then try again.`,
    };
  }
  if (isKnown(reason)) return refusalReasons[reason];
  return { title: `The server refused this (${reason})`, next: 'Ask whoever set up your organisation.' };
}

function isKnown(reason: string): reason is keyof typeof refusalReasons {
  return Object.hasOwn(refusalReasons, reason);
}
