/** What is held about a person, and forgetting it, in the HTTP contract. */
import { z } from 'zod';

/** Rows of one table that one answer may carry; more are in a backup. */
export const personalRowsMax = 10_000;

/** Rows by table, each as it is kept, numbers as text; addresses are opened, hashes of passwords left out. */
export const PersonalData = z.object({
  accountId: z.uuid(),
  takenAt: z.iso.datetime({ precision: 3 }),
  tables: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
  /** Tables of which there is more than `personalRowsMax`. */
  cutShort: z.array(z.string()),
  /** From where, and with what, acts of the account or about it were done. */
  audit: z.array(z.record(z.string(), z.unknown())),
});
export type PersonalData = z.infer<typeof PersonalData>;

export const EraseBody = z.strictObject({
  reason: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[^\0\uFEFF\p{Cs}]*$/u, 'must be plain text'),
});
export const Erased = z.object({
  accountId: z.uuid(),
  erasedAt: z.iso.datetime({ precision: 3 }),
  /** Origins of entries in the audit log that are gone. */
  origins: z.int(),
});
