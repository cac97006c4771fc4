/** The audit log in the HTTP contract: what an entry says, how entries are asked for, and what verifying found. */
import { z } from 'zod';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Instant = z.iso.datetime({ precision: 3 });
const Id = z.uuid();

/** The most entries that one page may carry. */
export const auditPageMax = 200;
/** Entries at fault that one verification lists. */
export const auditFaultsListedMax = 100;

/**
 * `done`; `replayed`: asked again under an id that was done before; `waiting`: for a second person; `refused`: nothing
 * was done, and why.
 */
export const AuditOutcome = z.enum(['done', 'replayed', 'waiting', 'refused']);
export type AuditOutcome = z.infer<typeof AuditOutcome>;

/** An entry as it is hashed: without personal data, which `origin` commits to. */
export const ChainedAuditEntry = z.strictObject({
  seq: z.int().min(1),
  at: Instant,
  traceId: z.string(),
  /** An endpoint's name, `command:` and a command's, or `sign_in`, `sign_in_failed`, `token_refused`, … */
  action: z.string(),
  outcome: AuditOutcome,
  /** Why it was refused. */
  code: z.string().optional(),
  actorId: Id.optional(),
  role: z.string().optional(),
  signInId: Id.optional(),
  /** The account that it was about. */
  aboutId: Id.optional(),
  /** What else it was about: an id, a route. */
  subject: z.string().optional(),
  reason: z.string().optional(),
  asked: z.unknown().optional(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  /** SHA-256 over what is kept beside the chain, with a salt. */
  origin: Sha256,
});
export type ChainedAuditEntry = z.infer<typeof ChainedAuditEntry>;

/** From where it was done, and what is personal in what was asked for. */
export const AuditOrigin = z.strictObject({
  ip: z.string().optional(),
  userAgent: z.string().optional(),
  deviceId: z.string().optional(),
  deviceName: z.string().optional(),
  /** Of a sign-in: the address that was given. */
  email: z.string().optional(),
  /** At a terminal: the user of the system. */
  systemUser: z.string().optional(),
  /** By path, such as `asked.email`. */
  personal: z.record(z.string(), z.string()).optional(),
});
export type AuditOrigin = z.infer<typeof AuditOrigin>;

export const AuditEntry = ChainedAuditEntry.extend({
  prevHash: Sha256,
  hash: Sha256,
  /** Null once it was erased. */
  from: AuditOrigin.nullable(),
  /** The present names of the accounts. */
  actorName: z.string().optional(),
  aboutName: z.string().optional(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditQuery = z.strictObject({
  /** Who acted. */
  actorId: Id.optional(),
  aboutId: Id.optional(),
  action: z.string().min(1).max(100).optional(),
  outcome: AuditOutcome.optional(),
  subject: z.string().min(1).max(200).optional(),
  fromInclusive: Instant.optional(),
  toExclusive: Instant.optional(),
  /** Anywhere in what is not personal. */
  text: z.string().min(1).max(200).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(auditPageMax).default(100),
});
export type AuditQuery = z.output<typeof AuditQuery>;
/** Which entries, however many pages they fill. */
export const AuditFilter = AuditQuery.omit({ cursor: true, limit: true });
export type AuditFilter = z.infer<typeof AuditFilter>;

export const AuditFault = z.object({
  /** The entry at fault; absent where it is not one entry. */
  seq: z.int().optional(),
  kind: z.enum([
    'missing_entries',
    'body_unreadable',
    'columns_differ',
    'chain_broken',
    'head_differs',
    'seal_differs',
    'origin_differs',
  ]),
  /** One sentence for the person who has to look. */
  detail: z.string(),
});
export type AuditFault = z.infer<typeof AuditFault>;

export const AuditVerification = z.object({
  /** The oldest that is kept, and the newest; `firstSeq` is one more than `lastSeq` where there is none. */
  firstSeq: z.int(),
  lastSeq: z.int(),
  head: Sha256,
  entries: z.int(),
  origins: z.int(),
  /** Of entries whose personal data was erased. */
  erased: z.int(),
  faults: z.array(AuditFault),
  checkedAt: Instant,
  /** Compact JWS (EdDSA) over `lastSeq`, `head` and `checkedAt`: whoever keeps it can prove what the end was. */
  jws: z.string(),
});
export type AuditVerification = z.infer<typeof AuditVerification>;
