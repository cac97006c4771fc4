/**
 * Bills of providers in the HTTP contract: how a provider's file is read, its lines, and what they say beside what the
 * usage of a day was worked out to cost. A part of the HTTP contract (api.ts), under the same rules; days are those of the
 * business.
 */
import { z } from 'zod';
import { CatalogueId } from './api-selling.ts';
import { Amount, AmountSum, Digest, Instant, OperationId, plainText } from './api-words.ts';
import { BusinessDay, Count, Name } from './api-finance.ts';

const Reason = plainText(500);
/** How much of something was used: tokens, pieces, units of time or days. Whole; below zero where it is taken back. */
export const UsedQuantity = z.string().regex(/^(?:0|-?[1-9]\d*)$/);
/** Of one line; what many come to has no largest. */
const LineQuantity = UsedQuantity.regex(/^-?\d{1,12}$/);
const ColumnNumber = z.int().min(0).max(200);

/** Columns that a bill may have, and of which day, item and amount have to be there. */
export const billColumns = ['day', 'item', 'quantity', 'amount', 'currency', 'reference'] as const;
export type BillColumn = (typeof billColumns)[number];
export const billItemsMax = 500;

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Where a provider's file has what; columns count from 0. Kept, so that the next file is read like the last. */
export const BillMapping = z.strictObject({
  /** Lines above the first one that counts. */
  headerLines: z.int().min(0).max(50),
  day: ColumnNumber,
  item: ColumnNumber,
  amount: ColumnNumber,
  quantity: ColumnNumber.optional(),
  currency: ColumnNumber.optional(),
  /** The provider's own number of a line: the same one again, in whatever file, is the same line. */
  reference: ColumnNumber.optional(),
  /** In which order a day is written. */
  dayFormat: z.enum(['ymd', 'dmy', 'mdy']).default('ymd'),
  /** Where the provider's clock stands: a time of the day is of this zone unless it names its own. */
  timeZone: z.string().max(60).refine(isTimeZone, 'must be a time zone').default('Asia/Shanghai'),
  decimal: z.enum(['.', ',']).default('.'),
  amountIn: z.enum(['yuan', 'cents']),
  /** What one of the quantity's column stands for. */
  quantityIn: z.union([z.literal(1), z.literal(1_000), z.literal(10_000), z.literal(1_000_000)]).default(1),
  /** What the provider calls an item that goes by another name here. */
  items: z
    .array(z.strictObject({ said: Name, item: Name }))
    .max(billItemsMax)
    .default([]),
});
export type BillMapping = z.output<typeof BillMapping>;
export const ProviderMapping = z.object({ provider: CatalogueId, mapping: BillMapping, changedAt: Instant });
export const BillMappings = z.object({
  items: z.array(ProviderMapping),
  /** Of the business: a line's day is cut in it. */
  timeZone: z.string(),
});

/** Where the lines of a provider's file may end. */
const fileLinesMax = 10_000_000;
/** A line as it was read: of which day, for what, how much. Below zero is a credit. */
export const BillLine = z.strictObject({
  line: z.int().min(1).max(fileLinesMax),
  day: BusinessDay,
  item: Name,
  /** What the provider calls the item, where it is another name. */
  said: Name.optional(),
  quantity: LineQuantity.optional(),
  amount: Amount,
  reference: Name.optional(),
});
export type BillLine = z.infer<typeof BillLine>;
export const billLinesTogetherMax = 500;
export const billLinesMax = 200_000;
export const BillBody = z.strictObject({
  id: OperationId,
  provider: CatalogueId,
  fileName: Name,
  /** SHA-256 of the file's bytes: one file counts once. */
  fileHash: Digest,
  mapping: BillMapping,
  lines: z.int().min(1).max(billLinesMax),
  total: Amount,
  /** Lines of the file that a person chose not to import, such as its sums. */
  leftOut: z.int().min(0).max(fileLinesMax).default(0),
});
export const BillLinesBody = z.strictObject({ lines: z.array(BillLine).min(1).max(billLinesTogetherMax) });
const Unnamed = { lines: Count, amount: AmountSum };
/**
 * What becomes of lines of earlier bills that this one does not name. `kept`: it is one of several for its days; `replaced`:
 * it is all that there is of its days, and what it lacks counts no more. Of other lines than were seen nothing is done.
 */
export const UnnamedChoice = z.strictObject({ are: z.enum(['kept', 'replaced']), ...Unnamed });
export type UnnamedChoice = z.infer<typeof UnnamedChoice>;
/** Without a choice a bill counts only where it names whatever earlier ones have of its days (`bill_leaves_out`). */
export const BookBillBody = z.strictObject({ unnamed: UnnamedChoice.optional() });
/** Items that are listed at most; the sums are of all. */
export const unnamedItemsMax = 100;
/** Lines of earlier bills of the same provider, from the first to the last day of one, that it neither names nor has anew. */
export const UnnamedLines = z.object({
  provider: CatalogueId,
  /** The days that the bill covers. */
  from: BusinessDay,
  to: BusinessDay,
  ...Unnamed,
  /** The most money first. */
  items: z.array(
    z.object({
      item: z.string(),
      from: BusinessDay,
      to: BusinessDay,
      days: Count,
      lines: Count,
      amount: AmountSum,
    }),
  ),
});
export type UnnamedLines = z.infer<typeof UnnamedLines>;
export const ProviderBill = z.object({
  id: OperationId,
  provider: CatalogueId,
  fileName: z.string(),
  /** `booked`: it is there in full, and counts. */
  state: z.enum(['receiving', 'booked']),
  lines: Count,
  received: Count,
  leftOut: Count,
  total: Amount,
  /** Once it counts: its first and its last day. */
  from: BusinessDay.optional(),
  to: BusinessDay.optional(),
  /** At that moment: what the books had for its days and items, and how much more the provider takes. */
  workedOut: AmountSum.optional(),
  difference: AmountSum.optional(),
  /** What became of lines of earlier bills that it does not name; absent where there were none. */
  unnamed: UnnamedChoice.optional(),
  createdAt: Instant,
  bookedAt: Instant.optional(),
});
export type ProviderBill = z.infer<typeof ProviderBill>;

// ── Bills held against usage ────────────────────────────────────────────────────────────────────────────────

/**
 * `missing_here`: they take money and nothing was used; `missing_there`: it was used and is not billed; `state`: it was
 * used, and has no cost price here; `late`: it is on the day beside.
 */
export const CostDifferenceClass = z.enum(['missing_here', 'missing_there', 'amount', 'state', 'late']);
export type CostDifferenceClass = z.infer<typeof CostDifferenceClass>;
/** `settled`: the provider's figure was accepted; `disputed`: it is not, and says why. */
export const CostDifferenceState = z.enum(['open', 'proposed', 'settled', 'disputed']);
export type CostDifferenceState = z.infer<typeof CostDifferenceState>;

export const CostDifference = z.object({
  provider: CatalogueId,
  day: BusinessDay,
  item: z.string(),
  class: CostDifferenceClass,
  state: CostDifferenceState,
  theirs: z.object({ lines: Count, quantity: UsedQuantity.optional(), amount: AmountSum }),
  ours: z.object({
    /** Calls, pieces or days. */
    count: Count,
    quantity: UsedQuantity,
    /** By the cost prices in force. */
    workedOut: AmountSum,
    /** What accepted bills came to beyond that. */
    corrected: AmountSum,
    amount: AmountSum,
  }),
  /** What they have less what is here. */
  gap: AmountSum,
  decision: z
    .object({
      kind: z.enum(['accept', 'dispute']),
      by: z.uuid(),
      byName: z.string(),
      at: Instant,
      reason: z.string(),
      approvalId: z.uuid().optional(),
    })
    .optional(),
});
export type CostDifference = z.infer<typeof CostDifference>;

export const CostDifferencesQuery = z.strictObject({
  provider: CatalogueId.optional(),
  from: BusinessDay.optional(),
  /** Exclusive. */
  until: BusinessDay.optional(),
  class: CostDifferenceClass.optional(),
  state: CostDifferenceState.optional(),
  cursor: plainText(400).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});
export const costDifferencesTogetherMax = 500;
/** Both figures as the person saw them: where one has changed since, nothing is done. */
export const DecideCostsBody = z.strictObject({
  id: OperationId,
  provider: CatalogueId,
  of: z
    .array(z.strictObject({ day: BusinessDay, item: Name, theirs: AmountSum, ours: AmountSum }))
    .min(1)
    .max(costDifferencesTogetherMax),
  reason: Reason,
});
export type DecideCostsBody = z.infer<typeof DecideCostsBody>;
export const Disputed = z.object({ id: OperationId, count: Count });

/** The lines of theirs, and what there is of ours, that a difference comes of. */
export const CostEvidence = z.object({
  theirs: z.array(
    z.object({
      billId: OperationId,
      fileName: z.string(),
      line: Count,
      said: z.string(),
      quantity: UsedQuantity.optional(),
      amount: Amount,
      reference: z.string().optional(),
    }),
  ),
  ours: z.array(
    z.object({
      source: z.enum(['usage', 'piece', 'daily', 'bill']),
      product: z.string(),
      /** The day that it is booked on, where that is another one. */
      bookedOn: BusinessDay.optional(),
      priced: z.boolean(),
      count: Count,
      quantity: UsedQuantity,
      amount: AmountSum,
    }),
  ),
});
export type CostEvidence = z.infer<typeof CostEvidence>;
export const CostEvidenceQuery = z.strictObject({
  provider: CatalogueId,
  day: BusinessDay,
  item: Name,
});
/** Lines of theirs that the evidence names at most. */
export const evidenceLinesMax = 100;
