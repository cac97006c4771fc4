/** Backups on the wire: which there are, and whether each was proved to be one. No file of one ever passes here. */
import { z } from 'zod';

const Instant = z.iso.datetime({ precision: 3 });

export const Backup = z.object({
  id: z.uuid(),
  /** `verified`: restored into an empty database, which agreed with itself. `removed`: by the rule of what is kept. */
  state: z.enum(['writing', 'written', 'verified', 'failed', 'removed']),
  /** Made because it was due, not because somebody asked. */
  scheduled: z.boolean(),
  file: z.string(),
  /** Of the key that it is sealed with. */
  keyId: z.string(),
  begunAt: Instant,
  writtenAt: Instant.optional(),
  verifiedAt: Instant.optional(),
  bytes: z.int().optional(),
  rows: z.int().optional(),
  problem: z.string().optional(),
});
export type Backup = z.infer<typeof Backup>;

export const BackupList = z.object({
  items: z.array(Backup),
  /** False: the server was given no folder and no key for backups. */
  isSetUp: z.boolean(),
});
