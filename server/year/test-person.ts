/**
 * One person's year: follows, calls of models, points, quotas, memberships, packages, recharges through WeChat and a
 * few refunds, in the order of time, into an account book. The same for the same seed; it must never read a clock.
 */
import { hash } from 'node:crypto';
import type { MeteringCatalogue } from '../../shared/api-metering.ts';
import type { PriceBook, UsageQuote } from '../../shared/api-prices.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { yuan } from '../../shared/money.ts';
import { kthAmountUnder, quote } from '../../shared/rating.ts';
import { quoteUsage } from '../../shared/usage-rating.ts';
import { demoCatalogue } from '../demo/offers.ts';
import { requestHash } from '../ledger/request-hash.ts';
import { monthsAfter } from '../members/calendar.ts';
import { callOperation, modelPriceAt } from '../metering/metering-catalogues.ts';
import { duesOf } from '../metering/paying.ts';
import type { UsageRecord } from '../metering/usages.ts';
import { AccountBook, type BookRow, type Moment } from './test-account-book.ts';
import { chanceOf, type Chance } from './test-chance.ts';

export const yearZone = 'Asia/Shanghai';
const dayMs = 86_400_000;
const minuteMs = 60_000;

/** What is planted: on that day of the year (from 0) somebody, or everybody, uses so much more or less. */
export interface Planted {
  /** Null: everybody. */
  readonly person: number | null;
  /** Of one person: what they follow on, or what they call, whichever that is. */
  readonly product: string;
  readonly dayIndex: number;
  readonly kind: 'high' | 'low';
}

export interface PersonOptions {
  readonly seed: number;
  readonly person: number;
  readonly fromMs: number;
  readonly days: number;
  readonly book: PriceBook;
  readonly metering: MeteringCatalogue;
  readonly planted: readonly Planted[];
  /** Signs corrections. */
  readonly financeId: string;
}

export interface PersonOrder {
  readonly id: string;
  readonly amount: bigint;
  state: 'paid' | 'closed' | 'refunded';
  readonly outTradeNo: string;
  readonly rechargeId: string;
  readonly createdAtMs: number;
  readonly paidAtMs: number | null;
  readonly wechatTransactionId: string | null;
  readonly closedAtMs: number | null;
  refunded: bigint;
}
export interface PersonRefund {
  readonly id: string;
  readonly orderId: string;
  readonly amount: bigint;
  readonly reason: string;
  readonly outRefundNo: string;
  readonly returnId: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number;
}
export interface PersonMembership {
  readonly id: string;
  readonly planId: string;
  readonly beginsAtMs: number;
  months: number;
  endsAtMs: number;
  state: 'active' | 'ended';
  /** A payment a month, each made as its month begins. */
  readonly payments: { readonly id: string; readonly fromMs: number; readonly untilMs: number }[];
}

/** Stands in a plan for what a person follows on, and for what they call (or follow on, where they call nothing). */
export const theirPlatform = 'their_platform';
export const theirProduct = 'their_product';

export interface PersonYear {
  readonly book: AccountBook;
  /** What `theirPlatform` and `theirProduct` are. */
  readonly platform: string;
  readonly product: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly premium: boolean;
  readonly orders: readonly PersonOrder[];
  readonly refunds: readonly PersonRefund[];
  readonly memberships: readonly PersonMembership[];
  readonly usages: readonly UsageRecord[];
}

interface Deed {
  readonly atMs: number;
  readonly what: () => void;
}

export function personYear(options: PersonOptions): PersonYear {
  return new Person(options).live();
}

class Person {
  readonly #options: PersonOptions;
  readonly #chance: Chance;
  readonly #book: AccountBook;
  readonly #orders: PersonOrder[] = [];
  readonly #refunds: PersonRefund[] = [];
  readonly #memberships: PersonMembership[] = [];
  readonly #usages: UsageRecord[] = [];
  /** Follows that may still be refunded. */
  readonly #refundable: BookRow[] = [];
  readonly #platform: 'xiaohongshu' | 'douyin';
  readonly #product: 'chat' | 'writing' | 'analysis' | null;
  readonly #activity: number;
  readonly #follows: number;
  readonly #calls: number;
  readonly #usesPoints: boolean;
  readonly #likesMembership: boolean;
  #deviceSeq = 0;
  #memberUntilMs = 0;
  #nextMembershipMs: number;

  constructor(options: PersonOptions) {
    this.#options = options;
    const chance = chanceOf(options.seed, `person ${options.person}`);
    this.#chance = chance;
    this.#book = new AccountBook(chance.id(options.fromMs), yearZone, (atMs) => chance.id(atMs));
    this.#platform = chance.next() < 0.6 ? 'xiaohongshu' : 'douyin';
    this.#product = chance.next() < 0.7 ? chance.of(['chat', 'writing', 'analysis']) : null;
    this.#activity = 0.25 + chance.next() * 0.35;
    this.#follows = chance.around(1.7, 0.5);
    this.#calls = chance.around(1.7, 0.5);
    this.#usesPoints = chance.next() < 0.25;
    this.#likesMembership = chance.next() < 0.3;
    this.#nextMembershipMs =
      options.fromMs + chance.whole(0, Math.min(200, options.days - 1)) * dayMs + 9 * 3_600_000;
  }

  live(): PersonYear {
    const { fromMs, days, person } = this.#options;
    for (let day = 0; day < days; day += 1) {
      const deeds = this.#deedsOf(day, fromMs + day * dayMs).toSorted((a, b) => a.atMs - b.atMs);
      for (const deed of deeds) {
        this.#book.expire(deed.atMs);
        deed.what();
      }
    }
    this.#book.expire(fromMs + days * dayMs);
    return {
      book: this.#book,
      platform: this.#platform,
      product: this.#product ?? this.#platform,
      name: `用户 ${String(person + 1).padStart(4, '0')}`,
      createdAtMs: fromMs - dayMs,
      premium: this.#memberUntilMs > fromMs + days * dayMs,
      orders: this.#orders,
      refunds: this.#refunds,
      memberships: this.#memberships,
      usages: this.#usages,
    };
  }

  #deedsOf(day: number, midnightMs: number): Deed[] {
    const { planted, person } = this.#options;
    const mine = planted
      .filter((plant) => plant.dayIndex === day && (plant.person ?? person) === person)
      .map((plant) => ({ ...plant, product: this.#own(plant.product) }));
    const weekend = [0, 6].includes(new Date(midnightMs + 8 * 3_600_000).getUTCDay());
    const active = (share: number) => this.#chance.next() < this.#activity * share * (weekend ? 0.6 : 1);
    const deeds: Deed[] = [];
    const at = (): number =>
      midnightMs + this.#chance.whole(8 * 60, 22 * 60) * minuteMs + this.#chance.whole(0, 59_999);
    const add = (count: number, what: (atMs: number) => void): void => {
      for (let n = 0; n < count; n += 1) {
        const atMs = at();
        deeds.push({ atMs, what: () => what(atMs) });
      }
    };
    add(this.#times(this.#platform, active(0.9), this.#follows, mine), (atMs) => this.#follow(atMs));
    const product = this.#product;
    if (product !== null) {
      const long = mine.some((plant) => plant.product === product && plant.person !== null);
      add(this.#times(product, active(0.9), this.#calls, mine), (atMs) => this.#call(product, atMs, long));
    }
    if (this.#usesPoints && active(0.5)) add(this.#chance.whole(1, 2), (atMs) => this.#usePoints(atMs));
    if (this.#memberUntilMs > midnightMs && active(0.8)) add(1, (atMs) => this.#cutOut(atMs));
    if (this.#chance.next() < 0.004) add(1, (atMs) => this.#leaveUnpaid(atMs));
    const paid = this.#orders.find(({ state, refunded }) => state === 'paid' && refunded === 0n);
    if (paid !== undefined && this.#chance.next() < 0.0015) add(1, (atMs) => this.#payBack(paid, atMs));
    if (this.#refundable.length > 0 && this.#chance.next() < 0.008) add(1, (atMs) => this.#refund(atMs));
    deeds.push(...this.#membershipDeeds(midnightMs));
    return deeds;
  }

  #own(product: string): string {
    if (product === theirPlatform) return this.#platform;
    return product === theirProduct ? (this.#product ?? this.#platform) : product;
  }

  /** How often something is done on a day, with what is planted. */
  #times(product: string, active: boolean, usual: number, mine: readonly Planted[]): number {
    const plant = mine.find((candidate) => candidate.product === product);
    const count = Math.max(1, Math.round(this.#chance.around(usual, 0.35)));
    if (plant === undefined) return active ? count : 0;
    if (plant.kind === 'low') return 0;
    return plant.person === null ? (active ? count * 4 : 2) : this.#chance.whole(150, 220);
  }

  // ── Money in ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Recharges until there is enough; people like round amounts. */
  #afford(amount: bigint, atMs: number): void {
    while (this.#book.wallet(cny).available < amount) {
      const yuanToPay = amount > yuan('60') ? 500n : this.#chance.of([50n, 100n, 100n, 200n]);
      this.#recharge(yuanToPay * 1_000_000n, atMs - 30_000);
    }
  }

  #recharge(amount: bigint, atMs: number): void {
    const createdAtMs = atMs - this.#chance.whole(10, 120) * 1_000;
    const [id, rechargeId] = [this.#chance.id(createdAtMs), this.#chance.id(createdAtMs)];
    const wechatTransactionId = `42000${String(this.#chance.whole(0, 99_999)).padStart(5, '0')}${compactDay(atMs)}${String(this.#chance.whole(0, 9_999_999_999)).padStart(10, '0')}`;
    // WeChat's clock has whole seconds.
    const paidAtMs = Math.floor(atMs / 1_000) * 1_000;
    this.#orders.push({
      id,
      amount,
      state: 'paid',
      outTradeNo: this.#wechatNumber(id),
      rechargeId,
      createdAtMs,
      paidAtMs,
      wechatTransactionId,
      closedAtMs: null,
      refunded: 0n,
    });
    const batch = { source: 'wechat_native', expiresAtMs: null };
    const at = { occurredAtMs: paidAtMs, recordedAtMs: atMs };
    this.#book.bring(cny, { id: rechargeId, kind: 'recharge', note: wechatTransactionId }, amount, at, batch);
  }

  #leaveUnpaid(atMs: number): void {
    const id = this.#chance.id(atMs);
    this.#orders.push({
      id,
      amount: 100_000_000n,
      state: 'closed',
      outTradeNo: this.#wechatNumber(id),
      rechargeId: this.#chance.id(atMs),
      createdAtMs: atMs,
      paidAtMs: null,
      wechatTransactionId: null,
      closedAtMs: atMs + 15 * minuteMs,
      refunded: 0n,
    });
  }

  /** Part of a recharge goes back the way that it came. */
  #payBack(order: PersonOrder, atMs: number): void {
    const whole = (this.#book.wallet(cny).available / 10_000n) * 10_000n;
    const amount = whole < order.amount ? whole : order.amount;
    if (amount <= 0n) return;
    const id = this.#chance.id(atMs);
    const reason = '用户申请退款';
    order.refunded += amount;
    if (order.refunded === order.amount) order.state = 'refunded';
    this.#refunds.push({
      id,
      orderId: order.id,
      amount,
      reason,
      outRefundNo: this.#wechatNumber(id),
      returnId: this.#chance.id(atMs),
      createdAtMs: atMs,
      endedAtMs: atMs + 20_000,
    });
    const fingerprint = requestHash('adjustment', {
      id,
      asset: cny,
      amount: assetText(cny, -amount),
      reason,
    });
    this.#book.correct({ id, kind: 'adjustment', note: reason }, -amount, now(atMs), fingerprint);
  }

  #wechatNumber(id: string): string {
    return hash('sha256', `${this.#book.accountId} ${id}`, 'hex').slice(0, 32);
  }

  // ── Money out ─────────────────────────────────────────────────────────────────────────────────────────────

  #follow(atMs: number): void {
    const memberLevel = atMs < this.#memberUntilMs ? 'premium' : 'none';
    const quoted = quoteOfOne(this.#options.book, this.#platform, memberLevel);
    const amount = kthAmountUnder(quoted, 1);
    this.#afford(amount, atMs);
    this.#deviceSeq += 1;
    // One in a hundred was made without a network, and is told up to a day later.
    const late = this.#chance.next() < 0.01 ? this.#chance.whole(1, 24 * 60) * minuteMs : 0;
    this.#book.spend(
      cny,
      {
        id: this.#chance.id(atMs),
        kind: 'charge',
        platform: this.#platform,
        operation: 'follow',
        quantity: 1,
        targetUserId: `target-${this.#deviceSeq}`,
        pricing: { ...quoted, k: 1 },
        deviceId: 'year-desk',
        deviceSeq: this.#deviceSeq,
      },
      amount,
      { occurredAtMs: Math.max(this.#options.fromMs, atMs - late), recordedAtMs: atMs },
    );
    const row = this.#book.rows.at(-1);
    if (row !== undefined && this.#chance.next() < 0.05) this.#refundable.push(row);
  }

  #refund(atMs: number): void {
    const row = this.#refundable.shift();
    if (row === undefined) return;
    const { id: reversesId, platform, operation, targetUserId } = row.transaction;
    const draft = { id: this.#chance.id(atMs), kind: 'refund' as const, reversesId, note: '关注未生效' };
    const place = { platform, operation, targetUserId } as {
      platform: string;
      operation: string;
      targetUserId: string;
    };
    this.#book.giveBack(row, { ...draft, ...place }, now(atMs));
  }

  #call(product: 'chat' | 'writing' | 'analysis', atMs: number, long: boolean): void {
    const { metering } = this.#options;
    const sold = metering.products.find(({ id }) => id === product);
    if (sold === undefined) throw new Error(`there is no product ${product}`);
    const startedAtMs = atMs - this.#chance.whole(1_000, 40_000);
    const times = long ? 16 : 1;
    const used = {
      inputTokens: Math.round(this.#chance.around(1_400, 0.5)) * times,
      outputTokens: Math.round(this.#chance.around(700, 0.5)) * times,
    };
    const price = modelPriceAt(metering, sold.model, startedAtMs);
    // What it could cost at most is there, so that nothing of the year is owed.
    this.#afford(yuan(long ? '60.00' : '5.00'), atMs);
    const spendable = (asset: string) => this.#book.wallet(asset).spendable;
    const dues = duesOf({ product, paidBy: sold.paidBy, price, version: metering.version, spendable }, used);
    const id = this.#chance.id(startedAtMs);
    const paid = dues.map(({ asset, amount, quantity, rating }) => {
      const draft = {
        id: this.#chance.id(atMs),
        kind: 'charge' as const,
        platform: product,
        operation: callOperation,
        quantity,
        durationMs: atMs - startedAtMs,
        note: sold.model,
        ...(rating === undefined ? {} : { rating }),
      };
      const { id: transactionId } = this.#book.spend(asset, draft, amount, now(atMs));
      return { asset, amount: assetText(asset, amount), transactionId };
    });
    this.#usages.push({
      ...used,
      accountId: this.#book.accountId,
      id,
      requestHash: requestHash('usage', { id }),
      product,
      model: sold.model,
      startedAtMs,
      endedAtMs: atMs,
      outcome: this.#chance.next() < 0.02 ? 'cut_by_client' : 'finished',
      estimated: false,
      state: 'charged',
      warning: null,
      version: metering.version,
      paid,
      owed: [],
      recordedAtMs: atMs,
    });
  }

  #usePoints(atMs: number): void {
    const points = this.#book.wallet('POINT', 1_000n);
    const operation = this.#chance.of(['speech', 'video', 'script']);
    const usage =
      operation === 'script'
        ? { kind: 'uses' as const, count: 1 }
        : { kind: 'duration' as const, durationMs: this.#chance.whole(4_000, 40_000) };
    const rating = quoteUsage(this.#options.book, { platform: 'studio', operation, usage });
    if ('code' in rating) throw new Error(`${operation} has no price`);
    const amount = BigInt(rating.total);
    if (points.available < amount) this.#buyPackage('points_500', atMs);
    this.#book.spend('POINT', { ...useDraft(this.#chance.id(atMs), operation, rating) }, amount, now(atMs));
  }

  #cutOut(atMs: number): void {
    const images = this.#book.wallet('IMAGE_QUOTA');
    const quantity = this.#chance.whole(1, 4);
    if (images.available < BigInt(quantity)) return;
    const facts = { platform: 'cutout', operation: 'quota', quantity };
    this.#book.spend(
      'IMAGE_QUOTA',
      { id: this.#chance.id(atMs), kind: 'charge', ...facts },
      BigInt(quantity),
      now(atMs),
    );
    const row = this.#book.rows.at(-1);
    if (row === undefined || this.#chance.next() > 0.03) return;
    const draft = {
      id: this.#chance.id(atMs),
      kind: 'return' as const,
      reversesId: row.transaction.id,
      note: '失败',
    };
    this.#book.giveBack(row, { ...draft, platform: 'cutout', operation: 'quota' }, now(atMs + 1_000));
  }

  #buyPackage(id: 'points_500' | 'tokens_million', atMs: number): void {
    const sold = demoCatalogue.packages.find((candidate) => candidate.id === id);
    if (sold === undefined) throw new Error(`there is no package ${id}`);
    const price = yuan(sold.price);
    this.#afford(price, atMs - 1_000);
    const paidAt = now(atMs - 500);
    this.#book.spend(
      cny,
      { id: this.#chance.id(atMs), kind: 'charge', operation: 'package', note: id },
      price,
      paidAt,
    );
    const expiresAtMs = atMs + sold.validDays * dayMs;
    this.#grant(
      sold.asset,
      BigInt(sold.amount) + BigInt(sold.bonus),
      'purchase',
      id,
      atMs - 500,
      expiresAtMs,
    );
  }

  #grant(
    asset: string,
    amount: bigint,
    source: string,
    note: string,
    atMs: number,
    expiresAtMs: number,
  ): void {
    const expiresAt = new Date(expiresAtMs).toISOString();
    const draft = { id: this.#chance.id(atMs), kind: 'grant' as const, source, expiresAt, note };
    this.#book.bring(asset, draft, amount, now(atMs), { source, expiresAtMs });
  }

  // ── Memberships ───────────────────────────────────────────────────────────────────────────────────────────

  #membershipDeeds(midnightMs: number): Deed[] {
    if (!this.#likesMembership) return [];
    const due = this.#nextMembershipMs;
    if (due < midnightMs || due >= midnightMs + dayMs) return [];
    return [{ atMs: due, what: () => this.#member(due) }];
  }

  /** Begins a membership, renews the one that runs, or lets it end for two months. */
  #member(atMs: number): void {
    const [plan] = demoCatalogue.plans;
    if (plan === undefined) throw new Error('there is no plan');
    const current = this.#memberships.at(-1);
    const runs = current?.state === 'active' ? current : null;
    if (runs !== null && this.#chance.next() < 0.15) {
      runs.state = 'ended';
      this.#nextMembershipMs = atMs + 60 * dayMs;
      return;
    }
    const id = this.#chance.id(atMs);
    const price = yuan(plan.price);
    this.#afford(price, atMs);
    this.#book.spend(cny, { id, kind: 'charge', operation: 'membership', note: plan.id }, price, now(atMs));
    const membership: PersonMembership = runs ?? {
      id,
      planId: plan.id,
      beginsAtMs: atMs,
      months: 0,
      endsAtMs: atMs,
      state: 'active',
      payments: [],
    };
    if (runs === null) this.#memberships.push(membership);
    membership.months += 1;
    membership.endsAtMs = monthsAfter(membership.beginsAtMs, membership.months, yearZone);
    membership.payments.push({ id, fromMs: atMs, untilMs: membership.endsAtMs });
    for (const { asset, amount } of plan.quotas)
      this.#grant(asset, BigInt(amount), 'membership', plan.id, atMs, membership.endsAtMs);
    this.#memberUntilMs = membership.endsAtMs;
    this.#nextMembershipMs = membership.endsAtMs;
  }
}

function now(atMs: number): Moment {
  return { occurredAtMs: atMs, recordedAtMs: atMs };
}

function useDraft(id: string, operation: string, rating: UsageQuote) {
  const { usage } = rating;
  const facts = usage.kind === 'duration' ? { durationMs: usage.durationMs } : { quantity: 1 };
  return { id, kind: 'charge' as const, platform: 'studio', operation, ...facts, rating };
}

function compactDay(atMs: number): string {
  return new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '');
}

/** Few differ, and each is the same for everybody. */
const quotes = new Map<string, Exclude<ReturnType<typeof quote>, { code: unknown }>>();

function quoteOfOne(book: PriceBook, platform: string, memberLevel: 'none' | 'premium') {
  const key = `${book.version} ${platform} ${memberLevel}`;
  let known = quotes.get(key);
  if (known === undefined) {
    const quoted = quote(book, { platform, operation: 'follow', quantity: 1, memberLevel });
    if ('code' in quoted) throw new Error(`${platform} has no price`);
    known = quoted;
    quotes.set(key, known);
  }
  return known;
}
