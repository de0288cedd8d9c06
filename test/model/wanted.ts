/**
 * What a server has to do with what it is asked, said a second time and as simply as possible: the oracle of the model. It hears
 * of every request at the moment in which it reaches the server, and objects to those that nobody asked for.
 */

export type MemberStatus = 'active' | 'inactive' | 'invited';

/** What a person asked for, and was told is queued. */
export type Command =
  | { readonly kind: 'assign'; readonly memberId: string; readonly credits: number; readonly days: number }
  | { readonly kind: 'revoke'; readonly memberId: string; readonly credits: number }
  | { readonly kind: 'extend'; readonly memberId: string; readonly days: number }
  | { readonly kind: 'status'; readonly memberId: string; readonly status: MemberStatus }
  | {
      readonly kind: 'upload';
      readonly draftId: string;
      readonly mode: 'valid_only' | 'all_or_nothing';
      readonly rows: readonly Row[];
    };

export interface Row {
  readonly row: number;
  readonly email: string;
  readonly name: string | null;
  readonly credits: number;
}

export interface Asked {
  readonly itemId: string;
  readonly owner: string;
  readonly command: Command;
  /** Discarded, or replaced by another: it may have no effect any more. */
  takenBack: boolean;
}

export interface WantedMember {
  /** Null until somebody has seen a member that an upload added. */
  memberId: string | null;
  readonly email: string;
  name: string;
  status: MemberStatus;
  /** Credits that are left, by the days of their validity when given, extensions included. */
  credits: Map<number, number>;
}

export interface WantedPartner {
  balance: number;
  /** By e-mail. */
  readonly members: Map<string, WantedMember>;
  /** Ids of members that were removed. */
  readonly gone: Set<string>;
  /** What they had left, by e-mail: whoever is added with it again has it. */
  readonly stray: Map<string, Map<number, number>>;
}

/** The validity of a row that names none. */
const UPLOAD_DAYS = 90;

export interface Wanted {
  /** In the order in which they were queued. */
  readonly asked: Map<string, Asked>;
  readonly partners: Map<string, WantedPartner>;
  /** Throws for somebody who is in no model. */
  partnerOf(userId: string): WantedPartner;
  /** Credits that a person typed over in a draft, by `user/draft/row`. */
  readonly edits: Map<string, string>;
  /** Whose database has lost the end of its log: it need not know any more what was decided. */
  readonly lossy: Set<string>;
  /** The server's decisions: by item, and of the rows of an upload by `item/row`. */
  readonly outcomes: Map<string, string>;
  readonly objections: string[];
  /** A request of this user's token has reached the server. */
  received(userId: string, name: string, args: Readonly<Record<string, unknown>>): void;
  /** What another admin does, at once. */
  elsewhere(userId: string, command: Exclude<Command, { kind: 'upload' }>): string;
}

/** A model without partners. */
export function newWanted(): Wanted {
  const asked = new Map<string, Asked>();
  const partners = new Map<string, WantedPartner>();
  const outcomes = new Map<string, string>();
  const objections: string[] = [];
  const lossy = new Set<string>();

  function partnerOf(userId: string): WantedPartner {
    const partner = partners.get(userId);
    if (partner === undefined) throw new Error('a request of somebody who is in no model');
    return partner;
  }

  /** The item that a request stands for; undefined, with an objection, where nobody asked for this. */
  function check(
    userId: string,
    itemId: unknown,
    command: Exclude<Command, { kind: 'upload' }> | null,
  ): Asked | undefined {
    const item = asked.get(String(itemId));
    const object = (what: string): undefined =>
      void objections.push(`${what}: ${String(itemId)} ${JSON.stringify(command)}`);
    if (item === undefined) return object('sent, and nobody asked for it');
    if (item.owner !== userId) return object('sent under another account');
    if (command !== null && !isSame(item.command, command)) return object('sent with another content');
    if (outcomes.has(item.itemId)) return item;
    if (item.takenBack) return object('sent after it was taken back');
    // What is found again comes behind what was queued since.
    if (command !== null && !lossy.has(userId)) {
      for (const earlier of asked.values()) {
        if (earlier === item) break;
        if (earlier.command.kind === 'upload' || earlier.takenBack || earlier.owner !== userId) continue;
        if (earlier.command.memberId === command.memberId && !outcomes.has(earlier.itemId))
          object('sent before an earlier one');
      }
    }
    return item;
  }

  function single(userId: string, itemId: unknown, command: Exclude<Command, { kind: 'upload' }>): void {
    const item = check(userId, itemId, command);
    if (item !== undefined && !outcomes.has(item.itemId)) outcomes.set(item.itemId, decide(partnerOf(userId), command));
  }

  function rowsOf(userId: string, uploadId: unknown, sent: unknown): Row[] {
    const item = check(userId, uploadId, null);
    if (item?.command.kind !== 'upload') return [];
    const { rows } = item.command;
    return (sent as readonly Readonly<Record<string, unknown>>[]).flatMap((row) => {
      const wanted = rows.find((it) => it.row === row['row']);
      if (
        wanted !== undefined &&
        wanted.email === row['email'] &&
        wanted.name === row['first_name'] &&
        wanted.credits === (row['credits'] ?? 0)
      ) {
        return wanted;
      }
      objections.push(`another row was sent: ${JSON.stringify(row)}`);
      return [];
    });
  }

  const staged = new Map<string, Map<number, Row>>();

  return {
    asked,
    partners,
    partnerOf,
    edits: new Map(),
    lossy,
    outcomes,
    objections,
    elsewhere: (userId, command) => decide(partnerOf(userId), command),
    received(userId, name, args) {
      const memberId = String(args['p_member_id']);
      const credits = Number(args['p_credits']);
      const id = args['p_request_id'];
      switch (name) {
        case 'assign_member_credits':
          return single(userId, id, { kind: 'assign', memberId, credits, days: Number(args['p_validity_days']) });
        case 'revoke_member_credits':
          return single(userId, id, { kind: 'revoke', memberId, credits });
        case 'extend_member_credits':
          return single(userId, id, { kind: 'extend', memberId, days: Number(args['p_days']) });
        case 'set_member_status':
          return single(userId, id, { kind: 'status', memberId, status: args['p_status'] as MemberStatus });
        case 'send_assignments':
          for (const sent of args['p_commands'] as readonly Readonly<Record<string, unknown>>[]) {
            single(userId, sent['request_id'], {
              kind: 'assign',
              memberId: String(sent['member_id']),
              credits: Number(sent['credits']),
              days: Number(sent['validity_days']),
            });
          }
          return undefined;
        case 'upload_members':
          return uploadRows(
            partnerOf(userId),
            outcomes,
            String(args['p_upload_id']),
            rowsOf(userId, args['p_upload_id'], args['p_rows']),
          );
        case 'stage_member_upload': {
          const uploadId = String(args['p_upload_id']);
          const kept = staged.get(uploadId) ?? new Map<number, Row>();
          for (const row of rowsOf(userId, uploadId, args['p_rows'])) kept.set(row.row, row);
          staged.set(uploadId, kept);
          return undefined;
        }
        case 'commit_member_upload': {
          const uploadId = String(args['p_upload_id']);
          const rows = [...(staged.get(uploadId)?.values() ?? [])];
          if (check(userId, uploadId, null) === undefined || outcomes.has(uploadId) || rows.length === 0)
            return undefined;
          outcomes.set(uploadId, commitRows(partnerOf(userId), outcomes, uploadId, rows));
          return undefined;
        }
        default:
          // It reads.
          return undefined;
      }
    },
  };
}

/** Whether the server has decided on an item, or on any row of it: one that has lost its log may not know of it any more. */
export function isForgiven({ lossy, outcomes }: Wanted, { itemId, owner }: Asked): boolean {
  return lossy.has(owner) && [...outcomes.keys()].some((key) => key === itemId || key.startsWith(`${itemId}/`));
}

function isSame(one: Command, other: Command): boolean {
  const [theOne, theOther] = [new Map(Object.entries(one)), Object.entries(other)];
  return theOne.size === theOther.length && theOther.every(([key, value]) => theOne.get(key) === value);
}

/** How many credits a member has left. */
function left(member: WantedMember): number {
  return [...member.credits.values()].reduce((sum, count) => sum + count, 0);
}

function give(member: WantedMember, credits: number, days: number): void {
  member.credits.set(days, (member.credits.get(days) ?? 0) + credits);
}

function decide(partner: WantedPartner, command: Exclude<Command, { kind: 'upload' }>): string {
  const member = [...partner.members.values()].find((it) => it.memberId === command.memberId);
  if (member === undefined) return 'member_not_found';
  switch (command.kind) {
    case 'assign':
      if (member.status === 'inactive') return 'member_inactive';
      if (partner.balance < command.credits) return 'insufficient_credits';
      partner.balance -= command.credits;
      give(member, command.credits, command.days);
      return 'done';
    case 'revoke': {
      if (left(member) < command.credits) return 'insufficient_unspent';
      partner.balance += command.credits;
      let open = command.credits;
      for (const [days, count] of [...member.credits].toSorted(([a], [b]) => b - a)) {
        const taken = Math.min(open, count);
        open -= taken;
        if (taken === count) member.credits.delete(days);
        else member.credits.set(days, count - taken);
      }
      return 'done';
    }
    case 'extend':
      if (member.status === 'inactive') return 'member_inactive';
      if (left(member) === 0) return 'no_unspent_credits';
      member.credits = new Map([...member.credits].map(([days, count]) => [days + command.days, count]));
      return 'done';
    case 'status':
      member.status = command.status;
      return 'done';
  }
}

/** What was given to an e-mail before it became a member's (again) is the new member's. */
export function takeStray(partner: WantedPartner, email: string): Map<number, number> {
  const credits = partner.stray.get(email) ?? new Map<number, number>();
  partner.stray.delete(email);
  return credits;
}

function takeRow(partner: WantedPartner, row: Row): void {
  const known = partner.members.get(row.email);
  const member = known ?? {
    memberId: null,
    email: row.email,
    name: '',
    status: 'active',
    credits: takeStray(partner, row.email),
  };
  partner.members.set(row.email, member);
  member.name = row.name ?? member.name;
  partner.balance -= row.credits;
  if (row.credits > 0) give(member, row.credits, UPLOAD_DAYS);
}

function whyNot(partner: WantedPartner, row: Row): 'member_inactive' | null {
  return row.credits > 0 && partner.members.get(row.email)?.status === 'inactive' ? 'member_inactive' : null;
}

function uploadRows(
  partner: WantedPartner,
  outcomes: Map<string, string>,
  uploadId: string,
  rows: readonly Row[],
): void {
  for (const row of rows) {
    const place = `${uploadId}/${String(row.row)}`;
    if (outcomes.has(place)) continue;
    const why = whyNot(partner, row);
    if (why === null && row.credits > partner.balance) {
      // The rows behind it are not looked at, and may be sent again.
      outcomes.set(place, 'insufficient_credits');
      return;
    }
    if (why === null) takeRow(partner, row);
    outcomes.set(place, why ?? 'done');
  }
}

function commitRows(
  partner: WantedPartner,
  outcomes: Map<string, string>,
  uploadId: string,
  rows: readonly Row[],
): string {
  if (rows.some((row) => whyNot(partner, row) !== null)) return 'rows_refused';
  if (rows.reduce((sum, row) => sum + row.credits, 0) > partner.balance) return 'insufficient_credits';
  for (const row of rows.toSorted((a, b) => a.row - b.row)) {
    takeRow(partner, row);
    outcomes.set(`${uploadId}/${String(row.row)}`, 'done');
  }
  return 'done';
}
