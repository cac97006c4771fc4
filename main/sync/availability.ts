/**
 * What the money comes to once the charges not yet confirmed are counted: the balance that people see and that a
 * campaign may rely on. It reads; it never writes and never asks the server.
 */
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import type { BalanceCheck } from '../../shared/ipc-campaigns.ts';
import type { BalanceState } from '../../shared/ipc-desk.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import type { Outbox } from './outbox.ts';
import type { Reserve } from './reserve.ts';

export interface Availability {
  /** Null while the server has never told this account's balance. */
  state(accountId: string): BalanceState | null;
  /** Balance and available after the pending charges. */
  micros(accountId: string): { readonly balance: Micros; readonly available: Micros } | null;
}

/**
 * What is left of this desk's own reserve can be relied on although the server counts it as held: it is given back as
 * soon as a campaign needs it. A reserve that is younger than the balance is not in that balance's held part yet.
 */
export function createAvailability(
  snapshots: Snapshots,
  outbox: Pick<Outbox, 'pending'>,
  reserve: Pick<Reserve, 'usable' | 'left'>,
): Availability {
  const reserveWithin = (accountId: string, asOf: string): Micros => {
    const hold = reserve.usable(accountId);
    return hold !== null && Date.parse(hold.createdAt) <= Date.parse(asOf) ? reserve.left(accountId) : 0n;
  };

  const micros = (accountId: string): { balance: Micros; available: Micros } | null => {
    const server = snapshots.read(accountId, 'balance')?.body;
    if (server === undefined) return null;
    const pending = outbox.pending(accountId);
    // A pending charge under a hold takes from what the server already counts as held, so only the others lower it.
    return {
      balance: yuan(server.balance) - pending.amount,
      available: yuan(server.available) - pending.amountWithoutHold + reserveWithin(accountId, server.asOf),
    };
  };
  return {
    micros,
    state(accountId) {
      const server = snapshots.read(accountId, 'balance')?.body;
      const after = micros(accountId);
      if (server === undefined || after === null) return null;
      const pending = outbox.pending(accountId);
      const warning = snapshots.read(accountId, 'alerts')?.body.lowBalance;
      return {
        server,
        pendingCount: pending.count,
        pendingAmount: yuanText(pending.amount),
        balance: yuanText(after.balance),
        available: yuanText(after.available),
        held: yuanText(after.balance - after.available),
        low: warning !== undefined && warning.enabled && after.available < yuan(warning.threshold),
      };
    },
  };
}

/** Whether what is available, in micro-yuan, suffices for an amount in yuan. */
export function checkBalance(required: string, available: bigint): BalanceCheck {
  const left = available - yuan(required);
  const common = { required, available: yuanText(available) };
  return left >= 0n
    ? { sufficient: true, ...common, remaining: yuanText(left) }
    : { sufficient: false, ...common, shortfall: yuanText(-left) };
}
