/**
 * The contract between the page and the desk's engine: one table of commands (page → engine, each with an answer)
 * and one of events (engine → page). Both ends parse with it at run time. The page holds no rule and no money
 * arithmetic: what it shows, it was told here. Money is text in yuan, as on every wire. What they carry is described in
 * the files beside this one, area by area.
 */
import { z } from 'zod';
import { AuditFilter } from './api-audit.ts';
import { BillMapping, ProviderBill, UnnamedChoice } from './api-bills.ts';
import { MarginRow, MarginsQuery, Report } from './api-finance.ts';
import { PriceBook } from './api-prices.ts';
import { CatalogueId } from './api-selling.ts';
import {
  Amount,
  Digest,
  Instant,
  Operation,
  OperationId,
  Platform,
  PositiveAmount,
  Quantity,
} from './api-words.ts';
import { Account, AlertSettings, Charge } from './api.ts';
import { Answer, Question } from './ask.ts';
import { BillFile, BillPreview, billBytesMax, marginRowsMax } from './ipc-bills.ts';
import {
  BalanceCheck,
  Campaign,
  CheckedQuote,
  ExecutorChoice,
  TargetsReport,
  Task,
  TaskPhase,
} from './ipc-campaigns.ts';
import {
  Backup,
  BalanceState,
  DeskState,
  PricingState,
  RechargeView,
  SessionState,
  Settings,
  SyncState,
} from './ipc-desk.ts';
import {
  HistoryViews,
  BillCheck,
  ExportFormat,
  ExportState,
  HistoryFilter,
  HistoryPage,
  HistoryTotals,
  HistoryView,
  SpendDay,
} from './ipc-history.ts';
import { OutboxAttempt, OutboxItem, OutboxState } from './ipc-outbox.ts';
import type { DeskProblem } from './ipc-words.ts';

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
