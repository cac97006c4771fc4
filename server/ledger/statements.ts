/**
 * The ledger's writing SQL, and the reading it does under the account's lock: each statement takes or gives a whole
 * set of rows. It must never decide anything; that is the posting's.
 */
import assert from 'node:assert/strict';
import {
  AlertSettings,
  alertSettingsDefault,
  type Alert,
  type MemberLevel,
  type Quote,
  type Transaction,
} from '../../shared/api.ts';
import { debtLimitDefault } from '../../shared/assets.ts';
import type { Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';

// ── Records, as the ledger holds them in memory ─────────────────────────────────────────────────────────────

export interface AccountFacts {
  readonly frozen: boolean;
  readonly memberLevel: MemberLevel;
  readonly timeZone: string;
}

/** A batch of money; only `remaining` ever changes. */
export interface Grant {
  readonly id: string;
  readonly amount: Micros;
  remaining: Micros;
  /** The smallest is used first. */
  readonly priority: number;
  readonly source: string;
  readonly effectiveAtMs: number;
  readonly expiresAtMs: number | null;
}

export interface GrantUse {
  readonly seq: number;
  readonly grantId: string;
  /** Below zero: given back. */
  readonly amount: Micros;
}

export interface HoldRecord {
  readonly id: string;
  /** `units`: of an asset beside money, for a service. */
  readonly kind: 'campaign' | 'reserve' | 'units';
  readonly asset: string;
  /** What units are set aside for; null on a hold of money. */
  readonly service: string | null;
  state: 'open' | 'closed' | 'expired';
  readonly campaignId: string | null;
  /** The locked price; null on a reserve, and on units. */
  readonly quote: Quote | null;
  readonly amount: Micros;
  captured: Micros;
  capturedCount: number;
  /** How many were charged at the locked price after the hold had ended. */
  lateCount: number;
  released: Micros;
  /** Null on units. */
  readonly deviceId: string | null;
  readonly requestHash: string;
  readonly createdAtMs: number;
  expiresAtMs: number;
}

export interface TransactionRow {
  readonly transaction: Transaction;
  /** The transaction's JSON. */
  readonly body: string;
  readonly amount: Micros;
  readonly balanceAfter: Micros;
  readonly requestHash: string;
  /** The one batch that it came from or went back to, if there is just one. */
  readonly grantId: string | undefined;
}

export interface DailyTotal {
  readonly day: string;
  readonly kind: Transaction['kind'];
  readonly platform: string;
  count: number;
  amount: Micros;
}

export interface AccountEvent {
  readonly n: number;
  readonly kind: 'balance' | 'hold' | 'alert' | 'order';
  readonly body: Readonly<Record<string, unknown>>;
}

/** Rows travel as one JSON parameter; a bigint crosses as text and is cast by the column's type. */
function rowsJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

// ── Reading under the lock ──────────────────────────────────────────────────────────────────────────────────

export interface Head {
  readonly lastSeq: number;
  readonly head: string;
  readonly lastEvent: number;
  /** The account was told that its money runs low and has not recovered since. */
  readonly lowBalance: boolean;
}

/** Thrown by the first posting of an account, which has to make the row that postings lock and then start again. */
export class NoHeadYet extends Error {
  constructor(accountId: string) {
    super(`account ${accountId} has no ledger head`);
    this.name = 'NoHeadYet';
  }
}

/** Waits for the account's lock and returns the end of its chain. Throws NoHeadYet. */
export async function lockHead(tx: Queryable, accountId: string): Promise<Head> {
  const [row] = await tx.query<{
    readonly last_seq: bigint;
    readonly head: string;
    readonly last_event: bigint;
    readonly low_balance: boolean;
  }>(
    // Until the transaction ends, the rows that it writes are sealed.
    `SELECT last_seq, head, last_event, low_balance, set_config('zhangtai.posting', 'on', true)
     FROM ledger_heads WHERE account_id = $1 FOR UPDATE`,
    [accountId],
  );
  if (row === undefined) throw new NoHeadYet(accountId);
  return {
    lastSeq: Number(row.last_seq),
    head: row.head,
    lastEvent: Number(row.last_event),
    lowBalance: row.low_balance,
  };
}

/** In a transaction of its own, before the postings that need them. */
export async function addHeads(db: Queryable, accountIds: readonly string[]): Promise<void> {
  await db.query(
    `INSERT INTO ledger_heads (account_id)
     SELECT id FROM set_config('zhangtai.posting', 'on', true), unnest($1::uuid[]) AS id
     ON CONFLICT DO NOTHING`,
    [accountIds],
  );
}

export interface WalletState {
  readonly balance: bigint;
  readonly held: bigint;
  /** How far the balance may go below zero; 0 on a strict wallet. */
  readonly debtLimit: bigint;
}

export interface AccountState extends WalletState {
  readonly account: AccountFacts;
  readonly alerts: AlertSettings;
  /** Sealed, as a mail's row has it; empty where there is none. */
  readonly alertAddress: string;
}

export async function loadAccount(tx: Queryable, accountId: string, asset: string): Promise<AccountState> {
  interface Row {
    readonly frozen: boolean;
    readonly member_level: MemberLevel;
    readonly time_zone: string;
    readonly balance: bigint;
    readonly held: bigint;
    readonly debt_limit: bigint;
    readonly alerts: string | null;
    readonly alert_address: string | null;
  }
  const [row] = await tx.query<Row>(
    `SELECT a.frozen, a.member_level, a.time_zone, coalesce(w.balance, 0) AS balance, coalesce(w.held, 0) AS held,
       coalesce(w.debt_limit, 0) AS debt_limit, s.body AS alerts, s.address AS alert_address
     FROM accounts a LEFT JOIN wallets w ON w.account_id = a.id AND w.asset = $2
       LEFT JOIN alert_settings s ON s.account_id = a.id
     WHERE a.id = $1`,
    [accountId, asset],
  );
  assert(row !== undefined, `there is no account ${accountId}`);
  return {
    account: { frozen: row.frozen, memberLevel: row.member_level, timeZone: row.time_zone },
    balance: row.balance,
    held: row.held,
    debtLimit: row.debt_limit,
    alerts: row.alerts === null ? alertSettingsDefault : AlertSettings.parse(JSON.parse(row.alerts)),
    alertAddress: row.alert_address ?? '',
  };
}

/** One more asset of the account; a wallet that is not there yet is empty. */
export async function loadWallet(tx: Queryable, accountId: string, asset: string): Promise<WalletState> {
  const [row] = await tx.query<{ balance: bigint; held: bigint; debt_limit: bigint }>(
    'SELECT balance, held, debt_limit FROM wallets WHERE account_id = $1 AND asset = $2',
    [accountId, asset],
  );
  if (row === undefined) return { balance: 0n, held: 0n, debtLimit: debtLimitDefault(asset) };
  return { balance: row.balance, held: row.held, debtLimit: row.debt_limit };
}

/** Batches with something left in the order in which they are used: priority, earliest expiry, age. */
export function loadUnspentGrants(tx: Queryable, accountId: string, asset: string): Promise<Grant[]> {
  return grantsWhere(
    tx,
    `WHERE account_id = $1 AND asset = $2 AND remaining > 0
     ORDER BY priority, expires_at_ms NULLS LAST, effective_at_ms, id`,
    [accountId, asset],
  );
}

export function loadGrants(tx: Queryable, accountId: string, ids: readonly string[]): Promise<Grant[]> {
  return grantsWhere(tx, 'WHERE account_id = $1 AND id = ANY($2::uuid[])', [accountId, ids]);
}

async function grantsWhere(
  tx: Queryable,
  where:
    | 'WHERE account_id = $1 AND id = ANY($2::uuid[])'
    | `WHERE account_id = $1 AND asset = $2 AND remaining > 0${string}`,
  params: readonly unknown[],
): Promise<Grant[]> {
  interface Row {
    readonly id: string;
    readonly amount: bigint;
    readonly remaining: bigint;
    readonly priority: number;
    readonly source: string;
    readonly effective_at_ms: bigint;
    readonly expires_at_ms: bigint | null;
  }
  const rows = await tx.query<Row>(
    `SELECT id, amount, remaining, priority, source, effective_at_ms, expires_at_ms FROM grants ${where}`,
    params,
  );
  return rows.map((row) => ({
    id: row.id,
    amount: row.amount,
    remaining: row.remaining,
    priority: row.priority,
    source: row.source,
    effectiveAtMs: Number(row.effective_at_ms),
    expiresAtMs: row.expires_at_ms === null ? null : Number(row.expires_at_ms),
  }));
}

export interface HoldRow {
  readonly id: string;
  readonly kind: HoldRecord['kind'];
  readonly asset: string;
  readonly service: string | null;
  readonly state: HoldRecord['state'];
  readonly campaign_id: string | null;
  readonly quote: Quote | null;
  readonly amount: bigint;
  readonly captured: bigint;
  readonly captured_count: bigint;
  readonly late_count: bigint;
  readonly released: bigint;
  readonly device_id: string | null;
  readonly request_hash: string;
  readonly created_at_ms: bigint;
  readonly expires_at_ms: bigint;
}

export const holdColumns = `id, kind, asset, service, state, campaign_id, quote, amount, captured, captured_count, late_count,
  released, device_id, request_hash, created_at_ms, expires_at_ms`;

export function holdOf(row: HoldRow): HoldRecord {
  return {
    id: row.id,
    kind: row.kind,
    asset: row.asset,
    service: row.service,
    state: row.state,
    campaignId: row.campaign_id,
    quote: row.quote,
    amount: row.amount,
    captured: row.captured,
    capturedCount: Number(row.captured_count),
    lateCount: Number(row.late_count),
    released: row.released,
    deviceId: row.device_id,
    requestHash: row.request_hash,
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
  };
}

/** These holds, whatever they are of, and the open ones of these assets whose time is over. */
export async function loadHolds(
  tx: Queryable,
  accountId: string,
  assets: readonly string[],
  ids: readonly string[],
  nowMs: number,
): Promise<HoldRecord[]> {
  const rows = await tx.query<HoldRow>(
    `SELECT ${holdColumns} FROM holds
     WHERE account_id = $1
       AND (id = ANY($2::uuid[]) OR (state = 'open' AND expires_at_ms <= $3 AND asset = ANY($4::text[])))`,
    [accountId, ids, nowMs, assets],
  );
  return rows.map(holdOf);
}

export interface KnownTransaction {
  readonly requestHash: string;
  readonly transaction: Transaction;
}

/** What these ids already stand for, by id. */
export async function loadKnown(
  tx: Queryable,
  accountId: string,
  ids: readonly string[],
): Promise<Map<string, KnownTransaction>> {
  // One probe an id: without statistics (PGlite never gathers any) a join might read the whole account instead.
  const rows = await tx.query<{ id: string; request_hash: string; body: string }>(
    `SELECT t.id, t.request_hash, t.body
     FROM unnest($2::uuid[]) AS wanted (id)
     CROSS JOIN LATERAL (
       SELECT id, request_hash, body FROM transactions WHERE id = wanted.id AND account_id = $1 LIMIT 1
     ) t`,
    [accountId, ids],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      { requestHash: row.request_hash, transaction: JSON.parse(row.body) as Transaction },
    ]),
  );
}

/** A charge's target; without a campaign of its own it belongs to its hold's. */
export interface Target {
  readonly campaignId: string | undefined;
  readonly holdId: string | undefined;
  readonly platform: string;
  readonly operation: string;
  readonly targetUserId: string;
}

/** Which of these targets were charged before in their campaign: the charge's id by place in `targets`. */
export async function loadChargedTargets(
  tx: Queryable,
  accountId: string,
  targets: readonly Target[],
): Promise<Map<number, string>> {
  if (targets.length === 0) return new Map();
  const rows = await tx.query<{ place: bigint; id: string }>(
    `SELECT wanted.place, t.id
     FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY
       AS wanted (campaign_id, hold_id, platform, operation, target_user_id, place)
     LEFT JOIN holds h ON h.account_id = $1 AND h.id = wanted.hold_id
     CROSS JOIN LATERAL (
       SELECT id FROM transactions
       WHERE account_id = $1 AND kind = 'charge' AND campaign_id IS NOT NULL
         AND campaign_id = coalesce(wanted.campaign_id, h.campaign_id)
         AND target_user_id = wanted.target_user_id
         AND platform = wanted.platform AND operation = wanted.operation
       LIMIT 1
     ) t`,
    [
      accountId,
      targets.map((target) => target.campaignId),
      targets.map((target) => target.holdId),
      targets.map((target) => target.platform),
      targets.map((target) => target.operation),
      targets.map((target) => target.targetUserId),
    ],
  );
  return new Map(rows.map((row) => [Number(row.place) - 1, row.id]));
}

/** How much of each batch a charge still has, after what its reversals gave back; last used first. */
export async function loadUnreturnedUses(
  tx: Queryable,
  accountId: string,
  charge: Pick<Transaction, 'id' | 'seq'>,
): Promise<{ grantId: string; amount: Micros }[]> {
  const rows = await tx.query<{ grant_id: string; amount: bigint }>(
    `WITH rows AS (
       SELECT seq, grant_id, amount FROM transactions
       WHERE account_id = $1 AND (seq = $2 OR reverses_id = $3)
     ), uses AS (
       SELECT grant_id, -amount AS amount FROM rows WHERE grant_id IS NOT NULL
       UNION ALL
       SELECT u.grant_id, u.amount FROM grant_uses u JOIN rows ON u.account_id = $1 AND u.seq = rows.seq
     )
     SELECT g.id AS grant_id, sum(uses.amount) AS amount
     FROM uses JOIN grants g ON g.account_id = $1 AND g.id = uses.grant_id
     GROUP BY g.account_id, g.id
     HAVING sum(uses.amount) > 0
     ORDER BY g.priority DESC, g.expires_at_ms DESC NULLS FIRST, g.effective_at_ms DESC, g.id DESC`,
    [accountId, charge.seq, charge.id],
  );
  return rows.map((row) => ({ grantId: row.grant_id, amount: row.amount }));
}

// ── Writing ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The rows are of one account and asset, numbered without a gap. */
export async function addTransactions(
  tx: Queryable,
  accountId: string,
  asset: string,
  rows: readonly TransactionRow[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const of = <T>(column: (row: TransactionRow) => T): T[] => rows.map(column);
  await tx.query(
    `INSERT INTO transactions (account_id, asset, recorded_at_ms, seq, id, kind, amount, balance_after, platform,
       operation, target_user_id, campaign_id, hold_id, reverses_id, grant_id, occurred_at_ms, request_hash, hash,
       body, seal)
     SELECT $1, $2, $3, $4::bigint + r.place - 1, r.id, r.kind, r.amount, r.balance_after, r.platform, r.operation,
       r.target_user_id, r.campaign_id, r.hold_id, r.reverses_id, r.grant_id, r.occurred_at_ms, r.request_hash,
       r.hash, r.body, transaction_seal(r.hash, r.request_hash, r.grant_id)
     FROM unnest($5::uuid[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::text[],
       $12::text[], $13::uuid[], $14::uuid[], $15::uuid[], $16::bigint[], $17::text[], $18::text[],
       string_to_array($19::text, E'\\n')) WITH ORDINALITY
       AS r (id, kind, amount, balance_after, platform, operation, target_user_id, campaign_id, hold_id, reverses_id,
         grant_id, occurred_at_ms, request_hash, hash, body, place)`,
    [
      accountId,
      asset,
      Date.parse(first.transaction.recordedAt),
      first.transaction.seq,
      of(({ transaction }) => transaction.id),
      of(({ transaction }) => transaction.kind),
      of((row) => row.amount),
      of((row) => row.balanceAfter),
      of(({ transaction }) => transaction.platform),
      of(({ transaction }) => transaction.operation),
      of(({ transaction }) => transaction.targetUserId),
      of(({ transaction }) => transaction.campaignId),
      of(({ transaction }) => transaction.holdId),
      of(({ transaction }) => transaction.reversesId),
      of((row) => row.grantId),
      of(({ transaction }) => Date.parse(transaction.occurredAt)),
      of((row) => row.requestHash),
      of(({ transaction }) => transaction.hash),
      // JSON text has no line feed of its own, and a whole text costs a fraction of an array of escaped ones.
      of((row) => row.body).join('\n'),
    ],
  );
}

export async function addGrants(
  tx: Queryable,
  accountId: string,
  asset: string,
  grants: readonly Grant[],
): Promise<void> {
  if (grants.length === 0) return;
  await tx.query(
    `INSERT INTO grants (account_id, asset, id, amount, remaining, priority, source, effective_at_ms, expires_at_ms)
     SELECT $1, $2, r.* FROM jsonb_to_recordset($3::jsonb) AS r (id uuid, amount bigint, remaining bigint,
       priority integer, source text, "effectiveAtMs" bigint, "expiresAtMs" bigint)`,
    [accountId, asset, rowsJson(grants)],
  );
}

/** Lets the wallet go this far below zero from now on. The caller has the account's lock. */
export async function writeDebtLimit(
  tx: Queryable,
  accountId: string,
  asset: string,
  debtLimit: Micros,
): Promise<void> {
  await tx.query(
    `INSERT INTO wallets (account_id, asset, debt_limit) VALUES ($1, $2, $3)
     ON CONFLICT (account_id, asset) DO UPDATE SET debt_limit = excluded.debt_limit`,
    [accountId, asset, debtLimit],
  );
}

/** What reversals have given back of a transaction so far. */
export async function loadReversed(tx: Queryable, accountId: string, id: string): Promise<Micros> {
  const [row] = await tx.query<{ reversed: bigint }>(
    `SELECT coalesce(sum(amount), 0) AS reversed FROM transactions
     WHERE account_id = $1 AND reverses_id = $2`,
    [accountId, id],
  );
  assert(row !== undefined, 'a sum always has a row');
  return row.reversed;
}

export async function addGrantUses(
  tx: Queryable,
  accountId: string,
  uses: readonly GrantUse[],
): Promise<void> {
  if (uses.length === 0) return;
  await tx.query(
    `INSERT INTO grant_uses (account_id, seq, grant_id, amount)
     SELECT $1, r.* FROM unnest($2::bigint[], $3::uuid[], $4::bigint[]) AS r`,
    [accountId, uses.map((use) => use.seq), uses.map((use) => use.grantId), uses.map((use) => use.amount)],
  );
}

export async function addHolds(
  tx: Queryable,
  accountId: string,
  holds: readonly HoldRecord[],
): Promise<void> {
  if (holds.length === 0) return;
  await tx.query(
    `INSERT INTO holds (account_id, id, kind, asset, service, state, campaign_id, quote, quantity, amount, device_id,
       request_hash, created_at_ms, expires_at_ms)
     SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, kind text, asset text, service text, state text,
       "campaignId" text, quote jsonb, quantity bigint, amount bigint, "deviceId" text, "requestHash" text, "createdAtMs" bigint,
       "expiresAtMs" bigint)`,
    // An absent quote must arrive as SQL's null, not as JSON's.
    [
      accountId,
      rowsJson(
        holds.map(({ quote, ...hold }) =>
          quote === null ? hold : { ...hold, quote, quantity: quote.quantity },
        ),
      ),
    ],
  );
}

export async function changeHolds(
  tx: Queryable,
  accountId: string,
  holds: readonly HoldRecord[],
): Promise<void> {
  if (holds.length === 0) return;
  await tx.query(
    `UPDATE holds h SET state = r.state, captured = r.captured, captured_count = r."capturedCount",
       late_count = r."lateCount", released = r.released, expires_at_ms = r."expiresAtMs"
     FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, state text, captured bigint, "capturedCount" bigint,
       "lateCount" bigint, released bigint, "expiresAtMs" bigint)
     WHERE h.account_id = $1 AND h.id = r.id`,
    [accountId, rowsJson(holds)],
  );
}

/** Where a posting leaves one asset. */
export interface WalletEnding extends WalletState {
  readonly asset: string;
  readonly changedGrants: readonly Grant[];
  /** What the posting adds to the totals. */
  readonly totals: readonly DailyTotal[];
}

export interface Ending extends WalletEnding {
  readonly lastSeq: number;
  readonly head: string;
  readonly nowMs: number;
  readonly lowBalance: boolean;
  /** Numbered on from the account's last one; at least one. */
  readonly events: readonly AccountEvent[];
}

/** Moves what every posting moves: wallet, end of the chain, batches, totals; and writes what there is to tell (L10). */
export async function finish(tx: Queryable, accountId: string, ending: Ending): Promise<void> {
  await tx.query(
    `WITH wallet AS (
       INSERT INTO wallets (account_id, asset, balance, held, debt_limit) VALUES ($1, $2, $3, $4, $12)
       ON CONFLICT (account_id, asset) DO UPDATE SET balance = excluded.balance, held = excluded.held
     ), chain AS (
       UPDATE ledger_heads SET last_seq = $5, head = $6, last_event = $7, low_balance = $13 WHERE account_id = $1
     ), batches AS (
       UPDATE grants g SET remaining = r.remaining
       FROM jsonb_to_recordset($8::jsonb) AS r (id uuid, remaining bigint)
       WHERE g.account_id = $1 AND g.id = r.id
     ), totals AS (
       INSERT INTO daily_totals AS d (account_id, asset, local_day, kind, platform, count, amount)
       SELECT $1, $2, r.* FROM jsonb_to_recordset($9::jsonb) AS r (day date, kind text, platform text,
         count bigint, amount numeric)
       ON CONFLICT (account_id, asset, local_day, kind, platform)
       DO UPDATE SET count = d.count + excluded.count, amount = d.amount + excluded.amount
     )
     INSERT INTO account_events (account_id, n, kind, body, created_at_ms)
     SELECT $1, r.n, r.kind, r.body, $10
     FROM jsonb_to_recordset($11::jsonb) AS r (n bigint, kind text, body jsonb)`,
    [
      accountId,
      ending.asset,
      ending.balance,
      ending.held,
      ending.lastSeq,
      ending.head,
      ending.events.at(-1)?.n,
      rowsJson(ending.changedGrants.map(({ id, remaining }) => ({ id, remaining }))),
      rowsJson(ending.totals),
      ending.nowMs,
      rowsJson(ending.events),
      // The row as it would be inserted has to pass the table's check even where the conflict turns it away.
      ending.debtLimit,
      ending.lowBalance,
    ],
  );
}

/** Moves an asset beside the money: what `finish` does for that. */
export async function moveWallet(tx: Queryable, accountId: string, ending: WalletEnding): Promise<void> {
  await tx.query(
    `WITH wallet AS (
       INSERT INTO wallets (account_id, asset, balance, held, debt_limit) VALUES ($1, $2, $3, $4, $7)
       ON CONFLICT (account_id, asset) DO UPDATE SET balance = excluded.balance, held = excluded.held
     ), batches AS (
       UPDATE grants g SET remaining = r.remaining
       FROM jsonb_to_recordset($5::jsonb) AS r (id uuid, remaining bigint)
       WHERE g.account_id = $1 AND g.id = r.id
     )
     INSERT INTO daily_totals AS d (account_id, asset, local_day, kind, platform, count, amount)
     SELECT $1, $2, r.* FROM jsonb_to_recordset($6::jsonb) AS r (day date, kind text, platform text,
       count bigint, amount numeric)
     ON CONFLICT (account_id, asset, local_day, kind, platform)
     DO UPDATE SET count = d.count + excluded.count, amount = d.amount + excluded.amount`,
    [
      accountId,
      ending.asset,
      ending.balance,
      ending.held,
      rowsJson(ending.changedGrants.map(({ id, remaining }) => ({ id, remaining }))),
      rowsJson(ending.totals),
      ending.debtLimit,
    ],
  );
}

/** The mail of an alert, to be sent once this is committed. */
export async function addNotice(
  tx: Queryable,
  accountId: string,
  alert: Alert,
  address: string,
  nowMs: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO notices (account_id, id, address, body, created_at_ms, attempt_at_ms)
     VALUES ($1, $2, $3, $4::jsonb, $5, $5)`,
    [accountId, alert.id, address, JSON.stringify(alert), nowMs],
  );
}
