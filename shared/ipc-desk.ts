/** What the page mirrors of the desk: a part of the contract between page and engine (ipc.ts), under the same rules. */
import { z } from 'zod';
import { PriceBook } from './api-prices.ts';
import { RechargeOrderState } from './api-selling.ts';
import { Amount, AmountSum, Digest, Instant, OperationId } from './api-words.ts';
import { Account, AlertSettings, Balance } from './api.ts';
import { Campaign, ExecutorChoice } from './ipc-campaigns.ts';
import { DeskProblem, Language, Theme } from './ipc-words.ts';

export const SessionState = z.object({
  /** `expired`: the sign-in ended while there is local data; charges wait until it is renewed. */
  phase: z.enum(['first_start', 'signed_out', 'signed_in', 'expired']),
  /** The server in use; null before one was chosen. */
  serverUrl: z.string().nullable(),
  /** True while the server is the embedded demonstration. */
  demo: z.boolean(),
  /** Whether the embedded demonstration server runs beside this desk and can be signed in to. */
  demoAvailable: z.boolean(),
  /** It is not there yet, and is on its way. */
  demoStarting: z.boolean(),
  account: Account.nullable(),
});
export type SessionState = z.infer<typeof SessionState>;

export const BalanceState = z.object({
  /** What the server last said. */
  server: Balance,
  /** Successes not yet charged by the server: how many, and what they come to. */
  pendingCount: z.int(),
  pendingAmount: AmountSum,
  /** Balance and available after the pending ones: what may be relied on. */
  balance: Amount,
  available: Amount,
  /** The rest of `balance`: set aside for campaigns. This desk's own reserve is not in it, for it may be relied on. */
  held: Amount,
  /** Whether `available` is below the low-balance threshold (alerts.lowBalance, when enabled). */
  low: z.boolean(),
});
export type BalanceState = z.infer<typeof BalanceState>;

export const SyncState = z.object({
  /** What the last request said; null before the first one. */
  online: z.boolean().nullable(),
  running: z.boolean(),
  lastSyncedAt: Instant.nullable(),
  lastProblem: DeskProblem.nullable(),
  pendingCount: z.int(),
  pendingAmount: AmountSum,
  /** Outbox items that need a person. */
  attentionCount: z.int(),
  /** What campaigns that start offline may spend; null while there is none. */
  reserve: z.object({ amount: Amount, remaining: Amount, expiresAt: Instant }).nullable(),
  /** Set while mirror and server disagree with nothing pending; charging is stopped until a person confirms it. */
  drift: z
    .object({
      local: z.object({ seq: z.int(), head: Digest, balance: Amount }),
      server: z.object({ seq: z.int(), head: Digest, balance: Amount }),
      /** The balance: server less desk. */
      difference: Amount.default('0.00'),
      /** When a person took note of it: charging goes on, and the difference stays shown until it is gone. */
      confirmedAt: Instant.nullable().default(null),
    })
    .nullable(),
  /** Numbers of this device's charges that the server has seen twice, or not at all, and no person has taken note of (S2). */
  numbers: z.object({ missing: z.array(z.int()), reused: z.array(z.int()) }).nullable(),
});
export type SyncState = z.infer<typeof SyncState>;

export const PricingState = z.object({ book: PriceBook, fetchedAt: Instant });
export type PricingState = z.infer<typeof PricingState>;

export const Settings = z.strictObject({
  language: Language,
  theme: Theme,
  /** Where a new campaign's executor choice starts from. */
  executor: ExecutorChoice,
  /** How many follows may run at once, and at most how many a minute (0: no limit). */
  concurrency: z.int().min(1).max(16),
  perMinuteMax: z.int().min(0).max(6_000),
  /** How much is set aside for starting offline: zero for none; null for a tenth of the balance, at most ¥100. */
  offlineReserve: Amount.nullable(),
  /** Whether the desk starts with the person's desktop. Only an installed app can follow it. */
  openAtLogin: z.boolean(),
});
export type Settings = z.infer<typeof Settings>;

/** A recharge order as the page shows it. */
export const RechargeView = z.object({
  id: OperationId,
  state: RechargeOrderState,
  amount: Amount,
  /** What is scanned; null once it cannot be paid any more. */
  codeUrl: z.string().nullable(),
  expiresAt: Instant,
  /** It was paid after it had been closed. */
  late: z.boolean(),
  /** Its money is in the mirror: the balance that is shown has it. */
  arrived: z.boolean(),
  /** The code is the address of the demonstration's own page, which may be opened instead. */
  scanPage: z.boolean(),
});
export type RechargeView = z.infer<typeof RechargeView>;

/** All of the page's mirror but lists of unbounded length. */
export const DeskState = z.object({
  session: SessionState,
  settings: Settings,
  balance: BalanceState.nullable(),
  pricing: PricingState.nullable(),
  sync: SyncState,
  alerts: AlertSettings.nullable(),
  /** Newest first, at most 200. */
  campaigns: z.array(Campaign),
  /** Version of the desk, and the folder its data is in. */
  about: z.object({
    version: z.string(),
    dataFolder: z.string(),
    /** What guards the sign-in that is kept for the next start: the system's key store, or the file's mode alone. */
    secretStore: z.enum(['system', 'file']),
    deviceId: z.string(),
    deviceName: z.string(),
  }),
});
export type DeskState = z.infer<typeof DeskState>;

/** A copy of the data folder's database. The name is the file's; the time is when it was begun. */
export const Backup = z.object({ name: z.string(), at: Instant, bytes: z.int() });
export type Backup = z.infer<typeof Backup>;
