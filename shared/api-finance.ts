/**
 * What finance reads and keeps of the whole business: costs of third parties, reports, closed periods, budgets and
 * findings. A part of the HTTP contract (api.ts), under the same rules; who may, the table of routes says.
 * Days are those of the business, in the zone that the server is set to.
 */
import { z } from 'zod';
import { ModelId, Provider } from './api-metering.ts';
import { CatalogueId, UnitAsset } from './api-selling.ts';
import {
  Amount,
  AmountSum,
  Asset,
  Digest,
  Instant,
  NotNegativeAmount,
  Operation,
  OperationId,
  Platform,
  plainText,
  PositiveAmount,
  publishing,
} from './api-words.ts';

/** A day of the business, `2026-11-21`: within what every calendar here can count on from. */
export const BusinessDay = z.iso
  .date()
  .refine((day) => day >= '1971' && day < '9999', 'must be a day of the business');
/** A day in an answer: what is told of may have happened, by whoever told it, on any day at all. */
const ToldDay = z.string();
/** Whether the first day after a day, a month or a year is one that can be written, too. */
const ofTheBusiness = (text: string): boolean => text >= '1971' && text < '9998';
/** A month of the business, `2026-11`. */
export const BusinessMonth = z
  .string()
  .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/)
  .refine(ofTheBusiness, 'must be a month of the business');
/** A day, a month or a year. */
export const ReportPeriod = z
  .string()
  .regex(/^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$/)
  .refine(
    (text) => ofTheBusiness(text) && (text.length < 10 || BusinessDay.safeParse(text).success),
    'must be a day, a month or a year',
  );
export const Name = plainText(200);
export const Count = z.int().min(0);

// ── Costs ───────────────────────────────────────────────────────────────────────────────────────────────────

const priceHead = {
  provider: CatalogueId,
  effectiveAt: Instant.refine(ofTheBusiness, 'must be a time of the business'),
};
/** What a third party takes, from a time on. */
export const CostPrice = z.discriminatedUnion('basis', [
  /** A call of a model, by its tokens. */
  z.strictObject({
    ...priceHead,
    basis: z.literal('tokens'),
    model: ModelId,
    per: z.union([z.literal(1_000), z.literal(1_000_000)]),
    inputPrice: NotNegativeAmount,
    outputPrice: NotNegativeAmount,
  }),
  /** Each piece of what is charged, such as a task on a GPU. */
  z.strictObject({
    ...priceHead,
    basis: z.literal('piece'),
    product: Platform,
    operation: Operation,
    unitPrice: NotNegativeAmount,
  }),
  /** How long what is charged took; a unit that is begun counts whole. */
  z.strictObject({
    ...priceHead,
    basis: z.literal('time'),
    product: Platform,
    operation: Operation,
    unitMs: z.int().min(1).max(86_400_000),
    unitPrice: NotNegativeAmount,
  }),
  /** Every day, whatever is used, such as servers. */
  z.strictObject({ ...priceHead, basis: z.literal('day'), item: Name, unitPrice: NotNegativeAmount }),
]);
export type CostPrice = z.infer<typeof CostPrice>;
/** What finance counts an unspent unit at, in yuan: the deferred revenue of quotas and points. */
export const UnitValue = z.strictObject({
  asset: UnitAsset,
  value: NotNegativeAmount,
});
export const CostsContent = z.strictObject({
  providers: z.array(Provider).max(50),
  prices: z.array(CostPrice).max(2_000),
  unitValues: z.array(UnitValue).max(100),
});
export type CostsContent = z.infer<typeof CostsContent>;
export const PutCostsBody = CostsContent.extend(publishing);
export const Costs = z.object({
  version: z.int().min(0),
  publishedAt: Instant.optional(),
  ...CostsContent.shape,
});
export type Costs = z.infer<typeof Costs>;

/** One call with what it brought and what it cost. */
export const CostedUsage = z.object({
  id: OperationId,
  day: ToldDay,
  product: CatalogueId,
  model: ModelId,
  inputTokens: Count,
  outputTokens: Count,
  startedAt: Instant,
  /** In money; absent where only units paid. */
  paid: Amount.optional(),
  /** Absent where the model had no cost price. */
  cost: Amount.optional(),
  provider: CatalogueId.optional(),
  /** What was paid in money less what it cost; absent where one of the two is. */
  margin: Amount.optional(),
  /** The price that it was costed by. */
  price: z
    .object({
      effectiveAt: Instant,
      per: z.int(),
      inputPrice: Amount,
      outputPrice: Amount,
    })
    .optional(),
});
export type CostedUsage = z.infer<typeof CostedUsage>;

// ── Reports ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Sums of what happened, in money. */
export const MoneyMoves = z.object({
  recharged: AmountSum,
  /** Before refunds. */
  consumed: AmountSum,
  /** Given back to the balance. */
  refunded: AmountSum,
  /** Paid back the way that it came. */
  paidOut: AmountSum,
  /** Corrections, granted money and money that ended. Signed. */
  corrected: AmountSum,
});
export const UnitMoves = z.object({
  asset: Asset,
  opening: AmountSum,
  brought: AmountSum,
  used: AmountSum,
  returned: AmountSum,
  expired: AmountSum,
  corrected: AmountSum,
  closing: AmountSum,
  /** Of what is left and not owed, as finance counts a unit; absent where it has no value. */
  value: AmountSum.optional(),
  /** What finance counted a unit at. */
  unitValue: Amount.optional(),
});
export const MarginRow = z.object({
  /** A product, a model, an account or a day. */
  key: z.string(),
  /** Of an account, its name. */
  name: z.string().optional(),
  count: Count,
  /** Consumption less refunds. */
  revenue: AmountSum,
  cost: AmountSum,
  margin: AmountSum,
});
export type MarginRow = z.infer<typeof MarginRow>;
/** Shares are in hundredths of a percent: of the margin in its own revenue, of the revenue in that of all. */
export const MarginLine = MarginRow.extend({
  marginBasisPoints: z.int().optional(),
  revenueBasisPoints: z.int().optional(),
});
export type MarginLine = z.infer<typeof MarginLine>;
export const MarginTotal = MarginLine.pick({
  revenue: true,
  cost: true,
  margin: true,
  marginBasisPoints: true,
});
export const Report = z.object({
  period: ReportPeriod,
  /** The first day, and the first one after it. */
  from: BusinessDay,
  until: BusinessDay,
  timeZone: z.string(),
  state: z.enum(['open', 'closed']),
  asOf: Instant,
  money: MoneyMoves.extend({
    /** Of all accounts; what some owe is taken off. */
    opening: AmountSum,
    closing: AmountSum,
  }),
  /** What customers have paid for and not used at the end. */
  deferred: z.object({
    prepaid: AmountSum,
    owed: AmountSum,
    units: AmountSum,
    /**
     * Days of memberships that are paid for and still to come, without the units of months that have begun, which are in
     * `units`. Absent in a month that was closed before it was reckoned.
     */
    memberships: AmountSum.optional(),
    total: AmountSum,
  }),
  units: z.array(UnitMoves),
  costs: z.object({
    /** Worked out from usage. */
    usage: AmountSum,
    /** By the day. */
    daily: AmountSum,
    /** What bills came to beyond that. */
    bills: AmountSum,
    total: AmountSum,
    /** Calls whose model had no cost price. */
    unpriced: Count,
  }),
  margin: z.object({
    revenue: AmountSum,
    gross: AmountSum,
    /** Of the revenue, in hundredths of a percent; absent where there was none. */
    basisPoints: z.int().optional(),
  }),
  members: z.object({ new: Count, active: Count, ended: Count }),
  /** Of a closed period before it, and booked in this one. */
  late: MoneyMoves.extend({ count: Count, cost: AmountSum }),
  products: z.array(MarginRow),
  models: z.array(MarginRow),
  /** By day; of a year by month. */
  series: z.array(MoneyMoves.omit({ corrected: true }).extend({ key: z.string(), cost: AmountSum })),
  topUsers: z.array(MarginRow),
});
export type Report = z.infer<typeof Report>;
/** How a closed period stands in the chain of closings. */
export const Closing = z.object({
  month: BusinessMonth,
  closedAt: Instant,
  closedBy: z.uuid(),
  /** SHA-256 over the hash before it and the figures. */
  hash: Digest,
  /** The kept figures still give the hash, and the months beside it are linked to it. */
  intact: z.boolean(),
});
export type Closing = z.infer<typeof Closing>;
export const ReportAnswer = z.object({ report: Report, closing: Closing.optional() });
export const Closings = z.object({
  items: z.array(Closing),
  /** The month that may be closed next, and whether it is over; absent before there is anything. */
  next: z.object({ month: BusinessMonth, over: z.boolean() }).optional(),
});
export const CloseBody = z.strictObject({ month: BusinessMonth });

export const MarginsQuery = z.strictObject({
  by: z.enum(['product', 'model', 'user', 'day']),
  from: BusinessDay,
  /** Exclusive. */
  until: BusinessDay,
  cursor: plainText(400).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});

// ── Budgets and findings ────────────────────────────────────────────────────────────────────────────────────

export const budgetSharesPercent = [50, 80, 100] as const;
export const BudgetBody = z.strictObject({
  id: OperationId,
  month: BusinessMonth,
  /** Costs of a provider, or of a product; `all`: everything. */
  scope: z.enum(['all', 'provider', 'product']),
  /** Which one; empty with `all`. */
  name: plainText(60).or(z.literal('')),
  amount: PositiveAmount,
});
export const Budget = z.object({
  ...BudgetBody.shape,
  spent: AmountSum,
  /** Of the budget, whole. */
  percent: z.int(),
});
export type Budget = z.infer<typeof Budget>;

/** A day that is far from what was usual, with what it was judged by. Amounts are of `asset`. */
export const Unusual = z.object({
  kind: z.literal('unusual'),
  direction: z.enum(['high', 'low']),
  /** Absent: all accounts together. */
  accountId: z.uuid().optional(),
  accountName: z.string().optional(),
  product: z.string(),
  asset: Asset,
  day: ToldDay,
  amount: AmountSum,
  median: AmountSum,
  /** 1.4826 × the median distance from the median. */
  spread: AmountSum,
  limit: AmountSum,
  /** The days that it was compared with, oldest first. */
  history: z.array(z.object({ day: ToldDay, amount: AmountSum })),
});
export type Unusual = z.infer<typeof Unusual>;
export const OverBudget = z.object({
  kind: z.literal('budget'),
  budgetId: OperationId,
  month: BusinessMonth,
  scope: BudgetBody.shape.scope,
  name: z.string(),
  percent: z.union([z.literal(50), z.literal(80), z.literal(100)]),
  amount: Amount,
  spent: AmountSum,
});
export const Finding = z.object({
  id: OperationId,
  foundAt: Instant,
  seenAt: Instant.optional(),
  seenBy: z.uuid().optional(),
  what: z.discriminatedUnion('kind', [Unusual, OverBudget]),
});
export type Finding = z.infer<typeof Finding>;
