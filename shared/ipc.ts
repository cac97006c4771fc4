/**
 * The contract between the page and the desk's engine: one table of commands (page → engine, each with an answer)
 * and one of events (engine → page). Both ends parse with it at run time. The page holds no rule and no money
 * arithmetic: what it shows, it was told here. Money is text in yuan, as on every wire.
 */
import { z } from 'zod';
import { Account, AlertSettings, Balance, Charge, Transaction, TransactionKind } from './api.ts';
import { PriceBook, Quote } from './api-prices.ts';
import { CatalogueId, RechargeOrderState } from './api-selling.ts';
import {
  Amount,
  AmountSum,
  Digest,
  Instant,
  Operation,
  OperationId,
  Platform,
  PositiveAmount,
  Quantity,
} from './api-words.ts';
import {
  billColumns,
  BillLine,
  BillMapping,
  BillMappings,
  ProviderBill,
  UnnamedChoice,
} from './api-bills.ts';
import { AuditFilter } from './api-audit.ts';
import { MarginRow, MarginsQuery, Report } from './api-finance.ts';
import { Answer, Question } from './ask.ts';
import { deskProblemCodes, serverProblemCodes } from './errors.ts';

// ── Words ───────────────────────────────────────────────────────────────────────────────────────────────────

/** A refusal as the page shows it: `problem.<code>` in the message files, filled with `params`. */
export const DeskProblem = z.object({
  code: z.enum([...serverProblemCodes, ...deskProblemCodes]),
  /** Values for the message's placeholders: amounts in yuan, names, numbers as text. Never a stack. */
  params: z.record(z.string(), z.string()).default({}),
  /** The input's field the refusal is about, as a path in the command's input. */
  field: z.string().optional(),
});
export type DeskProblem = z.infer<typeof DeskProblem>;

export const Language = z.enum(['zh-CN', 'en-US']);
export type Language = z.infer<typeof Language>;
export const Theme = z.enum(['system', 'light', 'dark', 'high-contrast']);

/** Does the money suffice: exactly one of `remaining` (left after it) and `shortfall` is there. */
export const BalanceCheck = z.object({
  sufficient: z.boolean(),
  required: Amount,
  available: Amount,
  remaining: Amount.optional(),
  shortfall: Amount.optional(),
});
export type BalanceCheck = z.infer<typeof BalanceCheck>;
export const CheckedQuote = z.object({
  quote: Quote,
  check: BalanceCheck,
  /**
   * Set when it would start offline, out of the reserve: each follow at the price of one, because the server promises
   * a bulk discount only with a hold. What is left of the reserve, and how many follows that lasts for.
   */
  offline: z.object({ reserveLeft: Amount, covers: z.int() }).optional(),
});
export type CheckedQuote = z.infer<typeof CheckedQuote>;

// ── State: what the page mirrors ────────────────────────────────────────────────────────────────────────────

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

export const ExecutorChoice = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('simulated'),
    /** The same seed gives the same outcomes. */
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
    /** How many of 100 follows fail. */
    failurePercent: z.int().min(0).max(100),
    latencyMs: z.int().min(0).max(60_000),
  }),
  z.strictObject({ kind: z.literal('http'), url: z.url({ protocol: /^https?$/ }).max(500) }),
]);
export type ExecutorChoice = z.infer<typeof ExecutorChoice>;

export const CampaignPhase = z.enum([
  'draft',
  'quoted',
  'confirmed',
  'running',
  'paused',
  'settling',
  'done',
  'cancelled',
]);
export type CampaignPhase = z.infer<typeof CampaignPhase>;
export const PauseReason = z.enum([
  'user',
  'insufficient',
  'threshold',
  'offline_reserve',
  'drift',
  'executor_down',
  'disk_full',
  'signed_out',
  /** The hold that follows an offline start would cost more than was agreed: resuming agrees to it (S7). */
  'price_changed',
]);
export type PauseReason = z.infer<typeof PauseReason>;
export const TaskPhase = z.enum(['queued', 'running', 'succeeded', 'failed', 'unknown', 'skipped']);
export type TaskPhase = z.infer<typeof TaskPhase>;

export const Campaign = z.object({
  id: OperationId,
  name: z.string(),
  platform: Platform,
  operation: Operation,
  executor: ExecutorChoice,
  phase: CampaignPhase,
  pauseReason: PauseReason.nullable(),
  /** Why it is paused or could not go on, in detail. */
  problem: DeskProblem.nullable(),
  /** Tasks by phase; `total` is their sum. */
  counts: z.object({
    total: z.int(),
    queued: z.int(),
    running: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    unknown: z.int(),
    skipped: z.int(),
  }),
  /** The quote last worked out; locked once confirmed. */
  quote: Quote.nullable(),
  /** What the successes so far cost, settled or pending. */
  spent: Amount,
  /** What of the hold is left for further successes; null before it is placed. */
  holdRemaining: Amount.nullable(),
  /** That hold is the desk's reserve, which other campaigns may spend as well. */
  onReserve: z.boolean(),
  /** Finished tasks a minute over the last minute, and seconds left at that rate; null when idle. */
  ratePerMinute: z.number().nullable(),
  secondsLeft: z.int().nullable(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
});
export type Campaign = z.infer<typeof Campaign>;

export const Task = z.object({
  id: OperationId,
  /** Its place in the campaign, from 1. */
  position: z.int(),
  targetUserId: z.string(),
  phase: TaskPhase,
  /** The executor's reason for a failure, as it gave it. */
  reason: z.string().nullable(),
  /** The charge's state, once there is one. */
  charge: z.enum(['queued', 'sending', 'unknown', 'settled', 'rejected', 'waived']).nullable(),
  amount: Amount.nullable(),
  finishedAt: Instant.nullable(),
});
export type Task = z.infer<typeof Task>;

/** What reading a list of targets came to. Bad and repeated lines are left out and told. */
export const TargetsReport = z.object({
  fileName: z.string().nullable(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'gb18030', 'xlsx']),
  lines: z.int(),
  good: z.int(),
  duplicates: z.int(),
  bad: z.int(),
  /** The first ones, at most 200, in line order. Line numbers count from 1 as an editor shows them. */
  problems: z
    .array(
      z.object({
        line: z.int(),
        text: z.string(),
        reason: z.enum([
          'duplicate',
          'empty_id',
          'too_long',
          'control_characters',
          'bad_characters',
          'malformed',
        ]),
        /** For a duplicate: the line it repeats. */
        firstLine: z.int().optional(),
      }),
    )
    .max(200),
});
export type TargetsReport = z.infer<typeof TargetsReport>;
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

/** The most targets one campaign may have. */
export const targetsMax = 100_000;

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

export const OutboxState = z.enum(['queued', 'sending', 'unknown', 'settled', 'rejected', 'waived']);
export type OutboxState = z.infer<typeof OutboxState>;
/** A rejected charge, seen from both sides, with the one thing that is recommended to do about it. */
export const OutboxConflict = z.object({
  /**
   * `accept_price`: pay what it costs now. `recharge`: then try again. `waive`: it has been charged already.
   * `wait`: try again when the account is in order. `from_balance`: retrying gives the reserve back, which does not
   * cover it, and takes it from the balance. `contact`: those who run the server must look.
   */
  action: z.enum(['accept_price', 'recharge', 'waive', 'wait', 'from_balance', 'contact']),
  /** What the desk reckoned with, what the server says, and server less desk. */
  local: Amount.nullable(),
  server: Amount.nullable(),
  difference: Amount.nullable(),
  /** The charge that a repeated target met. */
  earlierChargeId: z.string().nullable(),
});
export type OutboxConflict = z.infer<typeof OutboxConflict>;
export const OutboxItem = z.object({
  id: OperationId,
  deviceSeq: z.int(),
  state: OutboxState,
  platform: Platform,
  operation: Operation,
  targetUserId: z.string(),
  campaignId: z.string().nullable(),
  holdId: z.string().nullable(),
  amount: Amount,
  attempts: z.int(),
  nextTryAt: Instant.nullable(),
  problem: DeskProblem.nullable(),
  /** Set while it is rejected. */
  conflict: OutboxConflict.nullable(),
  waiveReason: z.string().nullable(),
  occurredAt: Instant,
  settledAt: Instant.nullable(),
});
export type OutboxItem = z.infer<typeof OutboxItem>;

/** A charge was sent: what came back. */
export const OutboxAttempt = z.object({
  /** 1, 2, 3 … */
  attempt: z.int(),
  at: Instant,
  outcome: z.enum(['settled', 'problem', 'no_answer']),
  /** The code of the server's problem, or why there was no answer. */
  reason: z.string(),
});
export type OutboxAttempt = z.infer<typeof OutboxAttempt>;

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

// ── History and export ──────────────────────────────────────────────────────────────────────────────────────

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
const HistoryViews = z.object({ items: z.array(HistoryView).max(viewsMax) });
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

/** A copy of the data folder's database. The name is the file's; the time is when it was begun. */
export const Backup = z.object({ name: z.string(), at: Instant, bytes: z.int() });
export type Backup = z.infer<typeof Backup>;

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

// ── Commands ────────────────────────────────────────────────────────────────────────────────────────────────

export interface Command {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}
const nothing = z.strictObject({});
const done = z.object({});
const byId = z.strictObject({ id: OperationId });

export const commands = {
  'desk.state': { input: nothing, output: DeskState },
  'session.connect': { input: z.strictObject({ serverUrl: z.string().max(500) }), output: done },
  'session.signIn': {
    input: z.strictObject({ email: z.string().max(254), password: z.string().max(200) }),
    output: Account,
  },
  /** Signs in to the embedded demonstration; `premium` chooses the premium member. */
  'session.startDemo': { input: z.strictObject({ member: z.enum(['plain', 'premium']) }), output: Account },
  /** Refused with `unsynced_charges` while the outbox is not empty, unless forced; nothing is lost either way. */
  'session.signOut': { input: z.strictObject({ force: z.boolean() }), output: done },
  'settings.update': { input: Settings.partial(), output: Settings },
  'alerts.update': { input: AlertSettings, output: AlertSettings },
  /** Whether the server says that it takes recharge orders, and the newest that waits to be paid; asked anew each time. */
  'recharge.offer': {
    input: nothing,
    output: z.object({ online: z.boolean(), pending: RechargeView.nullable() }),
  },
  /** Orders a recharge, in whole cents. Under the id of one that was ordered already it answers with that one. */
  'recharge.create': {
    input: z.strictObject({ id: OperationId, amount: PositiveAmount }),
    output: RechargeView,
  },
  'recharge.order': { input: byId, output: RechargeView },
  /** One that is paid meanwhile is answered as paid. */
  'recharge.close': { input: byId, output: RechargeView },
  /** Opens the demonstration's page to pay on, where the order's code is one. */
  'recharge.openScanPage': { input: byId, output: done },
  /** Asks the server itself; what may be asked is listed in `ask.ts`. */
  'server.ask': { input: Question, output: Answer },
  /** Price books that are published and not yet in force, soonest first; asked of the server each time. */
  'pricing.coming': {
    input: nothing,
    output: z.object({ items: z.array(z.object({ effectiveAt: Instant, book: PriceBook })) }),
  },
  /** Whether the balance suffices for something that is bought from it: what is set aside for working offline does not count. */
  'balance.check': { input: z.strictObject({ amount: Amount }), output: BalanceCheck },
  'price.calculate': {
    input: z.strictObject({ platform: Platform, operation: Operation, quantity: Quantity }),
    output: CheckedQuote,
  },
  'sync.now': { input: nothing, output: SyncState },
  /** The page saw a network appear, or somebody come back to it: what waits to be tried again is tried now. Answers at once. */
  'sync.wake': { input: nothing, output: done },
  /** A person has seen which numbers are missing or were used twice (S2). */
  'sync.noteNumbers': { input: nothing, output: SyncState },
  /** A person has seen both sides, the server's with this head, and lets charging go on (S4). */
  'sync.confirmDrift': { input: z.strictObject({ serverHead: Digest }), output: SyncState },

  /** Reads targets and keeps a draft. `base64` is a file's bytes; `text` is what was pasted. */
  'campaign.create': {
    input: z.strictObject({
      name: z.string().trim().min(1).max(100),
      platform: Platform,
      operation: Operation,
      executor: ExecutorChoice,
      targets: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('text'), text: z.string().max(40_000_000) }),
        z.strictObject({
          kind: z.literal('file'),
          fileName: z.string().max(255),
          base64: z.base64().max(60_000_000),
        }),
      ]),
    }),
    output: z.object({ campaign: Campaign, report: TargetsReport }),
  },
  /** Works the price out anew and checks the balance; the campaign becomes `quoted`. */
  'campaign.quote': { input: byId, output: CheckedQuote },
  /** Places the hold for `expectedTotal` and starts. Offline or too little money: refused, the draft is kept. */
  'campaign.confirm': { input: z.strictObject({ id: OperationId, expectedTotal: Amount }), output: Campaign },
  'campaign.pause': { input: byId, output: Campaign },
  'campaign.resume': { input: byId, output: Campaign },
  /** Ends it: nothing more is followed, what is left of the hold is released. */
  'campaign.cancel': { input: byId, output: Campaign },
  /** Removes a draft that was never confirmed. */
  'campaign.discard': { input: byId, output: done },
  'campaign.get': { input: byId, output: Campaign },
  /** The account's campaigns whose name holds `text`, newest first; all of them for an empty one. */
  'campaign.find': {
    input: z.strictObject({ text: z.string().max(100), limit: z.int().min(1).max(200) }),
    output: z.object({ items: z.array(Campaign) }),
  },
  /** What reading the campaign's targets came to, as it was told when it was created. */
  'campaign.report': { input: byId, output: TargetsReport },
  'campaign.tasks': {
    input: z.strictObject({
      id: OperationId,
      phase: TaskPhase.optional(),
      afterPosition: z.int().min(0),
      limit: z.int().min(1).max(500),
    }),
    output: z.object({ items: z.array(Task), total: z.int() }),
  },
  /** A person says what became of a follow whose outcome nobody else knows. */
  'campaign.decide': {
    input: z.strictObject({ taskId: OperationId, outcome: z.enum(['succeeded', 'failed']) }),
    output: Task,
  },

  'history.page': {
    input: z.strictObject({
      filter: HistoryFilter,
      beforeSeq: z.int().min(1).nullable(),
      limit: z.int().min(1).max(500),
    }),
    output: HistoryPage,
  },
  /** The row to page before, so that the first one shown is the last that was known by the end of a day. Null: none was. */
  'history.jump': {
    input: z.strictObject({ filter: HistoryFilter, day: z.iso.date() }),
    output: z.object({ beforeSeq: z.int().min(1).nullable() }),
  },
  /** The account's kept views on this desk, in the order of their names. Each change answers with all of them. */
  'view.list': { input: nothing, output: HistoryViews },
  /** Keeps a new one, or the same one under another name; a name that is taken is `input_invalid` with its field. */
  'view.keep': { input: HistoryView, output: HistoryViews },
  'view.remove': { input: byId, output: HistoryViews },
  'history.totals': { input: z.strictObject({ filter: HistoryFilter }), output: HistoryTotals },
  'history.verify': { input: nothing, output: BillCheck },
  /** One that is settled and not pulled yet is asked of the server. Null: there is no such charge, or none yet. */
  'history.charge': { input: byId, output: Charge.nullable() },
  /** Spending by day and platform of the last `days` days in the account's zone; days without any are absent. */
  'history.spend': { input: z.strictObject({ days: z.int().min(1).max(366) }), output: z.array(SpendDay) },

  /** Null: the person closed the save dialog. */
  'export.start': {
    input: z.strictObject({ filter: HistoryFilter, format: ExportFormat }),
    output: ExportState.nullable(),
  },
  /** The report of a campaign that was started: each target, its outcome and its charge. Null as above. */
  'export.campaign': { input: byId, output: ExportState.nullable() },
  /** A report of the business as it is shown, with formulas that add it up again. Null as above. */
  'export.figures': { input: z.strictObject({ report: Report }), output: ExportState.nullable() },
  /** Margins of a stretch of time, both days included, every row of them. Null as above. */
  'export.margins': {
    input: z.strictObject({
      by: MarginsQuery.shape.by,
      fromDay: z.iso.date(),
      toDay: z.iso.date(),
      rows: z.array(MarginRow).max(marginRowsMax),
      total: MarginRow.pick({ revenue: true, cost: true, margin: true }),
    }),
    output: ExportState.nullable(),
  },
  /** Entries of the server's audit log, newest first, with what proves each of them. Null as above. */
  'export.audit': { input: z.strictObject({ filter: AuditFilter }), output: ExportState.nullable() },
  /**
   * All that the server holds about an account, as it hands it over; that it did is in its audit log. `cutShort`: tables of
   * which there is more than it hands over. Null as above.
   */
  'export.person': {
    input: z.strictObject({ accountId: z.uuid() }),
    output: z.object({ state: ExportState, cutShort: z.array(z.string()) }).nullable(),
  },
  /** Reads a provider's bill; `base64` is the file's bytes. */
  'bill.open': {
    input: z.strictObject({
      fileName: z.string().min(1).max(200),
      base64: z.base64().max(Math.ceil(billBytesMax / 3) * 4),
    }),
    output: BillFile,
  },
  'bill.preview': { input: z.strictObject({ id: OperationId, mapping: BillMapping }), output: BillPreview },
  /**
   * Sends it. `leaveOut`: how many lines, of those that can't be read, a person agreed to; of any other number it is refused.
   * `unnamed`: what is to become of lines of earlier bills; where it is asked for (`bill_leaves_out`), `id` names the bill.
   */
  'bill.send': {
    input: z.strictObject({
      id: OperationId,
      provider: CatalogueId,
      mapping: BillMapping,
      leaveOut: z.int().min(0),
      unnamed: UnnamedChoice.optional(),
    }),
    output: ProviderBill,
  },
  'bill.close': { input: byId, output: done },
  'export.cancel': { input: byId, output: ExportState },
  'export.reveal': { input: byId, output: done },

  /** The log in one file without secrets. Null: the person closed the save dialog. `download` as for an export. */
  'logs.bundle': {
    input: nothing,
    output: z.object({ fileName: z.string(), download: z.string().nullable() }).nullable(),
  },
  'backup.list': { input: nothing, output: z.object({ folder: z.string(), items: z.array(Backup) }) },
  'backup.make': { input: nothing, output: Backup },
  /** Adds what is missing here; nothing is taken away. The engine starts anew afterwards. */
  'backup.restore': {
    input: z.strictObject({ name: z.string().max(100) }),
    output: z.object({ charges: z.int(), campaigns: z.int() }),
  },

  'outbox.list': {
    input: z.strictObject({
      states: z.array(OutboxState).max(6).optional(),
      beforeDeviceSeq: z.int().min(1).nullable(),
      limit: z.int().min(1).max(500),
    }),
    output: z.object({ items: z.array(OutboxItem), total: z.int() }),
  },
  /** Each time that a charge was sent, oldest first; of very many the first ones. */
  'outbox.attempts': { input: byId, output: z.object({ items: z.array(OutboxAttempt) }) },
  'outbox.retry': { input: byId, output: OutboxItem },
  'outbox.retryAll': { input: nothing, output: z.object({ count: z.int() }) },
  /** Agrees to the price that the server now asks for a charge that it refused as `price_changed` (S7). */
  'outbox.acceptPrice': {
    input: z.strictObject({
      id: OperationId,
      amount: Amount,
      /** Also for every other charge that `outbox.samePrice` counts. */
      others: z.boolean(),
    }),
    output: OutboxItem,
  },
  /** The other charges that the server refused because the same price has moved: how many, and what they cost more. */
  'outbox.samePrice': { input: byId, output: z.object({ count: z.int(), difference: Amount }) },
  /** Gives a charge up, for a reason that is kept. The row stays. */
  'outbox.waive': {
    input: z.strictObject({ id: OperationId, reason: z.string().trim().min(1).max(500) }),
    output: OutboxItem,
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof commands;
export type CommandInput<N extends CommandName> = z.infer<(typeof commands)[N]['input']>;
export type CommandOutput<N extends CommandName> = z.infer<(typeof commands)[N]['output']>;
/** A command's answer as it crosses the bridge: the output, or a refusal. Never an exception. */
export type CommandReply<N extends CommandName> =
  | { readonly ok: true; readonly output: CommandOutput<N> }
  | { readonly ok: false; readonly problem: DeskProblem };

// ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Each event carries the whole new value of its slice, so a missed one is mended by the next. */
export const events = {
  session: SessionState,
  settings: Settings,
  balance: BalanceState.nullable(),
  pricing: PricingState.nullable(),
  sync: SyncState,
  alerts: AlertSettings.nullable(),
  /** One campaign that changed, at most 5 a second each. `null` in `campaign`: it was discarded. */
  campaign: z.object({ id: OperationId, campaign: Campaign.nullable() }),
  /** New ledger rows came in, or rows changed: lists read again. */
  ledger: z.object({ lastSeq: z.int() }),
  outbox: z.object({ pendingCount: z.int() }),
  /** Something became of a recharge order: the one that is shown is asked for again. */
  recharge: z.object({}),
  /** Something was found, or somebody has seen it: how many nobody has seen is asked for again. */
  findings: z.object({}),
  export: ExportState,
  /** The engine stopped and is being started again (`down`), or is back (`up`): the page reads all state again. */
  engine: z.object({ status: z.enum(['down', 'up']) }),
  /** A link from outside asks the page to show a place. The shell sends it, once the page has read the state. */
  open: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('screen'),
      screen: z.enum(['balance', 'campaigns', 'pricing', 'history', 'outbox', 'membership', 'settings']),
    }),
    z.strictObject({ kind: z.literal('campaign'), id: OperationId }),
  ]),
  /** Something to tell the operator that is not an answer to what they just did. */
  notice: z.object({
    id: z.string(),
    kind: z.enum([
      'campaign_done',
      'campaign_paused',
      'campaign_resumed',
      'low_balance',
      'back_online',
      'went_offline',
      'drift',
      'price_changed',
      /** What became of follows can't be written: none is begun until there is room again. */
      'disk_full',
      /** The server has seen numbers of this device twice (`reused`), or not at all (`missing`): how many of each. */
      'numbers',
      /** The local database was damaged and set aside: `file`, and how many charges were `saved`. */
      'data_damaged',
    ]),
    params: z.record(z.string(), z.string()),
  }),
} as const satisfies Record<string, z.ZodType>;

export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.infer<(typeof events)[N]>;

/** What the preload script, or the web shell's socket, puts on the page as `window.desk`. */
export interface DeskBridge {
  readonly shell: 'electron' | 'web';
  invoke(name: string, input: unknown): Promise<unknown>;
  /** What the last engine left, until the next one is being started; null: nothing. A shell without it has none. */
  lastState?(): Promise<unknown>;
  /** Calls back with every event, unparsed; returns how to stop it. */
  subscribe(listener: (name: string, payload: unknown) => void): () => void;
}
