import type { Sql } from 'postgres';
import { failureOf, runAs } from './call.ts';
import type { Outcome } from './call.ts';
import { randomEmail } from './next-call.ts';
import type { World } from './next-call.ts';
import type { Random } from './random.ts';

/** What was done beside the functions; `moved` is by how much the balance of the partner changed by hand. */
export interface OutsideWrite {
  readonly what: string;
  readonly partnerId: string;
  readonly moved: number;
  readonly outcome: Outcome;
}

/**
 * One random write as the rest of the system does it with the service role: it spends a credit, lets one pass its expiry,
 * buys credits, adds, removes or renames a member, books a session; or it is the nightly maintenance.
 */
export async function writeOutside(sql: Sql, random: Random, world: World): Promise<OutsideWrite> {
  const partnerId = random.pick(world.partnerIds);
  const members = world.members.get(partnerId) ?? [];
  const email = random.oneIn(2) || members.length === 0 ? randomEmail(random) : random.pick(members).email;
  const unspent = `select id from public.partner_credits where partner_id = '${partnerId}' and employee_email = '${email}'
    and status = 'available' and expires_at > now() limit 1 for update skip locked`;
  const write = async (what: string, statement: string, moved = 0): Promise<OutsideWrite> => ({
    what,
    partnerId,
    moved,
    outcome: await runAs(sql, 'service_role', null, statement),
  });
  switch (random.integer(1, 13)) {
    case 1:
    case 2: {
      const bought = random.integer(1, 60);
      return write(
        'top up',
        `update public.users set credits = credits + ${String(bought)} where id = '${partnerId}'`,
        bought,
      );
    }
    case 3:
    case 4:
      return write(
        'insert member',
        `insert into public.partner_members (partner_id, email, first_name) values ('${partnerId}', '${email}', 'Outside')
         on conflict (partner_id, email) do nothing`,
      );
    case 5:
      return write(
        'delete member',
        `delete from public.partner_members where partner_id = '${partnerId}' and email = '${randomEmail(random)}'`,
      );
    case 6:
      return write(
        'book session',
        `insert into public.sessions (user_id, status, scheduled_at)
         select m.user_id, 'scheduled', now() from public.partner_members m
         where m.partner_id = '${partnerId}' and m.user_id is not null order by m.email offset ${String(random.integer(0, 15))} limit 1`,
      );
    case 7:
      return write(
        'pass expiry',
        `update public.partner_credits set expires_at = now() - interval '1 minute' where id = (${unspent})`,
      );
    case 8: {
      const outcome = await sql`select partner_private.maintain(${random.integer(1, 50)})`.then(
        (): Outcome => ({ ok: true, answer: null }),
        failureOf,
      );
      return { what: 'maintain', partnerId, moved: 0, outcome };
    }
    case 9: {
      // Several statements of one transaction begin with the partner. All that the rename moves is locked or nothing is: who spends a
      // credit waits for its member.
      const renamed = members.length === 0 ? email : random.pick(members).email;
      const to = random.oneIn(3) ? randomEmail(random) : `renamed${String(random.integer(1, 300))}@soak.example`;
      const { outcome, ...rename } = await write(
        'rename member',
        `select from public.users where id = '${partnerId}' for no key update;
         select from public.partner_members where partner_id = '${partnerId}' and email = '${renamed}' for no key update nowait;
         select from public.partner_credits where partner_id = '${partnerId}' and employee_email = '${renamed}' and status = 'available'
           for no key update nowait;
         update public.partner_members m set email = '${to}' where m.partner_id = '${partnerId}' and m.email = '${renamed}'
           and not exists (select from public.partner_members o where o.partner_id = m.partner_id and o.email = '${to}') returning 1`,
      );
      // Somebody held one of them, or added a member with that e-mail at the same moment.
      if (!outcome.ok && ['55P03', '23505'].includes(outcome.code))
        return { ...rename, what: 'rename member, refused', outcome: { ok: true, answer: null } };
      return { ...rename, what: outcome.ok && outcome.answer !== 1 ? 'rename nobody' : rename.what, outcome };
    }
    default:
      return write('spend', `update public.partner_credits set status = 'used' where id = (${unspent})`);
  }
}
