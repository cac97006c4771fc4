/**
 * What a rejected charge is at odds with: what the desk says, what the server says, the difference, and the one thing to
 * do about it that is recommended. Pure: it must never decide for the person.
 */
import type { OutboxConflict } from '../../shared/ipc-outbox.ts';
import { parseYuan, yuanText, type Micros } from '../../shared/money.ts';
import type { OutboxCharge } from './charge.ts';

/** Null for a charge that needs nobody. `isOnReserve`: its hold is this desk's reserve. */
export function conflictOf(charge: OutboxCharge, isOnReserve: boolean): OutboxConflict | null {
  if (charge.state !== 'rejected' || charge.problem === null) return null;
  const { code, params } = charge.problem;
  switch (code) {
    case 'price_changed':
      return acceptedPrice(charge) === null
        ? sides('contact', charge.expectedAmount, null)
        : sides('accept_price', charge.expectedAmount, amountOf(params['actual']));
    case 'insufficient_balance':
      return sides(
        'recharge',
        amountOf(params['required']) ?? charge.expectedAmount,
        amountOf(params['available']),
      );
    case 'duplicate_target':
      return { ...sides('waive', charge.expectedAmount, null), earlierChargeId: params['chargeId'] ?? null };
    case 'account_frozen':
    case 'debt_outstanding':
      return sides('wait', charge.expectedAmount, amountOf(params['balance']));
    case 'hold_exceeded':
      return sides(
        isOnReserve ? 'from_balance' : 'contact',
        charge.expectedAmount,
        amountOf(params['remaining']),
      );
    default:
      return sides('contact', charge.expectedAmount, null);
  }
}

/** The price that the server now asks for a charge refused for its price; null for any other charge. */
export function acceptedPrice({ state, problem }: OutboxCharge): Micros | null {
  if (state !== 'rejected' || problem?.code !== 'price_changed') return null;
  const actual = amountOf(problem.params['actual']);
  return actual !== null && actual > 0n ? actual : null;
}

function sides(
  action: OutboxConflict['action'],
  local: Micros | null,
  server: Micros | null,
): OutboxConflict {
  const difference = local === null || server === null ? null : server - local;
  return {
    action,
    local: text(local),
    server: text(server),
    difference: text(difference),
    earlierChargeId: null,
  };
}

function amountOf(yuan: string | undefined): Micros | null {
  return yuan === undefined ? null : parseYuan(yuan);
}

function text(amount: Micros | null): string | null {
  return amount === null ? null : yuanText(amount);
}
