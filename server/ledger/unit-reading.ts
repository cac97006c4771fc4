/**
 * What the ledger answers of one asset beside money: where it stands, what it came from, and its rows. It must never
 * change anything.
 */
import type { Transaction } from '../../shared/api.ts';
import { debtLimitDefault } from '../../shared/assets.ts';
import type { Queryable } from '../database/database.ts';
import { loadUnspentGrants } from './loading.ts';
import { localDay, monthOf } from './local-day.ts';
import { timeZoneOf } from './reading.ts';
import type { Grant } from './records.ts';
import { refuseCursor, type Refused } from './refusal.ts';

export interface UnitState {
  readonly balance: bigint;
  readonly held: bigint;
  readonly available: bigint;
  readonly debtLimit: bigint;
  /** All that ever came in, was used (less what was given back), and ended unused. */
  readonly recharged: bigint;
  readonly consumed: bigint;
  readonly expired: bigint;
  /** In the calendar month of the account's zone, less what was given back, by platform. */
  readonly usedThisMonth: ReadonlyMap<string, bigint>;
  /** With something left, in the order of use. */
  readonly batches: readonly Grant[];
}

/** As of one moment, where `tx` is a transaction that sees one. */
export async function readUnitState(
  tx: Queryable,
  accountId: string,
  asset: string,
  nowMs: number,
): Promise<UnitState> {
  const month = monthOf(localDay(await timeZoneOf(tx, accountId), nowMs));
  const [[wallet], sums, used, batches] = await Promise.all([
    tx.query<{ balance: bigint; held: bigint; debt_limit: bigint }>(
      'SELECT balance, held, debt_limit FROM wallets WHERE account_id = $1 AND asset = $2',
      [accountId, asset],
    ),
    tx.query<{ kind: string; amount: bigint }>(
      `SELECT kind, sum(amount) AS amount FROM daily_totals
       WHERE account_id = $1 AND asset = $2 GROUP BY kind`,
      [accountId, asset],
    ),
    tx.query<{ platform: string; amount: bigint }>(
      `SELECT platform, -sum(amount) AS amount FROM daily_totals
       WHERE account_id = $1 AND asset = $2 AND local_day >= $3::date AND local_day < $4::date
         AND kind IN ('charge', 'refund', 'return')
       GROUP BY platform`,
      [accountId, asset, month.from, month.untilExclusive],
    ),
    loadUnspentGrants(tx, accountId, asset),
  ]);
  const sum = new Map(sums.map(({ kind, amount }) => [kind, amount]));
  const of = (...kinds: Transaction['kind'][]) =>
    kinds.reduce((total, kind) => total + (sum.get(kind) ?? 0n), 0n);
  const { balance = 0n, held = 0n, debt_limit: debtLimit = debtLimitDefault(asset) } = wallet ?? {};
  return {
    balance,
    held,
    available: balance - held,
    debtLimit,
    recharged: of('recharge', 'grant', 'adjustment'),
    consumed: -of('charge', 'refund', 'return'),
    expired: -of('expire'),
    usedThisMonth: new Map(used.map(({ platform, amount }) => [platform, amount])),
    batches,
  };
}

/** The rows of one asset, newest first. The cursor is the last one's number. */
export async function readUnitTransactions(
  db: Queryable,
  accountId: string,
  asset: string,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: Transaction[]; nextCursor: string | null } | Refused> {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) return refuseCursor();
  const rows = await db.query<{ body: string }>(
    // Money has no index for this.
    `SELECT body FROM transactions
     WHERE account_id = $1 AND asset = $2 AND asset <> 'CNY' AND seq < $3 ORDER BY seq DESC LIMIT $4`,
    [accountId, asset, cursor ?? Number.MAX_SAFE_INTEGER, limit + 1],
  );
  const items = rows.slice(0, limit).map(({ body }) => JSON.parse(body) as Transaction);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? String(last.seq) : null };
}
