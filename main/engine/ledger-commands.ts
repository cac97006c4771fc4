/**
 * Commands that read the mirror and the outbox: history, totals, the check of the bill, and what waits to be charged.
 * They write nothing but a person's decision on a charge of the outbox.
 */
import { compactVerify, createLocalJWKSet } from 'jose';
import { serverProblemCodes } from '../../shared/errors.ts';
import { OutboxState, type OutboxAttempt, type OutboxItem } from '../../shared/ipc-outbox.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { HistoryReader } from '../cache/history-reader.ts';
import type { History } from '../cache/history.ts';
import { dayBefore, dayIn } from '../cache/local-day.ts';
import { chargeOf, type Mirror } from '../cache/mirror.ts';
import { fromCallFailure } from '../sync/call-problem.ts';
import { acceptedPrice, conflictOf } from '../sync/conflicts.ts';
import type { Attempt, OutboxCharge } from '../sync/charge.ts';
import type { Outbox } from '../sync/outbox.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';

export interface LedgerParts {
  readonly mirror: Mirror;
  readonly history: History;
  readonly reader: HistoryReader;
}

export function registerHistoryCommands(
  registry: CommandRegistry,
  desk: DeskContext,
  { mirror, history, reader }: LedgerParts,
): void {
  const { session } = desk;
  registry.handle('history.page', async ({ filter, beforeSeq, limit }) => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    return answer(await reader.page(account.id, filter, beforeSeq, limit));
  });

  registry.handle('history.jump', ({ filter, day }) => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    return answer({ beforeSeq: history.jump(account.id, filter, day) });
  });

  registry.handle('history.totals', async ({ filter }) => {
    const account = session.account();
    return account === null ? refuse('signed_out') : answer(await reader.totals(account.id, filter));
  });

  registry.handle('history.spend', ({ days }) => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    const today = dayIn(account.timeZone)(desk.clock.now());
    return answer([...history.spend(account.id, dayBefore(today, days - 1))]);
  });

  registry.handle('history.charge', async ({ id }) => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    const transaction = mirror.transaction(account.id, id);
    if (transaction !== null) return answer(chargeOf(transaction));
    // Settled, and not pulled yet: the server has it.
    const kept = desk.outbox.get(id);
    if (kept?.accountId !== account.id || kept.state !== 'settled') return answer(null);
    const asked = await desk.client.call('getCharge', { params: { id } });
    if (asked.kind === 'not_modified') throw new Error('a charge was answered with not_modified');
    return asked.kind === 'ok' ? answer(asked.body) : refuse(fromCallFailure(asked));
  });

  registry.handle('history.verify', async () => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    const check = await history.verify(account.id);
    const signature = check.ok ? await signedHead(desk, mirror, account.id, check.seq) : null;
    const { ok, checkedCount, seq, head, firstBadSeq } = check;
    return answer({ ok: ok && signature !== false, checkedCount, seq, head, signature, firstBadSeq });
  });
}

/** How long the signature may be waited for: without it the check still says what the rows say. */
const checkpointMsMax = 5_000;

/**
 * Whether the server's signature over its head is right and over the row that the mirror has there. Null when it could
 * not be had, or is of a row that is not here yet.
 */
async function signedHead(
  desk: DeskContext,
  mirror: Mirror,
  accountId: string,
  seq: number,
): Promise<boolean | null> {
  if (!desk.session.signedIn()) return null;
  const signal = AbortSignal.timeout(checkpointMsMax);
  const checkpoint = await desk.client.call('checkpoint', { signal });
  const keys = await desk.client.call('receiptKeys', { signal });
  if (checkpoint.kind !== 'ok' || keys.kind !== 'ok' || checkpoint.body.seq > seq) return null;
  const { jws, ...claims } = checkpoint.body;
  if (claims.accountId !== accountId) return false;
  if (claims.seq > 0 && mirror.hashAt(accountId, claims.seq) !== claims.head) return false;
  try {
    const keySet = createLocalJWKSet(keys.body);
    const { payload } = await compactVerify(jws, keySet, { algorithms: ['EdDSA', 'Ed25519'] });
    const signed = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    return Object.entries(claims).every(([name, value]) => signed[name] === value);
  } catch (error) {
    desk.log.warn({ err: error }, 'a checkpoint does not verify');
    return false;
  }
}

export function registerOutboxCommands(registry: CommandRegistry, desk: DeskContext): void {
  const { session, outbox, reserve, changes, rounds } = desk;
  const itemOf = (charge: OutboxCharge): OutboxItem =>
    outboxItem(charge, charge.holdId !== null && reserve.has(charge.holdId));
  const mine = (id: string): OutboxCharge | null => {
    const charge = outbox.get(id);
    return charge !== null && charge.accountId === session.account()?.id ? charge : null;
  };
  const changed = (charge: OutboxCharge | null) => {
    if (charge === null) return refuse({ code: 'input_invalid', params: { field: 'id' }, field: 'id' });
    changes.tell('outbox', 'balance', 'sync');
    return answer(itemOf(charge));
  };

  registry.handle('outbox.list', ({ states, beforeDeviceSeq, limit }) => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    const query = { states: states ?? OutboxState.options, beforeDeviceSeq, limit };
    const { items, total } = outbox.list(account.id, query);
    return answer({ items: items.map(itemOf), total });
  });

  registry.handle('outbox.attempts', ({ id }) => {
    if (mine(id) === null) return refuse('not_found', { id });
    return answer({ items: outbox.attempts(id).map(attemptItem) });
  });

  registry.handle('outbox.retry', async ({ id }) => {
    const charge = mine(id);
    if (charge === null) return refuse('not_found', { id });
    // Under a hold that is over, a charge is taken from the balance.
    if (itemOf(charge).conflict?.action === 'from_balance') await reserve.letGo(charge.holdId ?? '');
    const reply = changed(outbox.retry(id));
    rounds.nudge();
    return reply;
  });

  registry.handle('outbox.acceptPrice', ({ id, amount, others }) => {
    const charge = mine(id);
    if (charge === null) return refuse('not_found', { id });
    const actual = acceptedPrice(charge);
    // What is agreed to is what was shown: a price that has moved once more is shown once more.
    if (actual !== null && actual !== yuan(amount))
      return refuse('price_changed', { expected: amount, actual: yuanText(actual) });
    const agreed = actual === null ? [] : [charge, ...(others ? samePriceAs(outbox, charge) : [])];
    desk.cache.transaction(() => {
      for (const one of agreed) outbox.reprice(one.id, yuan(amount));
    });
    for (const one of agreed)
      desk.log.info({ id: one.id, from: yuanText(one.expectedAmount), to: amount }, 'price accepted');
    const reply = changed(actual === null ? null : outbox.get(id));
    rounds.nudge();
    return reply;
  });

  registry.handle('outbox.samePrice', ({ id }) => {
    const charge = mine(id);
    if (charge === null) return refuse('not_found', { id });
    const actual = acceptedPrice(charge);
    const same = actual === null ? [] : samePriceAs(outbox, charge);
    const difference = BigInt(same.length) * ((actual ?? 0n) - charge.expectedAmount);
    return answer({ count: same.length, difference: yuanText(difference) });
  });

  registry.handle('outbox.retryAll', () => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    const count = outbox.retryAll(account.id);
    changes.tell('outbox', 'balance', 'sync');
    rounds.nudge();
    return answer({ count });
  });

  registry.handle('outbox.waive', ({ id, reason }) => {
    if (mine(id) === null) return refuse('not_found', { id });
    return changed(outbox.waive(id, reason));
  });
}

/** The account's other refused charges of the same platform and operation, for which the same price moved to the same. */
function samePriceAs(outbox: Outbox, charge: OutboxCharge): readonly OutboxCharge[] {
  const same: OutboxCharge[] = [];
  const query = { states: ['rejected' as const], limit: rejectedAtOnce };
  for (let before: number | null = null; ;) {
    const { items } = outbox.list(charge.accountId, { ...query, beforeDeviceSeq: before });
    same.push(
      ...items.filter(
        (one) =>
          one.id !== charge.id &&
          one.platform === charge.platform &&
          one.operation === charge.operation &&
          one.expectedAmount === charge.expectedAmount &&
          acceptedPrice(one) === acceptedPrice(charge),
      ),
    );
    const last = items.at(-1);
    if (last === undefined || items.length < rejectedAtOnce) return same;
    before = last.deviceSeq;
  }
}
const rejectedAtOnce = 1_000;

function attemptItem({ attempt, atMs, outcome: reason }: Attempt): OutboxAttempt {
  const isProblem = serverProblemCodes.some((code) => code === reason);
  const outcome = reason === 'settled' ? 'settled' : isProblem ? 'problem' : 'no_answer';
  return { attempt, at: new Date(atMs).toISOString(), outcome, reason };
}

/** A charge as the page shows it. */
function outboxItem(charge: OutboxCharge, isOnReserve: boolean): OutboxItem {
  const waits = charge.nextTryAtMs > 0 && (charge.state === 'queued' || charge.state === 'unknown');
  return {
    id: charge.id,
    deviceSeq: charge.deviceSeq,
    state: charge.state,
    platform: charge.platform,
    operation: charge.operation,
    targetUserId: charge.targetUserId,
    campaignId: charge.campaignId,
    holdId: charge.holdId,
    amount: yuanText(charge.paidAmount ?? charge.expectedAmount),
    attempts: charge.attempts,
    nextTryAt: waits ? new Date(charge.nextTryAtMs).toISOString() : null,
    problem: charge.problem,
    conflict: conflictOf(charge, isOnReserve),
    waiveReason: charge.waiveReason,
    occurredAt: new Date(charge.occurredAtMs).toISOString(),
    settledAt: charge.settledAtMs === null ? null : new Date(charge.settledAtMs).toISOString(),
  };
}
