import { uploadRow } from '../database/facts.ts';
import type { Call } from './call.ts';
import type { Random } from './random.ts';

/** What the workers know of the partners; members as they stood when the round began. */
export interface World {
  readonly partnerIds: readonly string[];
  readonly members: ReadonlyMap<string, readonly { readonly id: string; readonly email: string }[]>;
  /** Uploads that were sent or staged, by partner. */
  readonly uploaded: Map<string, string[]>;
  /** Uploads that are staged, by partner. */
  readonly staged: Map<string, string[]>;
}

/** E-mails that uploads, allocations and the outside writer share, so that they meet. */
export const randomEmail = (random: Random): string => `soak${String(random.integer(1, 120))}@soak.example`;

type Draw = (random: Random, world: World, partnerId: string) => Call['args'];

/** Mostly a member of the partner; sometimes one of another partner, or one that is nowhere. */
function memberId(random: Random, world: World, partnerId: string): string {
  const owner = random.oneIn(40) ? random.pick(world.partnerIds) : partnerId;
  const members = world.members.get(owner) ?? [];
  return members.length === 0 || random.oneIn(60) ? random.uuid() : random.pick(members).id;
}

function rows(random: Random): ReturnType<typeof uploadRow>[] {
  return Array.from({ length: random.integer(1, 10) }, (_, index) =>
    uploadRow(index + 1, random.oneIn(40) ? 'no e-mail' : randomEmail(random), {
      first_name: random.oneIn(2) ? null : `Name ${String(random.integer(1, 5))}`,
      credits: random.integer(0, 3),
      validity_days: random.pick([null, 30, 90, 365]),
    }),
  );
}

/** Few different lifetimes: each is a group of its own in what the feed says of a member. */
const days = (random: Random): number => (random.oneIn(50) ? 0 : random.pick([30, 90, 365]));
const credits = (random: Random): number => (random.oneIn(50) ? 0 : random.integer(1, 6));

const draws: Readonly<Record<string, { readonly weight: number; readonly draw: Draw }>> = {
  assign_member_credits: {
    weight: 24,
    draw: (random, world, partnerId) => ({
      p_request_id: random.uuid(),
      p_member_id: memberId(random, world, partnerId),
      p_credits: credits(random),
      p_validity_days: days(random),
    }),
  },
  assign_credits_to_members: {
    weight: 8,
    draw: (random, world, partnerId) => ({
      p_request_id: random.uuid(),
      p_member_ids: [
        ...new Set(Array.from({ length: random.integer(1, 12) }, () => memberId(random, world, partnerId))),
      ],
      p_credits: random.integer(1, 2),
      p_validity_days: days(random),
    }),
  },
  send_assignments: {
    weight: 8,
    draw: (random, world, partnerId) => ({
      // One member may be named by several of them.
      p_commands: Array.from({ length: random.integer(1, 8) }, () => ({
        request_id: random.uuid(),
        member_id: memberId(random, world, partnerId),
        credits: random.oneIn(50) ? null : credits(random),
        validity_days: days(random),
        note: random.oneIn(3) ? 'soak' : null,
      })),
    }),
  },
  revoke_member_credits: {
    weight: 12,
    draw: (random, world, partnerId) => ({
      p_request_id: random.uuid(),
      p_member_id: memberId(random, world, partnerId),
      p_credits: credits(random),
      p_reason: 'soak',
    }),
  },
  extend_member_credits: {
    weight: 4,
    draw: (random, world, partnerId) => ({
      p_request_id: random.uuid(),
      p_member_id: memberId(random, world, partnerId),
      p_days: days(random),
    }),
  },
  set_member_status: {
    weight: 5,
    draw: (random, world, partnerId) => ({
      p_request_id: random.uuid(),
      p_member_id: memberId(random, world, partnerId),
      p_status: random.pick(['active', 'active', 'active', 'inactive', 'nonsense']),
    }),
  },
  update_member: {
    weight: 5,
    draw: (random, world, partnerId) => ({
      p_request_id: random.uuid(),
      p_member_id: memberId(random, world, partnerId),
      p_first_name: random.oneIn(2) ? null : `Name ${String(random.integer(1, 9))}`,
      p_email: random.oneIn(2) ? null : randomEmail(random),
    }),
  },
  upload_members: {
    weight: 12,
    draw(random, world, partnerId) {
      const id = random.uuid();
      world.uploaded.get(partnerId)?.push(id);
      return { p_upload_id: id, p_file_name: 'soak.csv', p_rows: rows(random) };
    },
  },
  stage_member_upload: {
    weight: 5,
    draw(random, world, partnerId) {
      const id = random.uuid();
      world.staged.get(partnerId)?.push(id);
      world.uploaded.get(partnerId)?.push(id);
      return { p_upload_id: id, p_file_name: 'soak.csv', p_rows: rows(random) };
    },
  },
  commit_member_upload: {
    weight: 5,
    draw(random, world, partnerId) {
      const staged = world.staged.get(partnerId) ?? [];
      return { p_upload_id: staged.length === 0 ? random.uuid() : random.pick(staged.slice(-20)) };
    },
  },
  undo_member_upload: {
    weight: 5,
    draw(random, world, partnerId) {
      // Also of one that is on its way, was undone before, or is another partner's.
      const owner = random.oneIn(20) ? random.pick(world.partnerIds) : partnerId;
      const uploads = world.uploaded.get(owner) ?? [];
      const uploadId = uploads.length === 0 ? random.uuid() : random.pick(uploads.slice(-40));
      return { p_request_id: random.uuid(), p_upload_id: uploadId, p_reason: 'soak' };
    },
  },
  allocate_partner_credit: {
    weight: 8,
    draw: (random, _world, partnerId) => ({
      p_partner_id: partnerId,
      p_employee_email: randomEmail(random),
      p_employee_name: 'Soak',
      p_credits_count: credits(random),
    }),
  },
};

/** A random call of a random function for a random partner. */
export function nextCall(random: Random, world: World): Call {
  const partnerId = random.pick(world.partnerIds);
  let left = random.integer(
    1,
    Object.values(draws).reduce((sum, { weight }) => sum + weight, 0),
  );
  for (const [name, { weight, draw }] of Object.entries(draws)) {
    left -= weight;
    if (left <= 0) return { partnerId, name, args: draw(random, world, partnerId) };
  }
  throw new Error('unreachable: the weights are summed up above');
}

/** The command with its id and another content. */
export function otherRequest(call: Call): Call {
  const changed =
    'p_upload_id' in call.args
      ? { p_reason: 'another' }
      : 'p_member_ids' in call.args
        ? { p_credits: 99 }
        : { p_member_id: 'ffffffff-ffff-4fff-8fff-ffffffffffff' };
  return { ...call, args: { ...call.args, ...changed } };
}
