/**
 * Recharge orders: made at WeChat, paid into the ledger once, closed, given back. Whatever says that an order is paid,
 * a notification, a question or both at once, ends in one transaction under the account's lock, and the ledger's own id
 * for the order's money is the last guard. Nothing here believes a payment that WeChat has not signed.
 */
import type { RechargeOrder } from '../../shared/api-selling.ts';
import { microsPerCent, yuanText, type Micros } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { Alongside } from '../ledger/alongside.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import { readAllOrders, type AllOrdersQuery } from './order-list.ts';
import {
  accountsOfOrder,
  addOrder,
  addRefund,
  askOrderAt,
  findByRefundNo,
  findByTradeNo,
  forgetNonces,
  keepCodeUrl,
  leftOf,
  markClosed,
  markPaid,
  markRefund,
  postponeRefund,
  readOrder,
  readOrders,
  readRefund,
  readServed,
  takeNonce,
  takeOrdersToAsk,
  takeRefundsToAsk,
  type Due,
  type OrderRecord,
  type OrdersQuery,
  type RefundRecord,
} from './orders.ts';
import { orderAskedAgainMs, orderLifeMs, refundAskedAgainMs, refundAsksMax, staysClosedMs } from './times.ts';
import type { WechatClient, WechatReply } from './wechat-client.ts';
import { openNotification } from './wechat-notification.ts';
import type { SignatureHeaders } from './wechat-signature.ts';
import type { WechatSettings } from './wechat-settings.ts';
import { microsOf, type RefundStatus, type WechatTransaction } from './wechat-wire.ts';

export interface RechargingOptions {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly client: WechatClient;
  readonly settings: WechatSettings;
  /** Milliseconds since 1970 UTC. */
  readonly clock: () => number;
  /** What the payer reads on WeChat's own bill. */
  readonly description: string;
  /** Something that a person should look at. */
  readonly onOddity: (what: string, about: Readonly<Record<string, unknown>>) => void;
}

export interface Created {
  readonly order: RechargeOrder;
  readonly replayed: boolean;
}

/** What a notification came to. `refused`: WeChat has to send it again, or is not the one who sent it. */
export type Notified = 'taken' | { readonly refused: string; readonly status: 400 | 401 | 404 | 409 };

/** The signature's five minutes either way, and as much again. */
const nonceKeptMs = 20 * 60_000;
/** WeChat's words for an order that nobody will ever pay. */
const overAtWechat = new Set(['CLOSED', 'REVOKED', 'PAYERROR']);

export class Recharging {
  readonly #options: RechargingOptions;

  constructor(options: RechargingOptions) {
    this.#options = options;
  }

  // ── Orders ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Makes the order here and at WeChat. Asked again under its id, the order is answered as it stands. */
  async create(
    accountId: string,
    request: { readonly id: string; readonly amount: Micros; readonly channel: 'wechat_native' },
  ): Promise<Created | Refused> {
    const { database, clock } = this.#options;
    const id = request.id.toLowerCase();
    const refused = this.#amountRefused(request.amount);
    if (refused !== null) return refused;
    const earlier = await readOrder(database, accountId, id);
    if (earlier === null) {
      const createdAtMs = clock();
      // WeChat's time has whole seconds.
      const expiresAtMs = Math.floor((createdAtMs + orderLifeMs) / 1_000) * 1_000;
      const order = { ...request, accountId, id, createdAtMs, expiresAtMs };
      await addOrder(database, order, createdAtMs + orderAskedAgainMs(0));
    }
    const order = earlier ?? (await this.#known(accountId, id));
    if (order.amount !== request.amount || order.channel !== request.channel)
      return refuse('idempotency_mismatch', { id });
    const failed = order.state === 'pending' && order.codeUrl === null ? await this.#prepay(order) : null;
    if (failed !== null) return failed;
    return { order: await this.#served(accountId, id), replayed: earlier !== null };
  }

  get(accountId: string, id: string): Promise<RechargeOrder | null> {
    return readServed(this.#options.database, accountId, id.toLowerCase());
  }

  list(
    accountId: string,
    query: OrdersQuery,
  ): Promise<{ items: RechargeOrder[]; nextCursor: string | null } | Refused> {
    return readOrders(this.#options.database, accountId, query);
  }

  /** Of all accounts; null: not a cursor of that list. */
  listAll(query: AllOrdersQuery): ReturnType<typeof readAllOrders> {
    return readAllOrders(this.#options.database, query);
  }

  /** Closes it at WeChat and here. One that is paid, or closed, is answered as it stands; also one paid just now. */
  async close(accountId: string, givenId: string): Promise<RechargeOrder | Refused> {
    const id = givenId.toLowerCase();
    const order = await readOrder(this.#options.database, accountId, id);
    if (order === null) return refuse('not_found', { detail: 'There is no such order.' });
    if (order.state === 'pending') {
      const failed = await this.#closeAtWechat(order);
      if (failed !== null) return failed;
    }
    return this.#served(accountId, id);
  }

  /** Asks WeChat about one order now, also about one that was given up: it is paid in where WeChat says that it is paid. */
  async askNow(accountId: string, id: string): Promise<RechargeOrder | Refused> {
    const order = await readOrder(this.#options.database, accountId, id);
    if (order === null) return refuse('not_found', { detail: 'There is no such order.' });
    if (order.state === 'pending' || order.state === 'closed') {
      const reply = await this.#options.client.query(order.outTradeNo);
      if (reply.kind !== 'ok') return unavailable(reply);
      await this.#settle(order, reply);
    }
    return this.#served(accountId, id);
  }

  /** Whose order this is, for finance who only has the id. */
  accountsOfOrder(id: string): Promise<string[]> {
    return accountsOfOrder(this.#options.database, id.toLowerCase());
  }

  #amountRefused(amount: Micros): Refused | null {
    const { amountMin, amountMax } = this.#options.settings;
    if (amount % microsPerCent !== 0n) return refuseField('amount', 'must be whole cents');
    if (amount >= amountMin && amount <= amountMax) return null;
    return refuseField('amount', `must be from ${yuanText(amountMin)} to ${yuanText(amountMax)}`);
  }

  async #prepay(order: OrderRecord): Promise<Refused | null> {
    const { client, database, description, onOddity } = this.#options;
    const { outTradeNo, amount, expiresAtMs } = order;
    const reply = await client.prepay({ outTradeNo, amount, description, expiresAtMs });
    if (reply.kind === 'ok') {
      await keepCodeUrl(database, order, reply.body.code_url);
      return null;
    }
    onOddity('WeChat made no order', { orderId: order.id, reply });
    return unavailable(reply);
  }

  // ── What WeChat says of an order ──────────────────────────────────────────────────────────────────────────

  /** A notification, its body as it came over the wire. Only 'taken' may be answered with success. */
  async notify(headers: SignatureHeaders, body: string): Promise<Notified> {
    const { settings, clock, onOddity } = this.#options;
    const opened = openNotification(settings, headers, body, clock());
    if (opened.kind === 'refused') {
      const byAnybody = opened.fault !== 'body' && opened.fault !== 'cipher' && opened.fault !== 'merchant';
      return { refused: opened.fault, status: byAnybody ? 401 : 400 };
    }
    if (opened.kind === 'other') {
      onOddity('WeChat told of something that nothing here waits for', { eventType: opened.eventType });
      return 'taken';
    }
    return opened.kind === 'paid'
      ? this.#notifiedOfPayment(opened.transaction, opened.nonce)
      : this.#notifiedOfRefund(opened.refund, opened.nonce);
  }

  async #notifiedOfPayment(transaction: WechatTransaction, nonce: string): Promise<Notified> {
    const { database, onOddity } = this.#options;
    const order = await findByTradeNo(database, transaction.out_trade_no);
    const fault = order === null ? 'order' : paymentFault(order, transaction);
    if (order === null || fault !== null) {
      onOddity('WeChat told of a payment that fits no order', { transaction, fault });
      return { refused: fault ?? 'order', status: order === null ? 404 : 400 };
    }
    return this.#credit(order, transaction, nonce);
  }

  /**
   * Pays the order in, once, whoever asks for it how often. A nonce that was taken before is refused: WeChat signs each
   * of its repeats anew, so the same bytes again are somebody else's, and refusing them makes WeChat, were it WeChat,
   * send a fresh one.
   */
  async #credit(order: OrderRecord, transaction: WechatTransaction, nonce: string | null): Promise<Notified> {
    const { onOddity } = this.#options;
    const wechatTransactionId = transaction.transaction_id ?? '';
    const atMs = Date.parse(transaction.success_time ?? '');
    return this.#options.ledger.alongside(order.accountId, async (ledger) => {
      if (nonce !== null && !(await takeNonce(ledger.tx, order.accountId, nonce, ledger.nowMs)))
        return { refused: 'nonce', status: 409 };
      const now = await readOrder(ledger.tx, order.accountId, order.id);
      if (now === null) throw new Error(`order ${order.id} has gone`);
      if (now.state !== 'pending' && now.state !== 'closed') return 'taken';
      const posted = await ledger.recharge({
        id: now.rechargeId,
        amount: now.amount,
        occurredAtMs: atMs,
        source: now.channel,
        note: wechatTransactionId,
      });
      // Its id is random and was never told before: nothing else can have used it up.
      if ('refused' in posted) throw new Error(`order ${order.id} could not be paid in`);
      if (now.state === 'closed') onOddity('an order was paid after it had been closed', { orderId: now.id });
      await markPaid(ledger.tx, now, { atMs, wechatTransactionId });
      tellOrder(ledger, now.id, 'paid');
      return 'taken';
    });
  }

  /** Asks about those that are due. Several processes may: each order is one's for as long as its lease lasts. */
  async askAboutDue(due: Due): Promise<number> {
    const { database } = this.#options;
    const orders = await takeOrdersToAsk(database, due);
    for (const order of orders) await this.#ask(order);
    const refunds = await takeRefundsToAsk(database, due);
    for (const refund of refunds) await this.#pursue(refund);
    await forgetNonces(database, due.nowMs - nonceKeptMs);
    return orders.length + refunds.length;
  }

  async #ask(order: OrderRecord): Promise<void> {
    const { client, clock, database } = this.#options;
    const settled = await this.#settle(order, await client.query(order.outTradeNo));
    if (settled) return;
    const nowMs = clock();
    if (order.state === 'closed') return askOrderAt(database, order, null);
    if (nowMs >= order.expiresAtMs && (await this.#closeAtWechat(order)) === null) return;
    const again = Math.max(order.createdAtMs + orderAskedAgainMs(order.asked), nowMs + 1_000);
    const overdueMs = nowMs + orderAskedAgainMs(1);
    await askOrderAt(
      database,
      order,
      nowMs >= order.expiresAtMs ? overdueMs : Math.min(again, order.expiresAtMs),
    );
  }

  /** Takes over what WeChat answered; true when nothing is left to ask. */
  async #settle(order: OrderRecord, reply: WechatReply<WechatTransaction>): Promise<boolean> {
    const { onOddity, settings } = this.#options;
    if (reply.kind !== 'ok') {
      if (reply.kind === 'unreachable') onOddity('WeChat could not be asked', { orderId: order.id, reply });
      return false;
    }
    const { mchid, appid, out_trade_no: outTradeNo, trade_state: state } = reply.body;
    const mine = mchid === settings.mchid && appid === settings.appid && outTradeNo === order.outTradeNo;
    if (!mine) {
      onOddity('WeChat answered with another order', { orderId: order.id, reply });
      return false;
    }
    // Given back by hand at WeChat's, it was paid before.
    if (state === 'SUCCESS' || state === 'REFUND') {
      const fault = paymentFault(order, reply.body);
      if (fault === null) await this.#credit(order, reply.body, null);
      else onOddity('WeChat told of a payment that does not fit its order', { orderId: order.id, fault });
      return fault === null;
    }
    if (!overAtWechat.has(state) || order.state !== 'pending') return false;
    await this.#markClosed(order);
    return true;
  }

  /** Null when it is closed, or paid after all. */
  async #closeAtWechat(order: OrderRecord): Promise<Refused | null> {
    const { client } = this.#options;
    const reply = await client.close(order.outTradeNo);
    const over = reply.kind === 'refused' && /^ORDER_?(?:NOT_?EXIST|CLOSED)$/.test(reply.code);
    if (reply.kind === 'ok' || over) {
      await this.#markClosed(order);
      return null;
    }
    if (reply.kind === 'unreachable') return unavailable(reply);
    // It does not close what is paid, or being paid.
    const asked = await client.query(order.outTradeNo);
    return (await this.#settle(order, asked)) ? null : unavailable(reply);
  }

  #markClosed(order: OrderRecord): Promise<void> {
    return this.#options.ledger.alongside(order.accountId, async (ledger) => {
      const now = await readOrder(ledger.tx, order.accountId, order.id);
      if (now?.state !== 'pending') return;
      // A payment that was on its way is looked for once more, should nobody tell of it.
      await markClosed(ledger.tx, now, { atMs: ledger.nowMs, askAtMs: ledger.nowMs + staysClosedMs });
      tellOrder(ledger, now.id, 'closed');
    });
  }

  // ── Refunds ───────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Takes the money out of the ledger and asks WeChat to give it back. No more than is left of the order, and no more
   * than is available: what a campaign has set aside stays with it. The answer is the order as it stands by then.
   */
  async refund(request: RefundRequest): Promise<Created | Refused> {
    const begun = await this.refundWithin(request.accountId, (_tx, begin) => begin(request));
    if ('refused' in begun) return begun;
    const { accountId, orderId } = begun.refund;
    return { order: await this.#served(accountId, orderId), replayed: begun.replayed };
  }

  /** The same in the transaction of somebody's decision: WeChat is asked once that is kept, and only if it was begun. */
  async refundWithin<T>(
    accountId: string,
    decide: (tx: Queryable, begin: (request: RefundRequest) => Promise<BegunRefund | Refused>) => Promise<T>,
  ): Promise<T> {
    const begun: BegunRefund[] = [];
    const decided = await this.#options.ledger.alongside(accountId, (ledger) =>
      decide(ledger.tx, async (request) => {
        const orderId = request.orderId.toLowerCase();
        const refund = await beginRefund(ledger, { ...request, orderId, id: request.id.toLowerCase() });
        if (!('refused' in refund)) begun.push(refund);
        return refund;
      }),
    );
    for (const { refund, replayed } of begun) if (!replayed) await this.#pursue(refund);
    return decided;
  }

  async #notifiedOfRefund(
    notice: {
      readonly out_refund_no: string;
      readonly refund_status: RefundStatus;
      readonly amount: { readonly refund: number };
    },
    nonce: string,
  ): Promise<Notified> {
    const { database, onOddity } = this.#options;
    const refund = await findByRefundNo(database, notice.out_refund_no);
    if (refund === null || microsOf(notice.amount.refund) !== refund.amount) {
      onOddity('WeChat told of a refund that fits none', { notice });
      return { refused: refund === null ? 'refund' : 'amount', status: refund === null ? 404 : 400 };
    }
    return this.#endRefund(refund, notice.refund_status, nonce);
  }

  /** Asks about the refund under its number, and asks for it where WeChat does not know it. */
  async #pursue(refund: RefundRecord): Promise<void> {
    const { client, database, clock, onOddity } = this.#options;
    const known = refund.asked === 0 ? null : await client.queryRefund(refund.outRefundNo);
    const unknown = known === null || (known.kind === 'refused' && known.status === 404);
    const reply = unknown ? await this.#askForRefund(refund) : known;
    if (reply.kind === 'ok') {
      const mine = reply.body.out_refund_no === refund.outRefundNo;
      if (mine && microsOf(reply.body.amount.refund) === refund.amount)
        return void (await this.#endRefund(refund, reply.body.status, null));
    }
    onOddity('a refund is not under way', { refundId: refund.id, reply });
    const problem = reply.kind === 'refused' ? reply.code : null;
    const askAtMs = clock() + refundAskedAgainMs(refund.asked);
    return postponeRefund(database, refund, { problem, askAtMs });
  }

  async #askForRefund(refund: RefundRecord) {
    const order = await this.#known(refund.accountId, refund.orderId);
    return this.#options.client.refund({
      outTradeNo: order.outTradeNo,
      outRefundNo: refund.outRefundNo,
      amount: refund.amount,
      total: order.amount,
      reason: refund.reason,
    });
  }

  /**
   * Keeps what WeChat said. SUCCESS and CLOSED are the end; ABNORMAL waits for a person at WeChat's, and may still
   * become either.
   */
  #endRefund(refund: RefundRecord, status: RefundStatus, nonce: string | null): Promise<Notified> {
    const { accountId } = refund;
    return this.#options.ledger.alongside<Notified>(accountId, async (ledger) => {
      if (nonce !== null && !(await takeNonce(ledger.tx, accountId, nonce, ledger.nowMs)))
        return { refused: 'nonce', status: 409 };
      const now = await readRefund(ledger.tx, accountId, refund.id);
      if (now === null) throw new Error(`refund ${refund.id} has gone`);
      if (now.state === 'succeeded' || now.state === 'closed') return 'taken';
      const state = stateOf[status];
      // One that is late must not take back what is known already.
      if (now.state === 'abnormal' && state === 'processing') return 'taken';
      if (state === 'closed') await bringBack(ledger, now);
      const asksLeft = refund.asked < refundAsksMax;
      const askAtMs = asksLeft ? ledger.nowMs + refundAskedAgainMs(refund.asked) : null;
      await markRefund(ledger.tx, now, state, { nowMs: ledger.nowMs, askAtMs });
      if (state !== now.state) {
        const order = await readOrder(ledger.tx, accountId, now.orderId);
        tellOrder(ledger, now.orderId, order?.state ?? 'paid');
      }
      return 'taken';
    });
  }

  // ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────

  async #known(accountId: string, id: string): Promise<OrderRecord> {
    const order = await readOrder(this.#options.database, accountId, id);
    if (order === null) throw new Error(`order ${id} is not there`);
    return order;
  }

  async #served(accountId: string, id: string): Promise<RechargeOrder> {
    const order = await readServed(this.#options.database, accountId, id);
    if (order === null) throw new Error(`order ${id} is not there`);
    return order;
  }
}

const stateOf = {
  SUCCESS: 'succeeded',
  CLOSED: 'closed',
  PROCESSING: 'processing',
  ABNORMAL: 'abnormal',
} as const satisfies Record<RefundStatus, RefundRecord['state']>;

function tellOrder(ledger: Alongside, id: string, state: RechargeOrder['state']): void {
  ledger.tellOrder({ id, state });
}

/** What of a payment does not fit its order; null when all does. */
function paymentFault(order: OrderRecord, transaction: WechatTransaction): string | null {
  const { amount, transaction_id: transactionId, success_time: successTime = '' } = transaction;
  if (transaction.trade_state !== 'SUCCESS' && transaction.trade_state !== 'REFUND') return 'state';
  if (amount === undefined || microsOf(amount.total) !== order.amount) return 'amount';
  if (amount.currency !== 'CNY') return 'currency';
  return transactionId === undefined || Number.isNaN(Date.parse(successTime)) ? 'body' : null;
}

export interface RefundRequest {
  readonly accountId: string;
  readonly orderId: string;
  readonly id: string;
  readonly amount?: Micros;
  readonly reason: string;
  readonly askedBy: string;
}

export interface BegunRefund {
  readonly refund: RefundRecord;
  readonly replayed: boolean;
}

async function beginRefund(ledger: Alongside, request: RefundRequest): Promise<BegunRefund | Refused> {
  const { accountId, orderId, id, reason, askedBy } = request;
  const order = await readOrder(ledger.tx, accountId, orderId);
  if (order === null) return refuse('not_found', { detail: 'There is no such order.' });
  const earlier = await readRefund(ledger.tx, accountId, id);
  if (earlier !== null) {
    const same = earlier.orderId === orderId && earlier.reason === reason;
    const sameAmount = request.amount === undefined || request.amount === earlier.amount;
    return same && sameAmount ? { refund: earlier, replayed: true } : refuse('idempotency_mismatch', { id });
  }
  const left = leftOf(order);
  const amount = request.amount ?? left;
  if (amount % microsPerCent !== 0n) return refuseField('amount', 'must be whole cents');
  if (amount <= 0n || amount > left) return refuse('refund_exceeds', { left: yuanText(left) });
  const { available } = ledger;
  if (amount > available)
    return refuse('insufficient_balance', {
      required: yuanText(amount),
      available: yuanText(available),
      shortfall: yuanText(amount - available),
    });
  const taken = await ledger.adjust({ id, asset: 'CNY', amount: -amount, reason, askedBy });
  if ('refused' in taken) return taken;
  const at = { nowMs: ledger.nowMs, askAtMs: ledger.nowMs + refundAskedAgainMs(0) };
  await addRefund(ledger.tx, { accountId, id, orderId, amount, reason, askedBy }, at);
  const refund = await readRefund(ledger.tx, accountId, id);
  if (refund === null) throw new Error('a refund that was added is there');
  tellOrder(ledger, orderId, amount === left ? 'refunded' : 'paid');
  return { refund, replayed: false };
}

/** WeChat did not refund it and never will under this number: the money belongs to the account again. */
async function bringBack(ledger: Alongside, refund: RefundRecord): Promise<void> {
  const { returnId, amount, reason, askedBy } = refund;
  const posted = await ledger.adjust({ id: returnId, asset: 'CNY', amount, reason, askedBy });
  if ('refused' in posted) throw new Error(`refund ${refund.id} could not be brought back`);
}

function unavailable(reply: Exclude<WechatReply<unknown>, { readonly kind: 'ok' }>): Refused {
  const why = reply.kind === 'refused' ? `refused it (${reply.code})` : 'cannot be reached';
  return refuse('unavailable', { detail: `WeChat Pay ${why}.`, retryAfterSeconds: 5 });
}
