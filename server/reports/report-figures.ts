/**
 * Reads the figures of a day, a month or a year out of the sums. It adds up days and never single rows, so that a year
 * takes no more memory than a day; it must never write.
 */
import { Report } from '../../shared/api-finance.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { localDay } from '../ledger/local-day.ts';
import { dayAfter, monthOf, wholeMonths, type Span } from './business-days.ts';
import { readDeferredMemberships } from './deferred-memberships.ts';
import { readMargins, shareOf, type Range } from './margins.ts';

/** Users that a report names. */
export const topUsersMax = 20;
/** Models that a report names; the rest is in the lists of margins. Of products it names all: they add up to it. */
const modelsMax = 200;

export async function readFigures(
  tx: Queryable,
  { period, span, timeZone, nowMs }: { period: string; span: Span; timeZone: string; nowMs: number },
): Promise<Report> {
  const range = [span.from, span.until] as const;
  const moves = await readMoves(tx, range);
  const money = moneyOf(moves.filter(({ asset }) => asset === cny));
  const { opening, closing } = await readBalances(tx, range);
  const values = await readUnitValues(tx, span.until);
  const units = unitsOf(moves, opening, closing, values);
  const cash = closing.get(cny) ?? { positive: 0n, negative: 0n };
  const unitsValue = units.reduce((sum, { worth }) => sum + worth, 0n);
  // Of what is under way today is given; what is to come has not happened.
  const today = dayAfter(localDay(timeZone, nowMs));
  const day = span.until < today ? span.until : today;
  const memberships = await readDeferredMemberships(tx, { day, timeZone, nowMs, values });
  const costs = await readCosts(tx, range);
  const revenue = money.all.consumed - money.all.refunded;
  const cost = costs.usage + costs.daily + costs.bills;
  const gross = revenue - cost;
  return {
    period,
    from: span.from,
    until: span.until,
    timeZone,
    state: 'open',
    asOf: new Date(nowMs).toISOString(),
    money: {
      opening: yuanText(netOf(opening.get(cny))),
      ...texts(money.all),
      closing: yuanText(netOf(closing.get(cny))),
    },
    deferred: {
      prepaid: yuanText(cash.positive),
      owed: yuanText(cash.negative),
      units: yuanText(unitsValue),
      memberships: yuanText(memberships),
      total: yuanText(cash.positive + unitsValue + memberships),
    },
    units: units.map(({ row }) => row),
    costs: {
      usage: yuanText(costs.usage),
      daily: yuanText(costs.daily),
      bills: yuanText(costs.bills),
      total: yuanText(cost),
      unpriced: costs.unpriced,
    },
    margin: {
      revenue: yuanText(revenue),
      gross: yuanText(gross),
      ...shareOf('basisPoints', gross, revenue),
    },
    members: await readMembers(tx, range, timeZone, nowMs),
    late: { count: money.lateCount, ...texts(money.late), cost: yuanText(costs.late) },
    products: await readMargins(tx, 'product', range, { limit: null }),
    models: await readMargins(tx, 'model', range, { limit: modelsMax }),
    series: await readSeries(tx, span),
    topUsers: await readMargins(tx, 'user', range, { limit: topUsersMax }),
  };
}

// ── Money and units ─────────────────────────────────────────────────────────────────────────────────────────

interface Moves {
  readonly asset: string;
  readonly kind: string;
  readonly late: boolean;
  readonly count: bigint;
  readonly amount: bigint;
}

function readMoves(tx: Queryable, [from, until]: Range): Promise<Moves[]> {
  return tx.query<Moves>(
    `SELECT asset, kind, late, sum(count) AS count, sum(amount) AS amount FROM report_days
     WHERE day >= $1::date AND day < $2::date GROUP BY asset, kind, late`,
    [from, until],
  );
}

interface Money {
  recharged: bigint;
  consumed: bigint;
  refunded: bigint;
  paidOut: bigint;
  corrected: bigint;
}
const nothing = (): Money => ({ recharged: 0n, consumed: 0n, refunded: 0n, paidOut: 0n, corrected: 0n });

function moneyOf(moves: readonly Moves[]): {
  readonly all: Money;
  readonly late: Money;
  readonly lateCount: number;
} {
  const [all, late] = [nothing(), nothing()];
  let lateCount = 0;
  for (const move of moves) {
    addMove(all, move);
    if (!move.late) continue;
    addMove(late, move);
    lateCount += Number(move.count);
  }
  return { all, late, lateCount };
}

function addMove(sums: Money, { kind, amount }: Pick<Moves, 'kind' | 'amount'>): void {
  if (kind === 'recharge') sums.recharged += amount;
  else if (kind === 'charge') sums.consumed -= amount;
  else if (kind === 'refund' || kind === 'return') sums.refunded += amount;
  else if (kind === 'payout') sums.paidOut -= amount;
  else sums.corrected += amount;
}

function texts(sums: Money): Record<keyof Money, string> {
  return {
    recharged: yuanText(sums.recharged),
    consumed: yuanText(sums.consumed),
    refunded: yuanText(sums.refunded),
    paidOut: yuanText(sums.paidOut),
    corrected: yuanText(sums.corrected),
  };
}

interface Standing {
  readonly positive: bigint;
  /** What is owed, above zero. */
  readonly negative: bigint;
}
const netOf = (standing: Standing | undefined): bigint =>
  (standing?.positive ?? 0n) - (standing?.negative ?? 0n);

type Standings = ReadonlyMap<string, Standing>;

/** What accounts had, and owed, at the beginning and at the end, by asset: by months as far as these are whole. */
async function readBalances(
  tx: Queryable,
  [from, until]: Range,
): Promise<{ readonly opening: Standings; readonly closing: Standings }> {
  const { first, end } = wholeMonths(from, until);
  const rows = await tx.query<{ asset: string; had: bigint; owed: bigint; has: bigint; owes: bigint }>(
    `SELECT asset, coalesce(sum(opening) FILTER (WHERE opening > 0), 0) AS had,
       coalesce(-sum(opening) FILTER (WHERE opening < 0), 0) AS owed,
       coalesce(sum(closing) FILTER (WHERE closing > 0), 0) AS has,
       coalesce(-sum(closing) FILTER (WHERE closing < 0), 0) AS owes
     FROM (
       SELECT account_id, asset, sum(moved) FILTER (WHERE day < $1::date) AS opening, sum(moved) AS closing
       FROM (
         SELECT account_id, asset, month AS day, moved FROM report_user_months
         WHERE month < $3::date OR (month >= $4::date AND month < $5::date)
         UNION ALL
         SELECT account_id, asset, day, moved FROM report_user_days
         WHERE (day >= $3::date AND day < $4::date) OR (day >= $5::date AND day < $2::date)
       ) m GROUP BY account_id, asset
     ) b GROUP BY asset`,
    [from, until, monthOf(from), first, end],
  );
  return {
    opening: new Map(rows.map(({ asset, had, owed }) => [asset, { positive: had, negative: owed }])),
    closing: new Map(rows.map(({ asset, has, owes }) => [asset, { positive: has, negative: owes }])),
  };
}

/**
 * What finance counts a unit at, in micro-yuan: now, or, at the end of a period whose last day is closed, as it was when
 * that was closed, so that no other report of closed days ever says another thing than the month's.
 */
async function readUnitValues(tx: Queryable, until: string): Promise<ReadonlyMap<string, bigint>> {
  const [closed] = await tx.query<{ body: string }>(
    'SELECT body FROM report_closings WHERE through_day >= $1::date - 1 ORDER BY through_day LIMIT 1',
    [until],
  );
  if (closed !== undefined)
    return new Map(
      Report.parse(JSON.parse(closed.body)).units.flatMap(({ asset, unitValue }) =>
        unitValue === undefined ? [] : [[asset, yuan(unitValue)] as const],
      ),
    );
  const rows = await tx.query<{ asset: string; value: bigint }>(
    `SELECT v.asset, (v.value * 1000000)::bigint AS value
     FROM (SELECT body::jsonb AS body FROM cost_catalogues ORDER BY version DESC LIMIT 1) c,
       jsonb_to_recordset(c.body->'unitValues') AS v (asset text, value numeric)`,
  );
  return new Map(rows.map(({ asset, value }) => [asset, value]));
}

function unitsOf(
  moves: readonly Moves[],
  opening: Standings,
  closing: Standings,
  values: ReadonlyMap<string, bigint>,
): { readonly row: Report['units'][number]; readonly worth: bigint }[] {
  const assets = new Set([...opening.keys(), ...closing.keys(), ...moves.map(({ asset }) => asset)]);
  assets.delete(cny);
  return [...assets].toSorted().map((asset) => {
    const sums = { brought: 0n, used: 0n, returned: 0n, expired: 0n, corrected: 0n };
    for (const move of moves.filter((candidate) => candidate.asset === asset)) {
      if (move.kind === 'grant' || move.kind === 'recharge') sums.brought += move.amount;
      else if (move.kind === 'charge') sums.used -= move.amount;
      else if (move.kind === 'refund' || move.kind === 'return') sums.returned += move.amount;
      else if (move.kind === 'expire') sums.expired -= move.amount;
      else sums.corrected += move.amount;
    }
    const left = closing.get(asset);
    const value = values.get(asset);
    const worth = (value ?? 0n) * (left?.positive ?? 0n);
    const row = {
      asset,
      opening: assetText(asset, netOf(opening.get(asset))),
      brought: sums.brought.toString(),
      used: sums.used.toString(),
      returned: sums.returned.toString(),
      expired: sums.expired.toString(),
      corrected: sums.corrected.toString(),
      closing: assetText(asset, netOf(left)),
      ...(value === undefined ? {} : { value: yuanText(worth), unitValue: yuanText(value) }),
    };
    return { row, worth };
  });
}

// ── Costs and members ───────────────────────────────────────────────────────────────────────────────────────

async function readCosts(
  tx: Queryable,
  [from, until]: Range,
): Promise<{ usage: bigint; daily: bigint; bills: bigint; late: bigint; unpriced: number }> {
  const [row] = await tx.query<{
    usage: bigint;
    daily: bigint;
    bills: bigint;
    late: bigint;
    unpriced: bigint;
  }>(
    `SELECT coalesce(sum(amount) FILTER (WHERE source IN ('usage', 'piece')), 0) AS usage,
       coalesce(sum(amount) FILTER (WHERE source = 'daily'), 0) AS daily,
       coalesce(sum(amount) FILTER (WHERE source = 'bill'), 0) AS bills,
       coalesce(sum(amount) FILTER (WHERE late), 0) AS late,
       coalesce(sum(count) FILTER (WHERE provider = ''), 0) AS unpriced
     FROM cost_days WHERE day >= $1::date AND day < $2::date`,
    [from, until],
  );
  if (row === undefined) throw new Error('a sum always has a row');
  return { ...row, unpriced: Number(row.unpriced) };
}

/**
 * A membership that runs on from one month to the next is one, also where it was renewed in its days of grace: it has ended
 * once these are over. `active` is at the end, or now where that is before it: what is to come has not happened.
 */
async function readMembers(
  tx: Queryable,
  [from, until]: Range,
  timeZone: string,
  nowMs: number,
): Promise<Report['members']> {
  const [row] = await tx.query<{ new: bigint; active: bigint; ended: bigint }>(
    `WITH edges AS (
       SELECT (extract(epoch FROM $1::date::timestamp AT TIME ZONE $3) * 1000)::bigint AS from_ms,
         least((extract(epoch FROM $2::date::timestamp AT TIME ZONE $3) * 1000)::bigint, $4::bigint) AS until_ms
     ), runs AS (
       SELECT begins_at_ms, ends_at_ms + (plan->>'graceDays')::bigint * 86400000 AS over_ms FROM memberships
     )
     SELECT count(*) FILTER (WHERE begins_at_ms >= from_ms AND begins_at_ms < until_ms) AS new,
       count(*) FILTER (WHERE begins_at_ms < until_ms AND over_ms >= until_ms) AS active,
       count(*) FILTER (WHERE over_ms >= from_ms AND over_ms < until_ms) AS ended
     FROM runs, edges`,
    [from, until, timeZone, nowMs],
  );
  if (row === undefined) throw new Error('a count always has a row');
  return { new: Number(row.new), active: Number(row.active), ended: Number(row.ended) };
}

// ── Over time ───────────────────────────────────────────────────────────────────────────────────────────────

interface SeriesRecord {
  readonly key: string;
  readonly kind: string;
  readonly amount: bigint;
}

/** By day, of a year by month; days on which nothing happened are left out. */
async function readSeries(tx: Queryable, { kind, from, until }: Span): Promise<Report['series']> {
  const length = kind === 'year' ? 7 : 10;
  const rows = await tx.query<SeriesRecord>(
    `SELECT left(day::text, $3) AS key, kind, sum(amount) AS amount FROM report_days
     WHERE day >= $1::date AND day < $2::date AND asset = 'CNY' GROUP BY 1, 2
     UNION ALL
     SELECT left(day::text, $3) AS key, 'cost', sum(amount) FROM cost_days WHERE day >= $1::date AND day < $2::date GROUP BY 1`,
    [from, until, length],
  );
  const series = new Map<string, { sums: Money; cost: bigint }>();
  for (const row of rows) {
    const entry = series.get(row.key) ?? { sums: nothing(), cost: 0n };
    if (row.kind === 'cost') entry.cost += row.amount;
    else addMove(entry.sums, row);
    series.set(row.key, entry);
  }
  return [...series]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { sums, cost }]) => {
      const { corrected: _, ...shown } = texts(sums);
      return { key, ...shown, cost: yuanText(cost) };
    });
}
