/**
 * What the ledger reads under the account’s lock, each statement a whole set of rows. It must never write a row.
 */
import assert from 'node:assert/strict';
import { AlertSettings, alertSettingsDefault, type Transaction } from '../../shared/api.ts';
import type { Quote } from '../../shared/api-prices.ts';
import type { MemberLevel } from '../../shared/api-words.ts';
import { debtLimitDefault } from '../../shared/assets.ts';
import type { Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import type {
  AccountState,
  Grant,
  Head,
  HoldRecord,
  KnownTransaction,
  Target,
  WalletState,
} from './records.ts';

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
