/**
 * Six weeks of a believable past for a demo account, worked out before any of it is posted: campaigns at different
 * times of day, top-ups when money ran low, a few refunds. Pure, and the same for the same seed and moment, so that
 * a seeding that was cut short goes on where it stopped. Every amount comes from the rating engine.
 */
import { createHash } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { ChargeBody, HoldBody } from '../../shared/api.ts';
import type { PriceBook } from '../../shared/api-prices.ts';
import type { MemberLevel } from '../../shared/api-words.ts';
import { amountUnder, kthAmountUnder, quote } from '../../shared/rating.ts';
import { yuan, type Micros } from '../../shared/money.ts';

export type HistoryStep =
  | {
      readonly kind: 'recharge';
      readonly atMs: number;
      readonly id: string;
      readonly amount: Micros;
      readonly note: string;
    }
  | { readonly kind: 'hold'; readonly atMs: number; readonly body: HoldBody }
  | { readonly kind: 'charges'; readonly atMs: number; readonly bodies: readonly ChargeBody[] }
  | { readonly kind: 'release'; readonly atMs: number; readonly holdId: string }
  | {
      readonly kind: 'refund';
      readonly atMs: number;
      readonly id: string;
      readonly chargeId: string;
      readonly reason: string;
    };

export interface HistoryOptions {
  /** Tells one account's past from another's. */
  readonly seed: string;
  readonly endMs: number;
  readonly memberLevel: MemberLevel;
  readonly book: PriceBook;
  /** What the account has left at the end. */
  readonly finalBalance: Micros;
}

/** Days before the last one that have a past. */
export const historyDays = 42;
/** The demo accounts live in China Standard Time, which has no summer time. */
const zoneOffsetMs = 8 * 3_600_000;
const dayMs = 86_400_000;
const minuteMs = 60_000;
const topUp = yuan('500.00');
/** What an operator likes to keep in hand when a campaign starts. */
const comfort = yuan('100.00');
const openingMin = yuan('300.00');
const chargesInBatchMax = 80;
const deviceId = 'demo-desk';

/** Which day it is, which number the device has reached, and what is to be told about it. */
interface CampaignPlace {
  readonly day: number;
  readonly ago: number;
  readonly firstDeviceSeq: number;
  readonly withRefund: boolean;
}

interface Campaign {
  readonly startMs: number;
  readonly steps: readonly HistoryStep[];
  readonly chargeCount: number;
  /** What its hold takes, and what its charges less its refund came to. */
  readonly needed: Micros;
  readonly spent: Micros;
}

/** All steps in the order of their times; after the last one the balance is `finalBalance`. */
export function planHistory(options: HistoryOptions): readonly HistoryStep[] {
  const today = Math.floor((options.endMs + zoneOffsetMs) / dayMs);
  const campaigns: Campaign[] = [];
  let firstDeviceSeq = 1;
  for (let ago = historyDays; ago >= 0; ago -= 1) {
    const restDay = ago > 0 && ago < historyDays && chance(options.seed, `rest ${ago}`) < 0.4;
    if (restDay) continue;
    const withRefund = ago >= 3 && campaigns.length % 5 === 2;
    const campaign = planCampaign(options, { day: today - ago, ago, firstDeviceSeq, withRefund });
    firstDeviceSeq += campaign.chargeCount;
    campaigns.push(campaign);
  }
  return withTopUps(options, campaigns);
}

function planCampaign(options: HistoryOptions, place: CampaignPlace): Campaign {
  const { ago } = place;
  const seed = `${options.seed} ${ago}`;
  const platform = ago === 0 || chance(seed, 'platform') < 0.6 ? 'xiaohongshu' : 'douyin';
  const quantity = quantityOf(seed, ago);
  const { startMs, gapMs } = timesOf(options, place, quantity);
  const quoted = quote(options.book, {
    platform,
    operation: 'follow',
    quantity,
    memberLevel: options.memberLevel,
  });
  if ('code' in quoted) throw new RangeError(`the demo's price book has no price for ${platform}`);

  const campaignId = idAt(startMs, `${seed} campaign`);
  const holdId = idAt(startMs, `${seed} hold`);
  const shared = { holdId, campaignId, platform, operation: 'follow', deviceId };
  const succeeded = Array.from({ length: quantity }, (_, index) => index).filter(
    (index) => chance(seed, `fails ${index}`) >= 0.04,
  );
  const charges = succeeded.map((index, position): ChargeBody => {
    const atMs = startMs + Math.floor(gapMs * (index + 1));
    return {
      ...shared,
      id: idAt(atMs, `${seed} charge ${index}`),
      targetUserId: `${platform === 'douyin' ? 'dy' : 'xhs'}_${digest(`${seed} target ${index}`).slice(0, 12)}`,
      deviceSeq: place.firstDeviceSeq + position,
      occurredAt: new Date(atMs).toISOString(),
    };
  });
  const endMs = startMs + Math.ceil(gapMs * quantity);
  const refund = place.withRefund ? refundOf(charges, endMs + 90 * minuteMs, seed) : null;
  return {
    startMs,
    steps: [
      {
        kind: 'hold',
        atMs: startMs,
        body: { id: holdId, campaignId, platform, operation: 'follow', quantity, deviceId },
      },
      ...inBatches(charges),
      { kind: 'release', atMs: endMs, holdId },
      ...(refund === null ? [] : [refund.step]),
    ],
    chargeCount: charges.length,
    needed: yuan(quoted.total),
    spent: amountUnder(quoted, charges.length) - (refund === null ? 0n : kthAmountUnder(quoted, refund.k)),
  };
}

/** Most campaigns are small; now and then one is large enough for the bulk price. */
function quantityOf(seed: string, ago: number): number {
  if (ago === 0) return 26;
  const share = chance(seed, 'quantity');
  return chance(seed, 'bulk') < 0.15 ? 101 + Math.floor(share * 50) : 15 + Math.floor(share * 50);
}

/** A start between 09:00 and 20:00, a follow every five to nine seconds; today's lies just before the end. */
function timesOf(
  options: HistoryOptions,
  { day, ago }: CampaignPlace,
  quantity: number,
): { readonly startMs: number; readonly gapMs: number } {
  const midnightMs = day * dayMs - zoneOffsetMs;
  if (ago === 0) {
    // Just after midnight the day is young: its campaign is squeezed into what there is of it.
    const startMs = Math.max(midnightMs, options.endMs - 20 * minuteMs);
    return { startMs, gapMs: (options.endMs - startMs) / (quantity + 1) };
  }
  const minute = 9 * 60 + Math.floor(chance(options.seed, `start ${ago}`) * 11 * 60);
  return {
    startMs: midnightMs + minute * minuteMs,
    gapMs: 5_000 + Math.floor(chance(options.seed, `gap ${ago}`) * 4_000),
  };
}

function inBatches(charges: readonly ChargeBody[]): HistoryStep[] {
  const steps: HistoryStep[] = [];
  for (let from = 0; from < charges.length; from += chargesInBatchMax) {
    const bodies = charges.slice(from, from + chargesInBatchMax);
    steps.push({ kind: 'charges', atMs: Date.parse(bodies.at(-1)?.occurredAt ?? ''), bodies });
  }
  return steps;
}

function refundOf(
  charges: readonly ChargeBody[],
  atMs: number,
  seed: string,
): { readonly step: HistoryStep; readonly k: number } | null {
  const index = Math.floor(charges.length / 2);
  const charge = charges[index];
  if (charge === undefined) return null;
  const reason = '对方账号已注销，关注未生效';
  return {
    step: { kind: 'refund', atMs, id: idAt(atMs, `${seed} refund`), chargeId: charge.id, reason },
    k: index + 1,
  };
}

/**
 * Puts an opening balance before the campaigns and top-ups of ¥500.00 between them. The opening takes up what does
 * not divide by 500; whatever top-ups were not needed on the way come together before the last full day.
 */
function withTopUps(options: HistoryOptions, campaigns: readonly Campaign[]): readonly HistoryStep[] {
  const toBring = campaigns.reduce((sum, { spent }) => sum + spent, options.finalBalance);
  const opening = openingMin + ((toBring - openingMin) % topUp);
  let left = (toBring - opening) / topUp;
  let balance = opening;
  const firstMs = (campaigns[0]?.startMs ?? options.endMs) - 60 * minuteMs;
  const steps: HistoryStep[] = [recharge(options.seed, firstMs, opening, '期初余额结转')];
  for (const [index, campaign] of campaigns.entries()) {
    const isLastFullDay = index === campaigns.length - 2;
    const missing = campaign.needed + comfort - balance;
    const times = isLastFullDay ? left : missing > 0n ? (missing + topUp - 1n) / topUp : 0n;
    if (times > left) throw new RangeError('the demo spends more than its final balance allows for');
    if (times > 0n)
      steps.push(recharge(options.seed, campaign.startMs - 10 * minuteMs, times * topUp, '微信充值'));
    left -= times;
    balance += times * topUp - campaign.spent;
    steps.push(...campaign.steps);
  }
  if (balance !== options.finalBalance) throw new RangeError('the demo does not end at its final balance');
  return steps;
}

function recharge(seed: string, atMs: number, amount: Micros, note: string): HistoryStep {
  return { kind: 'recharge', atMs, id: idAt(atMs, `${seed} recharge ${atMs}`), amount, note };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A number from 0 inclusive to 1 exclusive, always the same for the same words. */
function chance(seed: string, what: string): number {
  return Number.parseInt(digest(`${seed} ${what}`).slice(0, 12), 16) / 2 ** 48;
}

/** A UUIDv7 of that time, always the same for the same words. */
export function idAt(atMs: number, what: string): string {
  return uuidV7({ msecs: atMs, random: createHash('sha256').update(what).digest().subarray(0, 16) });
}
