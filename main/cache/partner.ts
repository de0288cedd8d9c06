import type { WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';

/** The partner as the server last reported it. */
export interface PartnerState {
  readonly partnerId: string;
  readonly fullName: string;
  readonly email: string;
  readonly balance: number;
  readonly lowBalance: boolean;
}

/** `receivedAt`: when the answer came, by this computer's clock, in milliseconds: what "as of 14:02" says. */
export function savePartner(database: WriteDatabase, partner: PartnerState, receivedAt: number): void {
  database.run(
    `insert into partner (only_row, partner_id, full_name, email, balance, low_balance, as_of)
     values (1, @partnerId, @fullName, @email, @balance, @lowBalance, @at)
     on conflict (only_row) do update set partner_id = excluded.partner_id, full_name = excluded.full_name,
       email = excluded.email, balance = excluded.balance, low_balance = excluded.low_balance, as_of = excluded.as_of`,
    { ...partner, lowBalance: partner.lowBalance ? 1 : 0, at: instantAt(receivedAt) },
  );
}

/** The balance that came with a receipt. Before the first pull there is nothing to write it to. */
export function saveBalance(database: WriteDatabase, balance: number, receivedAt: number): void {
  database.run('update partner set balance = ?, as_of = ?', balance, instantAt(receivedAt));
}
