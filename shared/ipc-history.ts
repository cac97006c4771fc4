/** The history and its export: a part of the contract between page and engine (ipc.ts), under the same rules. */
import { z } from 'zod';
import { Amount, AmountSum, Digest, OperationId, Platform } from './api-words.ts';
import { Transaction, TransactionKind } from './api.ts';
import { DeskProblem } from './ipc-words.ts';

export const HistoryFilter = z.strictObject({
  /** Days in the account's time zone, both inclusive, `YYYY-MM-DD`. */
  fromDay: z.iso.date().optional(),
  toDay: z.iso.date().optional(),
  kinds: z.array(TransactionKind).max(7).optional(),
  platforms: z.array(Platform).max(50).optional(),
  campaignId: z.string().max(100).optional(),
  /** Both inclusive, of the amount without its sign. */
  amountFrom: Amount.optional(),
  amountTo: Amount.optional(),
  /** Part of a target's or campaign's name or id, or of a note. */
  text: z.string().max(200).optional(),
});
export type HistoryFilter = z.infer<typeof HistoryFilter>;
/** The stretches of time that have a name; when they are depends on what day it is. */
export const HistoryRange = z.enum(['today', 'yesterday', 'week', 'month', 'thisMonth']);
/** A filter that a person gave a name. With a `range`, its days are worked out when it is shown, and the filter has none. */
export const HistoryView = z.strictObject({
  id: OperationId,
  name: z.string().trim().min(1).max(40),
  range: HistoryRange.nullable(),
  filter: HistoryFilter,
});
export type HistoryView = z.infer<typeof HistoryView>;
/** The most views that one account may keep on a desk. */
export const viewsMax = 50;
export const HistoryViews = z.object({ items: z.array(HistoryView).max(viewsMax) });
export const HistoryTotals = z.object({
  count: z.int(),
  /** Sums by kind and platform, in CNY; platform null where a kind has none. */
  groups: z.array(
    z.object({ kind: TransactionKind, platform: Platform.nullable(), count: z.int(), amount: AmountSum }),
  ),
  spent: AmountSum,
  received: AmountSum,
  net: AmountSum,
});
export type HistoryTotals = z.infer<typeof HistoryTotals>;
export const HistoryPage = z.object({
  items: z.array(Transaction),
  /** Pass as `beforeSeq` for the next page; null at the end. */
  nextBeforeSeq: z.int().nullable(),
});
export const BillCheck = z.object({
  ok: z.boolean(),
  checkedCount: z.int(),
  seq: z.int(),
  head: Digest,
  /** Whether the server's signature over the head was there and right; null when it could not be fetched. */
  signature: z.boolean().nullable(),
  firstBadSeq: z.int().nullable(),
});
export const SpendDay = z.object({
  day: z.iso.date(),
  platform: Platform,
  amount: AmountSum,
  count: z.int(),
});

/** What a bill may be written as. */
export const ExportFormat = z.enum(['xlsx', 'csv']);
export const ExportState = z.object({
  id: OperationId,
  format: z.enum([...ExportFormat.options, 'json']),
  phase: z.enum(['writing', 'done', 'cancelled', 'failed']),
  written: z.int(),
  /** 0 as long as nobody knows. */
  total: z.int(),
  /** The file's name; `download` is set where the page must fetch the file itself (the web shell). */
  fileName: z.string(),
  download: z.string().nullable(),
  problem: DeskProblem.nullable(),
});
export type ExportState = z.infer<typeof ExportState>;
