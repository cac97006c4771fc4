/**
 * What a demo account has used beside follows in the weeks before the demonstration began: points, quotas and calls of
 * models, all paid for with units that it was given, so that its money is what the follows leave of it. Worked out from
 * seed and moment alone, like the rest of its past.
 */
import type { GrantSource } from '../../shared/api.ts';
import type { UsageBody } from '../../shared/api-metering.ts';
import type { Database } from '../database/database.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Metering } from '../metering/metering.ts';
import { usePoints, type PointsUse } from '../points/points.ts';
import { priceBookInForce } from '../pricing/price-books.ts';
import { beginWork, completeWork, failWork, type QuotaWork } from '../quotas/quotas.ts';
import { idAt } from './history.ts';
import { demoCatalogue } from './offers.ts';

export type UseStep =
  | {
      readonly kind: 'grant';
      readonly atMs: number;
      readonly id: string;
      readonly asset: string;
      readonly amount: bigint;
      readonly source: GrantSource;
      readonly expiresAtMs: number;
      readonly note: string;
    }
  | { readonly kind: 'points'; readonly atMs: number; readonly work: PointsUse }
  | { readonly kind: 'quota'; readonly atMs: number; readonly work: QuotaWork; readonly done: boolean }
  | { readonly kind: 'call'; readonly atMs: number; readonly body: UsageBody };

export interface UsesOptions {
  /** Tells one account's past from another's. */
  readonly seed: string;
  readonly endMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Days ago: what came in, and how many days from the end it lasts. */
const grants = [
  { ago: 30, asset: 'POINT', amount: 300n, source: 'gift', lasts: 150, note: '新用户体验积分' },
  { ago: 24, asset: 'IMAGE_QUOTA', amount: 30n, source: 'gift', lasts: 36, note: '图片额度体验包' },
  { ago: 24, asset: 'TEXT_TOKEN', amount: 60_000n, source: 'gift', lasts: 66, note: '文本额度体验包' },
  { ago: 16, asset: 'POINT', amount: 100n, source: 'campaign', lasts: 14, note: '秋季活动赠送' },
] as const;

const usedPoints = [
  { ago: 15, operation: 'script', usage: { kind: 'uses', count: 1 } },
  { ago: 15, operation: 'upload', usage: { kind: 'uses', count: 3 } },
  { ago: 11, operation: 'speech', usage: { kind: 'duration', durationMs: 42_300 } },
  { ago: 9, operation: 'video', usage: { kind: 'duration', durationMs: 28_400 } },
  { ago: 6, operation: 'script', usage: { kind: 'uses', count: 2 } },
  { ago: 4, operation: 'speech', usage: { kind: 'duration', durationMs: 8_600 } },
  { ago: 1, operation: 'speech', usage: { kind: 'duration', durationMs: 95_000 } },
] as const;

const usedQuotas = [
  { ago: 13, product: 'drawing', quantity: 4, done: true },
  { ago: 10, product: 'cutout', quantity: 2, done: true },
  { ago: 8, product: 'drawing', quantity: 1, done: false },
  { ago: 5, product: 'cutout', quantity: 3, done: true },
  { ago: 2, product: 'drawing', quantity: 2, done: true },
] as const;

/** One of them was cut, one told no tokens, one is of a model that has no price. */
const calls = [
  { ago: 14, product: 'copywriting', inputTokens: 812, outputTokens: 1_460 },
  { ago: 13, product: 'copywriting', inputTokens: 644, outputTokens: 980 },
  { ago: 12, product: 'replies', inputTokens: 2_310, outputTokens: 410 },
  { ago: 9, product: 'copywriting', inputTokens: 1_205, outputTokens: 2_032 },
  { ago: 8, product: 'replies', inputTokens: 1_870, outputTokens: 365, outcome: 'cut_by_client' },
  { ago: 7, product: 'captions', inputTokens: 1_024, outputTokens: 96 },
  { ago: 5, product: 'copywriting', inputTokens: 930, outputTokens: 1_118, usageKnown: false },
  { ago: 4, product: 'replies', inputTokens: 3_402, outputTokens: 688 },
  { ago: 3, product: 'copywriting', inputTokens: 1_566, outputTokens: 2_410 },
  { ago: 1, product: 'replies', inputTokens: 2_045, outputTokens: 512 },
] as const;

const modelOf: Readonly<Record<(typeof calls)[number]['product'], string>> = {
  copywriting: 'qwen-max',
  replies: 'gpt-4',
  captions: 'qwen-vl',
};

/** In the order of their times, the last of them a day before the end. */
export function planUses(options: UsesOptions): readonly UseStep[] {
  const { endMs } = options;
  // Each at an hour of its own, so that no two are at one time.
  const at = (ago: number, hour: number): number => endMs - ago * dayMs - hour * hourMs;
  const id = (atMs: number, what: string): string => idAt(atMs, `${options.seed} ${what}`);
  const steps: UseStep[] = [
    ...grants.map(({ ago, lasts, ...grant }, index) => {
      const atMs = at(ago, 5 + index);
      return {
        ...grant,
        kind: 'grant' as const,
        atMs,
        id: id(atMs, `grant ${index}`),
        expiresAtMs: endMs + lasts * dayMs,
      };
    }),
    ...usedPoints.map(({ ago, operation, usage }, index) => {
      const atMs = at(ago, index / 10);
      const work = { id: id(atMs, `points ${index}`), platform: 'studio', operation, usage };
      return { kind: 'points' as const, atMs, work };
    }),
    ...usedQuotas.map(({ ago, product, quantity, done }, index) => {
      const atMs = at(ago, 1 + index / 10);
      return {
        kind: 'quota' as const,
        atMs,
        work: { id: id(atMs, `quota ${index}`), product, quantity },
        done,
      };
    }),
    ...calls.map((call, index) => {
      const atMs = at(call.ago, 2 + index / 10);
      return { kind: 'call' as const, atMs, body: callBody(call, id(atMs, `call ${index}`), atMs) };
    }),
  ];
  return steps.toSorted((a, b) => a.atMs - b.atMs);
}

function callBody(call: (typeof calls)[number], id: string, atMs: number): UsageBody {
  const { product, inputTokens, outputTokens } = call;
  return {
    id,
    product,
    model: modelOf[product],
    inputTokens,
    outputTokens,
    // A token of output takes a hundredth of a second.
    startedAt: new Date(atMs - outputTokens * 10).toISOString(),
    endedAt: new Date(atMs).toISOString(),
    outcome: 'outcome' in call ? call.outcome : 'finished',
    usageKnown: !('usageKnown' in call),
  };
}

/** Does one step through the features that it belongs to, each of which takes it once. */
export async function postUse(
  desk: { readonly database: Database; readonly ledger: Ledger },
  accountId: string,
  step: UseStep,
): Promise<readonly object[]> {
  const { database, ledger } = desk;
  switch (step.kind) {
    case 'grant': {
      const { kind: _, atMs, ...grant } = step;
      return [await ledger.grant({ ...grant, accountId, occurredAtMs: atMs })];
    }
    case 'points': {
      const book = await priceBookInForce(database, step.atMs);
      return [await usePoints(ledger, accountId, step.work, { book, nowMs: step.atMs })];
    }
    case 'quota': {
      const { work, done, atMs } = step;
      const product = demoCatalogue.products.find(({ id }) => id === work.product) ?? null;
      const begun = await beginWork(ledger, accountId, work, { product, nowMs: atMs });
      const ended = done
        ? completeWork(ledger, accountId, work.id, atMs)
        : failWork(ledger, accountId, work.id);
      return [begun, await ended];
    }
    case 'call': {
      const metering = new Metering({ database, ledger, clock: () => step.atMs });
      return metering.record(accountId, [step.body]);
    }
    default:
      return step satisfies never;
  }
}
