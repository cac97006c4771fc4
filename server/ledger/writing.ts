/**
 * The ledger's writing SQL: each statement gives a whole set of rows. It must never decide anything; that is the posting's.
 */
import type { Alert } from '../../shared/api.ts';
import type { Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import type { Ending, Grant, GrantUse, HoldRecord, TransactionRow, WalletEnding } from './records.ts';

/** Rows travel as one JSON parameter; a bigint crosses as text and is cast by the column's type. */
function rowsJson(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
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
