/**
 * The rows of calls that have ended; the only writer of `metered_usages`. It decides nothing, and must never change what
 * a row says that was used.
 */
import type { MeteredUsage, MeteringWarning, UsageTotals } from '../../shared/api-metering.ts';
import type { UsageQuote } from '../../shared/api-prices.ts';
import { assetText, assetUnits } from '../../shared/assets.ts';
import type { Queryable } from '../database/database.ts';
import { ownPlaceOf } from '../database/newest-first.ts';
import { refuseCursor, type Refused } from '../ledger/refusal.ts';

/** What is owed, with all that its charge will say. */
export interface Owed {
  readonly asset: string;
  /** As text of the wire. */
  readonly amount: string;
  readonly quantity: number;
  readonly rating?: UsageQuote;
}

export interface UsageRecord {
  readonly accountId: string;
  readonly id: string;
  readonly requestHash: string;
  readonly product: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: MeteredUsage['outcome'];
  readonly estimated: boolean;
  readonly state: MeteredUsage['state'];
  readonly warning: NonNullable<MeteredUsage['warning']> | null;
  readonly version: number | null;
  readonly paid: MeteredUsage['paid'];
  readonly owed: readonly Owed[];
  readonly recordedAtMs: number;
}

interface Row {
  readonly account_id: string;
  readonly id: string;
  readonly request_hash: string;
  readonly product: string;
  readonly model: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly started_at_ms: bigint;
  readonly ended_at_ms: bigint;
  readonly outcome: UsageRecord['outcome'];
  readonly estimated: boolean;
  readonly state: UsageRecord['state'];
  readonly warning: UsageRecord['warning'];
  readonly version: number | null;
  readonly paid: MeteredUsage['paid'];
  readonly owed: readonly Owed[];
  readonly recorded_at_ms: bigint;
}

const columns = `account_id, id, request_hash, product, model, input_tokens, output_tokens, started_at_ms, ended_at_ms,
  outcome, estimated, state, warning, version, paid, owed, recorded_at_ms`;

/** All of one account and new, which the caller has seen under the account's lock; numbered on from its last one. */
export async function addUsages(tx: Queryable, records: readonly UsageRecord[]): Promise<void> {
  const [first] = records;
  if (first === undefined) return;
  await tx.query(
    `INSERT INTO metered_usages (${columns}, number)
     SELECT ${columns}, last.number + row_number() OVER ()
     FROM json_populate_recordset(NULL::metered_usages, $1::json) r,
       (SELECT coalesce(max(number), 0) AS number FROM metered_usages WHERE account_id = $2) last`,
    [JSON.stringify(records.map(rowOf)), first.accountId],
  );
}

/** What was paid of a call that was owed, and what still is. */
export async function changeUsage(tx: Queryable, record: UsageRecord): Promise<void> {
  await tx.query(
    `UPDATE metered_usages SET state = $3, paid = $4::jsonb, owed = $5::jsonb
     WHERE account_id = $1 AND id = $2 AND state = 'unpaid'`,
    [record.accountId, record.id, record.state, JSON.stringify(record.paid), JSON.stringify(record.owed)],
  );
}

export async function readUsages(
  db: Queryable,
  accountId: string,
  ids: readonly string[],
): Promise<UsageRecord[]> {
  const rows = await db.query<Row>(
    `SELECT ${columns} FROM metered_usages WHERE account_id = $1 AND id = ANY($2::uuid[])`,
    [accountId, ids],
  );
  return rows.map(recordOf);
}

/** The oldest first. */
export async function readUnpaid(db: Queryable, accountId: string, limit: number): Promise<UsageRecord[]> {
  const rows = await db.query<Row>(
    `SELECT ${columns} FROM metered_usages WHERE account_id = $1 AND state = 'unpaid'
     ORDER BY recorded_at_ms, id LIMIT $2`,
    [accountId, limit],
  );
  return rows.map(recordOf);
}

/** Accounts that owe for calls, after the given one in the order of their ids. */
export async function accountsThatOwe(db: Queryable, after: string | null, limit: number): Promise<string[]> {
  const rows = await db.query<{ account_id: string }>(
    `SELECT DISTINCT account_id FROM metered_usages
     WHERE state = 'unpaid' AND ($1::uuid IS NULL OR account_id > $1::uuid) ORDER BY account_id LIMIT $2`,
    [after, limit],
  );
  return rows.map((row) => row.account_id);
}

/** Instants, of when usages were recorded. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface UsageList {
  readonly cursor?: string | undefined;
  readonly limit: number;
  /** Absent: of all times. */
  readonly within?: Stretch;
  readonly state?: UsageRecord['state'] | undefined;
}

/** Newest first; a cursor that is not of this list is `validation_failed`. */
export async function listUsages(
  db: Queryable,
  accountId: string,
  { cursor, limit, within = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }, state }: UsageList,
): Promise<{ items: MeteredUsage[]; nextCursor: string | null } | Refused> {
  const place = ownPlaceOf(cursor);
  if (place === null) return refuseCursor();
  const rows = await db.query<Row>(
    `SELECT ${columns} FROM metered_usages
     WHERE account_id = $1 AND (recorded_at_ms, id) < ($2, $3) AND recorded_at_ms >= $5 AND recorded_at_ms < $6
       AND ($7::text IS NULL OR state = $7)
     ORDER BY recorded_at_ms DESC, id DESC LIMIT $4`,
    [accountId, place.atMs, place.id, limit + 1, within.fromMs, within.untilMs, state ?? null],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items: page.map((row) => servedUsage(recordOf(row))),
    nextCursor: more ? `${last.recorded_at_ms}.${last.id}` : null,
  };
}

/** Groups that one answer lists. */
const groupsMax = 500;

type Sums = UsageTotals['total'];
type Group = UsageTotals['groups'][number];

/** Of all, and by product and model, the most called first. */
export async function sumUsages(
  db: Queryable,
  accountId: string,
  { fromMs, untilMs }: Stretch,
): Promise<{ readonly total: Sums; readonly groups: Group[] }> {
  const rows = await db.query<{
    product: string | null;
    model: string | null;
    calls: bigint;
    uncharged: bigint;
    unpaid: bigint;
    input_tokens: string;
    output_tokens: string;
    amounts: readonly AmountRow[];
  }>(
    // The amounts are added up by asset first, so that a call with two of them counts once.
    `WITH calls AS (
       SELECT product, model, state, input_tokens, output_tokens, paid, owed FROM metered_usages
       WHERE account_id = $1 AND recorded_at_ms >= $2 AND recorded_at_ms < $3
     ), sums AS (
       SELECT product, model, count(*) AS calls, count(*) FILTER (WHERE state = 'uncharged') AS uncharged,
         count(*) FILTER (WHERE state = 'unpaid') AS unpaid, coalesce(sum(input_tokens), 0)::text AS input_tokens,
         coalesce(sum(output_tokens), 0)::text AS output_tokens
       FROM calls GROUP BY GROUPING SETS ((product, model), ())
     ), amounts AS (
       SELECT product, model, kind, asset, sum(amount::numeric)::text AS amount
       FROM (
         SELECT product, model, 'paid' AS kind, p.asset, p.amount
         FROM calls CROSS JOIN LATERAL jsonb_to_recordset(paid) AS p (asset text, amount text)
         UNION ALL
         SELECT product, model, 'owed' AS kind, o.asset, o.amount
         FROM calls CROSS JOIN LATERAL jsonb_to_recordset(owed) AS o (asset text, amount text)
       ) AS parts GROUP BY GROUPING SETS ((product, model, kind, asset), (kind, asset))
     )
     SELECT s.*, coalesce((
       SELECT json_agg(json_build_object('kind', a.kind, 'asset', a.asset, 'amount', a.amount) ORDER BY a.asset)
       FROM amounts a
       WHERE a.product IS NOT DISTINCT FROM s.product AND a.model IS NOT DISTINCT FROM s.model
     ), '[]'::json) AS amounts
     FROM sums s ORDER BY s.product IS NOT NULL, s.calls DESC, s.product, s.model LIMIT $4`,
    [accountId, fromMs, untilMs, groupsMax + 1],
  );
  const sums = rows.map(({ product, model, calls, uncharged, unpaid, amounts, ...tokens }) => ({
    product,
    model,
    calls: Number(calls),
    uncharged: Number(uncharged),
    unpaid: Number(unpaid),
    inputTokens: tokens.input_tokens,
    outputTokens: tokens.output_tokens,
    paid: amountsOf(amounts, 'paid'),
    owed: amountsOf(amounts, 'owed'),
  }));
  const groups = sums.flatMap(({ product, model, ...rest }) =>
    product === null || model === null ? [] : [{ product, model, ...rest }],
  );
  const whole = sums.find(({ product }) => product === null);
  if (whole === undefined) throw new Error('a sum of nothing is a row, too');
  const { product: _, model: __, ...total } = whole;
  return { total, groups };
}

interface AmountRow {
  readonly kind: 'paid' | 'owed';
  readonly asset: string;
  readonly amount: string;
}

function amountsOf(rows: readonly AmountRow[], kind: AmountRow['kind']): { asset: string; amount: string }[] {
  return rows
    .filter((row) => row.kind === kind)
    .map(({ asset, amount }) => ({ asset, amount: assetText(asset, assetUnits(asset, amount)) }));
}

/** What is unpaid of whatever time, by asset. */
export async function sumUnpaid(db: Queryable, accountId: string): Promise<UsageTotals['unpaid']> {
  const rows = await db.query<{ asset: string; amount: string; calls: bigint }>(
    `SELECT o.asset, sum(o.amount::numeric)::text AS amount,
       (SELECT count(*) FROM metered_usages WHERE account_id = $1 AND state = 'unpaid') AS calls
     FROM metered_usages CROSS JOIN LATERAL jsonb_to_recordset(owed) AS o (asset text, amount text)
     WHERE account_id = $1 AND state = 'unpaid' GROUP BY o.asset ORDER BY o.asset`,
    [accountId],
  );
  return {
    calls: Number(rows[0]?.calls ?? 0n),
    owed: rows.map(({ asset, amount }) => ({ asset, amount: assetText(asset, assetUnits(asset, amount)) })),
  };
}

export async function listWarnings(db: Queryable): Promise<MeteringWarning[]> {
  const rows = await db.query<{
    warning: MeteringWarning['kind'];
    product: string;
    model: string;
    count: bigint;
    input_tokens: string;
    output_tokens: string;
    first_at_ms: bigint;
    last_at_ms: bigint;
  }>(
    `SELECT warning, product, model, count(*) AS count, sum(input_tokens)::text AS input_tokens,
       sum(output_tokens)::text AS output_tokens, min(recorded_at_ms) AS first_at_ms, max(recorded_at_ms) AS last_at_ms
     FROM metered_usages WHERE warning IS NOT NULL
     GROUP BY warning, product, model ORDER BY last_at_ms DESC, warning, product, model LIMIT $1`,
    [groupsMax],
  );
  return rows.map((row) => ({
    kind: row.warning,
    product: row.product,
    model: row.model,
    count: Number(row.count),
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    firstAt: instant(Number(row.first_at_ms)),
    lastAt: instant(Number(row.last_at_ms)),
  }));
}

export function servedUsage(record: UsageRecord): MeteredUsage {
  const { warning, version } = record;
  return {
    id: record.id,
    product: record.product,
    model: record.model,
    inputTokens: record.inputTokens,
    outputTokens: record.outputTokens,
    startedAt: instant(record.startedAtMs),
    endedAt: instant(record.endedAtMs),
    outcome: record.outcome,
    estimated: record.estimated,
    state: record.state,
    ...(warning === null ? {} : { warning }),
    ...(version === null ? {} : { version }),
    paid: record.paid,
    owed: record.owed.map(({ asset, amount }) => ({ asset, amount })),
    recordedAt: instant(record.recordedAtMs),
  };
}

function rowOf(record: UsageRecord): object {
  return {
    account_id: record.accountId,
    id: record.id,
    request_hash: record.requestHash,
    product: record.product,
    model: record.model,
    input_tokens: record.inputTokens,
    output_tokens: record.outputTokens,
    started_at_ms: record.startedAtMs,
    ended_at_ms: record.endedAtMs,
    outcome: record.outcome,
    estimated: record.estimated,
    state: record.state,
    warning: record.warning,
    version: record.version,
    paid: record.paid,
    owed: record.owed,
    recorded_at_ms: record.recordedAtMs,
  };
}

function recordOf(row: Row): UsageRecord {
  return {
    accountId: row.account_id,
    id: row.id,
    requestHash: row.request_hash,
    product: row.product,
    model: row.model,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    startedAtMs: Number(row.started_at_ms),
    endedAtMs: Number(row.ended_at_ms),
    outcome: row.outcome,
    estimated: row.estimated,
    state: row.state,
    warning: row.warning,
    version: row.version,
    paid: row.paid,
    owed: row.owed,
    recordedAtMs: Number(row.recorded_at_ms),
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
