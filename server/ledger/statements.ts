/**
 * The ledger's writing SQL, and the reading it does under the account's lock: each statement takes or gives a whole
 * set of rows. It must never decide anything; that is the posting's.
 */
import assert from 'node:assert/strict';
import type { MemberLevel, Quote, Transaction } from '../../shared/api.ts';
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
  readonly kind: 'campaign' | 'reserve';
  state: 'open' | 'closed' | 'expired';
  readonly campaignId: string | null;
  /** The locked price; null on a reserve. */
  readonly quote: Quote | null;
  readonly amount: Micros;
  captured: Micros;
  capturedCount: number;
  /** How many were charged at the locked price after the hold had ended. */
  lateCount: number;
  released: Micros;
  readonly deviceId: string;
  readonly requestHash: string;
  readonly createdAtMs: number;
  expiresAtMs: number;
}

export interface TransactionRow {
  readonly transaction: Transaction;
  readonly amount: Micros;
  readonly balanceAfter: Micros;
  readonly requestHash: string;
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
  readonly kind: 'balance' | 'hold';
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
}

/** Waits for the account's lock and returns the end of its chain; makes the row on the first posting. */
export async function lockHead(tx: Queryable, accountId: string): Promise<Head> {
  const read = () =>
    tx.query<{ last_seq: bigint; head: string; last_event: bigint }>(
      'SELECT last_seq, head, last_event FROM ledger_heads WHERE account_id = $1 FOR UPDATE',
      [accountId],
    );
  let [row] = await read();
  if (row === undefined) {
    await tx.query('INSERT INTO ledger_heads (account_id) VALUES ($1) ON CONFLICT DO NOTHING', [accountId]);
    [row] = await read();
    assert(row !== undefined, `account ${accountId} has no ledger head`);
  }
  return { lastSeq: Number(row.last_seq), head: row.head, lastEvent: Number(row.last_event) };
}

export interface AccountState {
  readonly account: AccountFacts;
  readonly balance: Micros;
  readonly held: Micros;
}

export async function loadAccount(tx: Queryable, accountId: string, asset: string): Promise<AccountState> {
  interface Row {
    readonly frozen: boolean;
    readonly member_level: MemberLevel;
    readonly time_zone: string;
    readonly balance: bigint;
    readonly held: bigint;
  }
  const [row] = await tx.query<Row>(
    `SELECT a.frozen, a.member_level, a.time_zone, coalesce(w.balance, 0) AS balance, coalesce(w.held, 0) AS held
     FROM accounts a LEFT JOIN wallets w ON w.account_id = a.id AND w.asset = $2
     WHERE a.id = $1`,
    [accountId, asset],
  );
  assert(row !== undefined, `there is no account ${accountId}`);
  return {
    account: { frozen: row.frozen, memberLevel: row.member_level, timeZone: row.time_zone },
    balance: row.balance,
    held: row.held,
  };
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
  readonly state: HoldRecord['state'];
  readonly campaign_id: string | null;
  readonly quote: Quote | null;
  readonly amount: bigint;
  readonly captured: bigint;
  readonly captured_count: bigint;
  readonly late_count: bigint;
  readonly released: bigint;
  readonly device_id: string;
  readonly request_hash: string;
  readonly created_at_ms: bigint;
  readonly expires_at_ms: bigint;
}

export const holdColumns = `id, kind, state, campaign_id, quote, amount, captured, captured_count, late_count,
  released, device_id, request_hash, created_at_ms, expires_at_ms`;

export function holdOf(row: HoldRow): HoldRecord {
  return {
    id: row.id,
    kind: row.kind,
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

/** These holds, and the open ones whose time is over. */
export async function loadHolds(
  tx: Queryable,
  accountId: string,
  ids: readonly string[],
  nowMs: number,
): Promise<HoldRecord[]> {
  const rows = await tx.query<HoldRow>(
    `SELECT ${holdColumns} FROM holds
     WHERE account_id = $1 AND (id = ANY($2::uuid[]) OR (state = 'open' AND expires_at_ms <= $3))`,
    [accountId, ids, nowMs],
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

export interface Target {
  readonly campaignId: string;
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
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
       AS wanted (campaign_id, platform, operation, target_user_id, place)
     CROSS JOIN LATERAL (
       SELECT id FROM transactions
       WHERE account_id = $1 AND kind = 'charge' AND campaign_id IS NOT NULL
         AND campaign_id = wanted.campaign_id AND target_user_id = wanted.target_user_id
         AND platform = wanted.platform AND operation = wanted.operation
       LIMIT 1
     ) t`,
    [
      accountId,
      targets.map((target) => target.campaignId),
      targets.map((target) => target.platform),
      targets.map((target) => target.operation),
      targets.map((target) => target.targetUserId),
    ],
  );
  return new Map(rows.map((row) => [Number(row.place) - 1, row.id]));
}

/** How much of each batch a charge still has, after what its reversals gave back. */
export async function loadUnreturnedUses(
  tx: Queryable,
  accountId: string,
  charge: Pick<Transaction, 'id' | 'seq'>,
): Promise<{ grantId: string; amount: Micros }[]> {
  const rows = await tx.query<{ grant_id: string; amount: bigint }>(
    `SELECT u.grant_id, sum(u.amount)::bigint AS amount
     FROM grant_uses u JOIN grants g ON g.account_id = u.account_id AND g.id = u.grant_id
     WHERE u.account_id = $1
       AND (u.seq = $2 OR u.seq IN (SELECT seq FROM transactions WHERE account_id = $1 AND reverses_id = $3))
     GROUP BY u.grant_id, g.priority, g.expires_at_ms, g.effective_at_ms
     HAVING sum(u.amount) > 0
     ORDER BY g.priority DESC, g.expires_at_ms DESC NULLS FIRST, g.effective_at_ms DESC, u.grant_id DESC`,
    [accountId, charge.seq, charge.id],
  );
  return rows.map((row) => ({ grantId: row.grant_id, amount: row.amount }));
}

// ── Writing ─────────────────────────────────────────────────────────────────────────────────────────────────

export async function addTransactions(
  tx: Queryable,
  accountId: string,
  rows: readonly TransactionRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO transactions (account_id, seq, id, kind, asset, amount, balance_after, platform, operation,
       target_user_id, campaign_id, hold_id, reverses_id, occurred_at_ms, recorded_at_ms, request_hash, hash, body)
     SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r (seq bigint, id uuid, kind text, asset text,
       amount bigint, balance_after bigint, platform text, operation text, target_user_id text, campaign_id text,
       hold_id uuid, reverses_id uuid, occurred_at_ms bigint, recorded_at_ms bigint, request_hash text, hash text,
       body text)`,
    [accountId, rowsJson(rows.map(transactionColumns))],
  );
}

function transactionColumns({ transaction: t, amount, balanceAfter, requestHash }: TransactionRow): object {
  return {
    seq: t.seq,
    id: t.id,
    kind: t.kind,
    asset: t.asset,
    amount,
    balance_after: balanceAfter,
    platform: t.platform,
    operation: t.operation,
    target_user_id: t.targetUserId,
    campaign_id: t.campaignId,
    hold_id: t.holdId,
    reverses_id: t.reversesId,
    occurred_at_ms: Date.parse(t.occurredAt),
    recorded_at_ms: Date.parse(t.recordedAt),
    request_hash: requestHash,
    hash: t.hash,
    body: JSON.stringify(t),
  };
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

export async function changeGrants(
  tx: Queryable,
  accountId: string,
  grants: readonly Grant[],
): Promise<void> {
  if (grants.length === 0) return;
  await tx.query(
    `UPDATE grants g SET remaining = r.remaining
     FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, remaining bigint)
     WHERE g.account_id = $1 AND g.id = r.id`,
    [accountId, rowsJson(grants)],
  );
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
    `INSERT INTO holds (account_id, id, kind, state, campaign_id, quote, quantity, amount, device_id, request_hash,
       created_at_ms, expires_at_ms)
     SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, kind text, state text, "campaignId" text,
       quote jsonb, quantity bigint, amount bigint, "deviceId" text, "requestHash" text, "createdAtMs" bigint,
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

export async function addDailyTotals(
  tx: Queryable,
  accountId: string,
  asset: string,
  totals: readonly DailyTotal[],
): Promise<void> {
  if (totals.length === 0) return;
  await tx.query(
    `INSERT INTO daily_totals AS d (account_id, asset, local_day, kind, platform, count, amount)
     SELECT $1, $2, r.* FROM jsonb_to_recordset($3::jsonb) AS r (day date, kind text, platform text, count bigint,
       amount bigint)
     ON CONFLICT (account_id, asset, local_day, kind, platform)
     DO UPDATE SET count = d.count + excluded.count, amount = d.amount + excluded.amount`,
    [accountId, asset, rowsJson(totals)],
  );
}

export interface Ending {
  readonly asset: string;
  readonly balance: Micros;
  readonly held: Micros;
  readonly lastSeq: number;
  readonly head: string;
  readonly nowMs: number;
  /** Numbered on from the account's last one; at least one. */
  readonly events: readonly AccountEvent[];
}

/** Moves the account's wallet and the end of its chain, and writes what there is to tell (L10). */
export async function finish(tx: Queryable, accountId: string, ending: Ending): Promise<void> {
  await tx.query(
    `WITH wallet AS (
       INSERT INTO wallets (account_id, asset, balance, held) VALUES ($1, $2, $3, $4)
       ON CONFLICT (account_id, asset) DO UPDATE SET balance = excluded.balance, held = excluded.held
     ), chain AS (
       UPDATE ledger_heads SET last_seq = $5, head = $6, last_event = $7 WHERE account_id = $1
     )
     INSERT INTO account_events (account_id, n, kind, body, created_at_ms)
     SELECT $1, r.n, r.kind, r.body, $8 FROM jsonb_to_recordset($9::jsonb) AS r (n bigint, kind text, body jsonb)`,
    [
      accountId,
      ending.asset,
      ending.balance,
      ending.held,
      ending.lastSeq,
      ending.head,
      ending.events.at(-1)?.n,
      ending.nowMs,
      rowsJson(ending.events),
    ],
  );
}

export interface DeviceNumber {
  readonly deviceId: string;
  readonly deviceSeq: number;
  readonly requestHash: string;
}

/**
 * Notes the numbers that devices presented (S2). A number that comes again with another content is marked; the
 * counters tell without a scan whether a number is missing.
 */
export async function noteDeviceNumbers(
  tx: Queryable,
  accountId: string,
  numbers: readonly DeviceNumber[],
  nowMs: number,
): Promise<void> {
  const first = new Map<string, DeviceNumber & { reused: boolean }>();
  for (const number of numbers) {
    const key = `${number.deviceSeq} ${number.deviceId}`;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, { ...number, reused: false });
    else if (earlier.requestHash !== number.requestHash) earlier.reused = true;
  }
  const rows = [...first.values()];
  await tx.query(
    `WITH given AS (
       SELECT * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::boolean[])
         AS r (device_id, device_seq, request_hash, reused)
     ), noted AS (
       INSERT INTO device_numbers AS d (account_id, device_id, device_seq, request_hash, reused)
       SELECT $1, * FROM given
       ON CONFLICT (account_id, device_id, device_seq) DO UPDATE SET reused = true
         WHERE NOT d.reused AND (excluded.reused OR d.request_hash <> excluded.request_hash)
       RETURNING device_id, device_seq, (xmax = 0) AS inserted
     )
     INSERT INTO device_counters AS c (account_id, device_id, last_seq, seen_count, last_seen_at_ms)
     SELECT $1, given.device_id, max(given.device_seq), count(*) FILTER (WHERE noted.inserted), $6
     FROM given LEFT JOIN noted USING (device_id, device_seq)
     GROUP BY given.device_id
     ON CONFLICT (account_id, device_id) DO UPDATE SET last_seq = greatest(c.last_seq, excluded.last_seq),
       seen_count = c.seen_count + excluded.seen_count, last_seen_at_ms = excluded.last_seen_at_ms`,
    [
      accountId,
      rows.map((row) => row.deviceId),
      rows.map((row) => row.deviceSeq),
      rows.map((row) => row.requestHash),
      rows.map((row) => row.reused),
      nowMs,
    ],
  );
}
