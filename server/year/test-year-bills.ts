/**
 * What WeChat would have written about a generated year: a trade and a fund-flow bill of every day, in WeChat's own
 * format, from the year's orders and refunds, with differences of every kind and class planted in them. It must never
 * touch what is here: whatever differs, differs because the bill says so.
 */
import { hash } from 'node:crypto';
import type { DifferenceClass, DifferenceKind } from '../../shared/api-reconciliation.ts';
import { microsPerCent } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import type { BillKind, OpenBill } from '../payments/wechat-bill.ts';
import { chinaDayAfter, chinaDayOf, dayMs, startOfChinaDay } from '../reconciliation/china-day.ts';
import {
  flowsOf,
  fundBillText,
  openBill,
  tradeBillText,
  type TestFlow,
  type TestTrade,
} from '../reconciliation/test-bills.ts';

export interface PlantedDifference {
  readonly kind: Exclude<DifferenceKind, 'ledger'>;
  /** The number that both sides know it by. */
  readonly subject: string;
  readonly class: DifferenceClass;
  /** China's, on which it has to be found. */
  readonly day: string;
}

/** How many of each class are planted among payments, refunds and movements of money. */
export interface PlantEach {
  readonly payment: number;
  readonly refund: number;
  readonly funds: number;
}

export interface YearBills {
  readonly planted: readonly PlantedDifference[];
  /** Null: nothing happened on the day, and WeChat has no bill of it. */
  open(kind: BillKind, day: string): Promise<OpenBill | null>;
  /** Lines that were written so far. */
  readonly written: { readonly trades: number; readonly flows: number };
}

/** What a bill says of one of the year's payments or refunds, instead of what is so. */
interface Told {
  /** Null: nothing at all. */
  readonly trade: TestTrade | null;
  readonly flows: readonly TestFlow[];
}

/** From the second day on, so that there is a day before it. */
export async function yearBills(
  database: Queryable,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
  each: PlantEach,
): Promise<YearBills> {
  const planting = new Planting();
  const range = [fromMs + dayMs, untilMs] as const;
  planting.plantPayments(
    await atRandom(database, paidSql, range, 5 * each.payment),
    await atRandom(database, unpaidSql, range, Math.floor(each.payment / 2)),
    each.payment,
  );
  planting.plantRefunds(await atRandom(database, refundsSql, range, 5 * each.refund), each.refund);
  // Payments that nothing else was planted at.
  const others = (await atRandom(database, paidSql, range, 5 * each.payment + 3 * each.funds)).slice(
    5 * each.payment,
  );
  planting.plantFunds(others, each.funds);
  const written = { trades: 0, flows: 0 };
  return {
    planted: planting.planted,
    written,
    async open(kind, day) {
      const { trades, flows } = await planting.dayOf(database, day);
      if (kind === 'trade') {
        written.trades += trades.length;
        return trades.length === 0 ? null : openBill(tradeBillText(trades));
      }
      written.flows += flows.length;
      return flows.length === 0 ? null : openBill(fundBillText(flows));
    },
  };
}

class Planting {
  readonly planted: PlantedDifference[] = [];
  /** By the merchant's own number. */
  readonly #told = new Map<string, Told>();
  /** What bills have besides, by day. */
  readonly #added = new Map<string, Told[]>();

  async dayOf(database: Queryable, day: string): Promise<{ trades: TestTrade[]; flows: TestFlow[] }> {
    const range = [startOfChinaDay(day), startOfChinaDay(chinaDayAfter(day))] as const;
    const so = [
      ...(await tradesOf(database, paidOfDaySql, range)),
      ...(await tradesOf(database, refundsOfDaySql, range)),
    ];
    const told = [
      ...so.map((trade) => this.#told.get(ownNumber(trade)) ?? asIs(trade)),
      ...(this.#added.get(day) ?? []),
    ];
    return {
      trades: told.flatMap(({ trade }) => (trade === null ? [] : [trade])),
      flows: told.flatMap(({ flows }) => flows),
    };
  }

  plantPayments(paid: readonly TestTrade[], unpaid: readonly TestTrade[], each: number): void {
    const [left, dearer, earlier, twice, like] = fifths(paid, each);
    for (const trade of left) {
      this.#tell(trade, { trade: null, flows: [] });
      this.#plant('payment', trade, 'missing_there');
    }
    for (const trade of dearer) {
      this.#tell(trade, asIs({ ...trade, cents: trade.cents + 1 }));
      this.#plant('payment', trade, 'amount');
    }
    for (const trade of earlier) this.#tellTheDayBefore('payment', trade);
    // Some are paid though their order is not, the others are second payments of one order.
    for (const trade of unpaid) {
      this.#add(chinaDayOf(trade.atMs), asIs(trade));
      this.#plant('payment', trade, 'state');
    }
    for (const trade of twice.slice(unpaid.length)) {
      const again = { ...trade, no: wechatNumber('42', `again ${trade.no}`) };
      this.#add(chinaDayOf(again.atMs), asIs(again));
      this.#plant('payment', again, 'state', `${trade.tradeNo}/${again.no}`);
    }
    for (const trade of like) {
      const unknown = strange(trade);
      this.#add(chinaDayOf(unknown.atMs), asIs(unknown));
      this.#plant('payment', unknown, 'missing_here');
    }
  }

  plantRefunds(refunds: readonly TestTrade[], each: number): void {
    const [left, dearer, earlier, failed, like] = fifths(refunds, each);
    for (const trade of left) {
      this.#tell(trade, { trade: null, flows: [] });
      this.#plant('refund', trade, 'missing_there');
    }
    for (const trade of dearer) {
      this.#tell(trade, asIs({ ...trade, cents: trade.cents + 1 }));
      this.#plant('refund', trade, 'amount');
    }
    for (const trade of earlier) this.#tellTheDayBefore('refund', trade);
    for (const trade of failed) {
      this.#tell(trade, asIs({ ...trade, refund: { no: ownNumber(trade), state: 'FAIL' } }));
      this.#plant('refund', trade, 'state');
    }
    for (const trade of like) {
      const byHand = { ...strange(trade), tradeNo: trade.tradeNo };
      this.#add(chinaDayOf(byHand.atMs), asIs(byHand));
      this.#plant('refund', byHand, 'missing_here');
    }
  }

  plantFunds(paid: readonly TestTrade[], each: number): void {
    for (const [index, trade] of paid.entries()) {
      const { flows } = asIs(trade);
      if (index < each) {
        this.#tell(trade, { trade, flows: [] });
        this.#plant('funds', trade, 'missing_there', trade.no);
      } else if (index < 2 * each) {
        this.#tell(trade, {
          trade,
          flows: flows.map((flow, at) => (at === 0 ? { ...flow, cents: flow.cents - 50 } : flow)),
        });
        this.#plant('funds', trade, 'amount', trade.no);
      } else {
        const stray = strange(trade);
        this.#add(chinaDayOf(stray.atMs), { trade: null, flows: flowsOf([stray]).slice(0, 1) });
        this.#plant('funds', stray, 'missing_here', stray.no);
      }
    }
  }

  /** WeChat's clock has it a minute before a midnight that had passed here. */
  #tellTheDayBefore(kind: 'payment' | 'refund', trade: TestTrade): void {
    const atMs = startOfChinaDay(chinaDayOf(trade.atMs)) - 60_000;
    this.#tell(trade, { trade: null, flows: [] });
    this.#add(chinaDayOf(atMs), asIs({ ...trade, atMs }));
    this.#plant(kind, { ...trade, atMs }, 'late');
  }

  #tell(trade: TestTrade, told: Told): void {
    this.#told.set(ownNumber(trade), told);
  }

  #add(day: string, told: Told): void {
    this.#added.set(day, [...(this.#added.get(day) ?? []), told]);
  }

  #plant(
    kind: PlantedDifference['kind'],
    trade: TestTrade,
    klass: DifferenceClass,
    subject = ownNumber(trade),
  ): void {
    this.planted.push({ kind, subject, class: klass, day: chinaDayOf(trade.atMs) });
  }
}

function asIs(trade: TestTrade): Told {
  return { trade, flows: flowsOf([trade]) };
}

function ownNumber({ tradeNo, refund }: TestTrade): string {
  return refund?.no ?? tradeNo;
}

/** The same at the same time, under numbers that nobody here has. */
function strange(trade: TestTrade): TestTrade {
  const { refund, tradeNo, no } = trade;
  return {
    ...trade,
    no: wechatNumber(refund === undefined ? '42' : '50', `strange ${no}`),
    tradeNo: strangeNumber(tradeNo),
    ...(refund === undefined ? {} : { refund: { ...refund, no: strangeNumber(refund.no) } }),
  };
}

function strangeNumber(own: string): string {
  return hash('sha256', `strange ${own}`).slice(0, 32);
}

/** Of 28 digits, as WeChat's own; payments begin with 42, refunds with 50. */
function wechatNumber(begins: '42' | '50', of: string): string {
  return `${begins}${BigInt(`0x${hash('sha256', of)}`)}`.slice(0, 28);
}

function fifths<T>(items: readonly T[], each: number): [T[], T[], T[], T[], T[]] {
  const part = (n: number): T[] => items.slice(n * each, (n + 1) * each);
  return [part(0), part(1), part(2), part(3), part(4)];
}

// ── What is so ──────────────────────────────────────────────────────────────────────────────────────────────

interface TradeRow {
  readonly at_ms: bigint;
  /** Null: WeChat never told it. */
  readonly no: string | null;
  readonly trade_no: string;
  readonly refund_no: string | null;
  readonly amount: bigint;
}

const paid = `SELECT o.paid_at_ms AS at_ms, o.wechat_transaction_id AS no, o.out_trade_no AS trade_no,
    NULL AS refund_no, o.amount
  FROM recharge_orders o WHERE o.paid_at_ms >= $1 AND o.paid_at_ms < $2`;
/** As if each had been paid after all, a minute after it was made. */
const unpaid = `SELECT o.created_at_ms + 60000 AS at_ms, NULL AS no, o.out_trade_no AS trade_no,
    NULL AS refund_no, o.amount
  FROM recharge_orders o WHERE o.state = 'closed' AND o.created_at_ms >= $1 AND o.created_at_ms < $2`;
const refunds = `SELECT r.created_at_ms AS at_ms, NULL AS no, o.out_trade_no AS trade_no,
    r.out_refund_no AS refund_no, r.amount
  FROM recharge_refunds r JOIN recharge_orders o ON o.account_id = r.account_id AND o.id = r.order_id
  WHERE r.created_at_ms >= $1 AND r.created_at_ms < $2`;
// Numbers of the merchant's are hashes: in their order they are spread over the year and its people.
const [paidSql, unpaidSql, refundsSql] = [
  `${paid} ORDER BY o.out_trade_no LIMIT $3`,
  `${unpaid} ORDER BY o.out_trade_no LIMIT $3`,
  `${refunds} ORDER BY r.out_refund_no LIMIT $3`,
];
const [paidOfDaySql, refundsOfDaySql] = [
  `${paid} ORDER BY o.paid_at_ms, o.id`,
  `${refunds} ORDER BY r.created_at_ms, r.id`,
];

async function tradesOf(database: Queryable, sql: string, params: readonly number[]): Promise<TestTrade[]> {
  const rows = await database.query<TradeRow>(sql, params);
  return rows.map(({ at_ms, no, trade_no, refund_no, amount }) => ({
    // WeChat's clock has whole seconds.
    atMs: Math.floor(Number(at_ms) / 1_000) * 1_000,
    no: no ?? wechatNumber(refund_no === null ? '42' : '50', refund_no ?? trade_no),
    tradeNo: trade_no,
    cents: Number(amount / microsPerCent),
    ...(refund_no === null ? {} : { refund: { no: refund_no, state: 'SUCCESS' } }),
  }));
}

async function atRandom(
  database: Queryable,
  sql: string,
  range: readonly [number, number],
  count: number,
): Promise<TestTrade[]> {
  const found = await tradesOf(database, sql, [...range, count]);
  if (found.length < count) throw new Error(`the year has ${found.length} of ${count} that are to differ`);
  return found;
}
