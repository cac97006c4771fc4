/** A provider's bill that finance opens: a part of the contract between page and engine (ipc.ts), under the same rules. */
import { z } from 'zod';
import { BillLine, BillMapping, BillMappings, billColumns } from './api-bills.ts';
import { AmountSum, OperationId } from './api-words.ts';
import { TargetsReport } from './ipc-campaigns.ts';

/** A provider's bill that was opened. Line numbers count from 1, as an editor or a spreadsheet program shows them. */
export const BillFile = z.object({
  /** Of the open file; another one that is opened closes it. */
  id: OperationId,
  fileName: z.string(),
  encoding: TargetsReport.shape.encoding,
  /** Rows that have anything. */
  lines: z.int(),
  columns: z.int(),
  /** The first ones, shortened. */
  rows: z.array(z.object({ line: z.int(), cells: z.array(z.string()) })),
  /** What the headings look like; null: like nothing. */
  guess: BillMapping.nullable(),
  /** Of the business: days are cut in it. */
  timeZone: z.string(),
  /** How each provider was read last. */
  mappings: BillMappings.shape.items,
});
export type BillFile = z.infer<typeof BillFile>;
export const BillFault = z.object({
  line: z.int(),
  /** Absent where the line can't be taken apart at all. */
  column: z.enum(billColumns).optional(),
  reason: z.enum([
    'malformed',
    'empty',
    'day',
    'text',
    'amount',
    'too_precise',
    'quantity',
    'currency',
    'twice',
  ]),
  text: z.string(),
  /** Of a number that is there twice: the line that it repeats. */
  firstLine: z.int().optional(),
});
export type BillFault = z.infer<typeof BillFault>;
/** What a mapping makes of an open bill. */
export const BillPreview = z.object({
  /** `good` + `repeated` + `bad`. */
  lines: z.int(),
  good: z.int(),
  /** The same line, to the letter, under one number. */
  repeated: z.int(),
  bad: z.int(),
  total: AmountSum,
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  /** The first ones, at most 200, in line order. */
  faults: z.array(BillFault),
  /** The first lines as they would be sent. */
  first: z.array(BillLine),
  /** What the provider calls what it bills for, and what that is here. */
  items: z.array(z.object({ said: z.string(), item: z.string(), lines: z.int(), amount: AmountSum })),
});
export type BillPreview = z.infer<typeof BillPreview>;
/** Rows of margins that a workbook takes. */
export const marginRowsMax = 50_000;
/** The largest bill that is read, in bytes. */
export const billBytesMax = 30 * 1024 * 1024;
