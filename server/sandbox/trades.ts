/**
 * The sandbox's orders and refunds: what WeChat keeps of them, in memory, and how each may change. It knows no HTTP; it
 * must never let an order be paid twice, or more be given back than was paid.
 */
import { randomBytes } from 'node:crypto';

export type TradeState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED';
export type RefundState = 'PROCESSING' | 'SUCCESS' | 'ABNORMAL' | 'CLOSED';

export interface Trade {
  readonly outTradeNo: string;
  readonly description: string;
  /** Cents. */
  readonly total: number;
  readonly notifyUrl: string;
  readonly expiresAtMs: number;
  /** Names the order in its code. */
  readonly token: string;
  state: TradeState;
  transactionId: string | null;
  paidAtMs: number | null;
}

export interface TradeRefund {
  readonly trade: Trade;
  readonly outRefundNo: string;
  readonly refundId: string;
  readonly amount: number;
  readonly reason: string;
  readonly notifyUrl: string;
  readonly createdAtMs: number;
  state: RefundState;
  endedAtMs: number | null;
}

/** WeChat's code for a refusal. */
export interface TradeRefused {
  readonly status: number;
  readonly code: string;
}

export type Prepay = Pick<Trade, 'outTradeNo' | 'description' | 'total' | 'notifyUrl' | 'expiresAtMs'>;

export class Trades {
  readonly #clock: () => number;
  readonly #trades = new Map<string, Trade>();
  readonly #byToken = new Map<string, Trade>();
  readonly #refunds = new Map<string, TradeRefund>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The same order again is the same code. */
  prepay(order: Prepay): Trade | TradeRefused {
    const earlier = this.#trades.get(order.outTradeNo);
    if (earlier !== undefined) {
      if (earlier.total !== order.total || earlier.description !== order.description)
        return { status: 403, code: 'OUT_TRADE_NO_USED' };
      if (earlier.state === 'CLOSED') return { status: 400, code: 'ORDER_CLOSED' };
      return earlier.state === 'NOTPAY' ? earlier : { status: 400, code: 'ORDERPAID' };
    }
    if (order.expiresAtMs <= this.#clock()) return { status: 400, code: 'PARAM_ERROR' };
    const token = randomBytes(9).toString('base64url').replaceAll(/[-_]/g, 'x');
    const trade: Trade = { ...order, token, state: 'NOTPAY', transactionId: null, paidAtMs: null };
    this.#trades.set(trade.outTradeNo, trade);
    this.#byToken.set(token, trade);
    return trade;
  }

  find(outTradeNo: string): Trade | null {
    return this.#trades.get(outTradeNo) ?? null;
  }

  findByToken(token: string): Trade | null {
    return this.#byToken.get(token) ?? null;
  }

  hasExpired(trade: Trade): boolean {
    return trade.state === 'NOTPAY' && this.#clock() >= trade.expiresAtMs;
  }

  /** False when it cannot be paid any more. */
  pay(trade: Trade): boolean {
    if (trade.state !== 'NOTPAY' || this.hasExpired(trade)) return false;
    this.#markPaid(trade);
    return true;
  }

  /** A payment that was on its way when the order was closed: rare, and WeChat counts it. */
  payLate(trade: Trade): void {
    if (trade.state !== 'CLOSED') throw new Error('only a closed order is paid late');
    this.#markPaid(trade);
  }

  close(outTradeNo: string): TradeRefused | null {
    const trade = this.find(outTradeNo);
    if (trade === null) return { status: 404, code: 'ORDER_NOT_EXIST' };
    if (trade.state === 'SUCCESS' || trade.state === 'REFUND') return { status: 400, code: 'ORDERPAID' };
    trade.state = 'CLOSED';
    return null;
  }

  refund(
    outTradeNo: string,
    wanted: Pick<TradeRefund, 'outRefundNo' | 'amount' | 'reason' | 'notifyUrl'>,
  ): TradeRefund | TradeRefused {
    const earlier = this.#refunds.get(wanted.outRefundNo);
    if (earlier !== undefined)
      return earlier.amount === wanted.amount ? earlier : { status: 400, code: 'INVALID_REQUEST' };
    const trade = this.find(outTradeNo);
    if (trade === null || trade.paidAtMs === null) return { status: 404, code: 'RESOURCE_NOT_EXISTS' };
    const given = this.#refundsOf(trade).reduce((sum, { amount }) => sum + amount, 0);
    if (wanted.amount < 1 || given + wanted.amount > trade.total)
      return { status: 400, code: 'INVALID_REQUEST' };
    const refund: TradeRefund = {
      ...wanted,
      trade,
      refundId: `5${digits(27)}`,
      createdAtMs: this.#clock(),
      state: 'PROCESSING',
      endedAtMs: null,
    };
    this.#refunds.set(wanted.outRefundNo, refund);
    trade.state = 'REFUND';
    return refund;
  }

  findRefund(outRefundNo: string): TradeRefund | null {
    return this.#refunds.get(outRefundNo) ?? null;
  }

  endRefund(refund: TradeRefund, state: Exclude<RefundState, 'PROCESSING'>): void {
    refund.state = state;
    refund.endedAtMs = this.#clock();
  }

  /** Everything that was paid, and every refund, for a bill. */
  paid(): readonly Trade[] {
    return [...this.#trades.values()].filter(({ paidAtMs }) => paidAtMs !== null);
  }

  refunds(): readonly TradeRefund[] {
    return [...this.#refunds.values()];
  }

  #refundsOf(trade: Trade): TradeRefund[] {
    return [...this.#refunds.values()].filter(
      (refund) => refund.trade === trade && refund.state !== 'CLOSED',
    );
  }

  #markPaid(trade: Trade): void {
    trade.state = 'SUCCESS';
    trade.transactionId = `42${digits(26)}`;
    trade.paidAtMs = this.#clock();
  }
}

function digits(count: number): string {
  return [...randomBytes(count)].map((byte) => byte % 10).join('');
}
