/**
 * What providers bill for beside what the same day and item were worked out to cost, and what people make of the
 * difference; the only writer of `cost_decisions`. Nothing is kept of a comparison: it is made of the sums as they stand
 * whenever somebody looks. It must never take a decision on figures that have changed since they were seen.
 */
import type { z } from 'zod';
import {
  evidenceLinesMax,
  type CostDifference,
  type CostDifferenceClass,
  type CostDifferencesQuery,
  type CostDifferenceState,
  type CostEvidence,
  type CostEvidenceQuery,
  type DecideCostsBody,
} from '../../shared/api-bills.ts';
import { BusinessDay } from '../../shared/api-finance.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { refuse, refuseCursor, type Refused } from '../ledger/refusal.ts';

interface Row {
  readonly provider: string;
  readonly day: string;
  readonly item: string;
  readonly class: CostDifferenceClass;
  readonly state: CostDifferenceState;
  readonly lines: number;
  readonly their_quantity: bigint | null;
  readonly theirs: bigint;
  readonly count: bigint;
  readonly our_quantity: bigint;
  readonly worked_out: bigint;
  readonly corrected: bigint;
  readonly kind: 'accept' | 'dispute' | null;
  readonly decided_by: string | null;
  readonly decided_by_name: string | null;
  readonly decided_at_ms: bigint | null;
  readonly reason: string | null;
  readonly approval_id: string | null;
}

/**
 * Every day and item that a counted bill covers, from $2 to before $3 and of the provider $1 where these are given.
 *
 * A provider rounds each line to the cent: sums that are no further apart than half a cent for each of its lines agree.
 * What is missing on one side and too much on the day beside it, to the same amount, is late: the day was cut elsewhere.
 */
const differences = `
  WITH theirs AS (
    SELECT provider, day, item, lines, quantity, amount FROM provider_bill_days
    WHERE ($1::text IS NULL OR provider = $1) AND ($2::date IS NULL OR day >= $2::date - 1)
      AND ($3::date IS NULL OR day <= $3::date)
  ), ours AS (
    SELECT c.provider, c.own_day AS day, c.item,
      coalesce(sum(c.amount) FILTER (WHERE c.source <> 'bill'), 0) AS worked_out,
      coalesce(sum(c.amount) FILTER (WHERE c.source = 'bill'), 0) AS corrected,
      coalesce(sum(c.count) FILTER (WHERE c.source <> 'bill'), 0) AS count,
      coalesce(sum(c.quantity) FILTER (WHERE c.source <> 'bill'), 0) AS quantity
    FROM cost_days c
    WHERE c.provider <> '' AND ($1::text IS NULL OR c.provider = $1) AND ($2::date IS NULL OR c.own_day >= $2::date - 1)
      AND ($3::date IS NULL OR c.own_day <= $3::date) AND EXISTS (
        SELECT 1 FROM provider_bills b WHERE b.provider = c.provider AND c.own_day BETWEEN b.from_day AND b.to_day
      )
    GROUP BY c.provider, c.own_day, c.item
  ), unpriced AS (
    SELECT own_day AS day, item, sum(count) AS count, sum(quantity) AS quantity
    FROM cost_days WHERE provider = '' GROUP BY own_day, item
  ), sides AS (
    SELECT provider, day, item, coalesce(t.lines, 0) AS lines, t.quantity AS their_quantity,
      coalesce(t.amount, 0) AS theirs, coalesce(o.worked_out, 0) AS worked_out, coalesce(o.corrected, 0) AS corrected,
      coalesce(o.count, 0) + coalesce(u.count, 0) AS count, coalesce(o.quantity, 0) + coalesce(u.quantity, 0) AS our_quantity,
      coalesce(o.count, 0) = 0 AND u.count IS NOT NULL AS unpriced, 5000 * coalesce(t.lines, 0)::bigint AS slack
    FROM theirs t FULL JOIN ours o USING (provider, day, item) LEFT JOIN unpriced u USING (day, item)
  ), gaps AS (
    SELECT *, theirs - worked_out AS gap, theirs - worked_out - corrected AS left_gap FROM sides
  ), beside AS (
    SELECT *, abs(gap) > slack AS differs,
      lag(day) OVER w = day - 1 AND sign(gap) = -sign(lag(gap) OVER w) AND abs(lag(gap) OVER w) > lag(slack) OVER w
        AND abs(gap + lag(gap) OVER w) <= slack + lag(slack) OVER w AS of_before,
      lead(day) OVER w = day + 1 AND sign(gap) = -sign(lead(gap) OVER w) AND abs(lead(gap) OVER w) > lead(slack) OVER w
        AND abs(gap + lead(gap) OVER w) <= slack + lead(slack) OVER w AS of_after
    FROM gaps WINDOW w AS (PARTITION BY provider, item ORDER BY day)
  ), classed AS (
    SELECT b.*, CASE WHEN of_before OR of_after THEN 'late' WHEN lines = 0 THEN 'missing_there'
        WHEN unpriced THEN 'state' WHEN count = 0 THEN 'missing_here' ELSE 'amount' END AS class,
      abs(left_gap) > slack AS stands
    FROM beside b
    WHERE (differs OR abs(left_gap) > slack) AND ($2::date IS NULL OR day >= $2::date) AND ($3::date IS NULL OR day < $3::date)
  ), decided AS (
    SELECT c.*, d.kind, d.decided_by, d.decided_at_ms, d.reason, d.approval_id,
      CASE WHEN d.kind = 'accept' AND d.waits THEN 'proposed' WHEN NOT stands THEN 'settled'
        WHEN d.kind = 'dispute' AND d.theirs = c.theirs AND d.ours = c.worked_out + c.corrected THEN 'disputed'
        ELSE 'open' END AS state
    FROM classed c LEFT JOIN LATERAL (
      SELECT d.*, coalesce(a.state = 'waiting', false) AS waits FROM cost_decisions d
        LEFT JOIN approvals a ON a.id = d.approval_id
      WHERE d.provider = c.provider AND d.day = c.day AND d.item = c.item AND coalesce(a.state, 'done') IN ('waiting', 'done')
      ORDER BY d.decided_at_ms DESC, d.id DESC LIMIT 1
    ) d ON true
  )`;

const shown = `SELECT d.provider, d.day::text AS day, d.item, d.class, d.state, d.lines, d.their_quantity, d.theirs,
    d.count, d.our_quantity, d.worked_out, d.corrected, d.kind, d.decided_by, a.name AS decided_by_name, d.decided_at_ms, d.reason, d.approval_id
  FROM decided d LEFT JOIN accounts a ON a.id = d.decided_by`;

/** The newest day first. What was worked out has to be up to now. */
export async function listCostDifferences(
  db: Queryable,
  query: z.output<typeof CostDifferencesQuery>,
): Promise<{ items: CostDifference[]; nextCursor: string | null } | Refused> {
  const place = /^(\d{4}-\d\d-\d\d) (\S+) (.+)$/su.exec(query.cursor ?? '9998-12-31 ~ ~');
  if (place === null || !BusinessDay.safeParse(place[1]).success) return refuseCursor();
  const rows = await db.query<Row>(
    `${differences} ${shown}
     WHERE ($4::text IS NULL OR d.class = $4) AND ($5::text IS NULL OR d.state = $5)
       AND (d.day < $6::date OR (d.day = $6::date AND (d.provider, d.item) > ($7::text, $8::text)))
     ORDER BY d.day DESC, d.provider, d.item LIMIT $9`,
    [
      query.provider ?? null,
      query.from ?? null,
      query.until ?? null,
      query.class ?? null,
      query.state ?? null,
      place[1],
      place[2],
      place[3],
      query.limit + 1,
    ],
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return {
    items: page.map(served),
    nextCursor: more ? `${last.day} ${last.provider} ${last.item}` : null,
  };
}

/** Keeps what somebody decides about differences, in the caller's transaction, which has the lock of the sums. */
export async function decideCosts(
  tx: Queryable,
  kind: 'accept' | 'dispute',
  { id, provider, of, reason }: DecideCostsBody,
  by: { readonly accountId: string; readonly nowMs: number },
): Promise<void> {
  await tx.query(
    `INSERT INTO cost_decisions (id, provider, day, item, kind, approval_id, theirs, ours, reason, decided_by, decided_at_ms)
     SELECT $1, $2, r.day, r.item, $3, CASE WHEN $3 = 'accept' THEN $1::uuid END, r.theirs, r.ours, $4, $5, $6
     FROM unnest($7::date[], $8::text[], $9::numeric[], $10::numeric[]) AS r (day, item, theirs, ours)`,
    [
      id,
      provider,
      kind,
      reason,
      by.accountId,
      by.nowMs,
      of.map(({ day }) => day),
      of.map(({ item }) => item),
      of.map(({ theirs }) => yuan(theirs)),
      of.map(({ ours }) => yuan(ours)),
    ],
  );
}

/** Whether a decision of this id is there already, and is this one. */
export async function readDecision(
  tx: Queryable,
  kind: 'accept' | 'dispute',
  { id, provider, of, reason }: DecideCostsBody,
): Promise<'none' | 'same' | 'another'> {
  const rows = await tx.query<{
    kind: string;
    provider: string;
    day: string;
    item: string;
    theirs: bigint;
    ours: bigint;
    reason: string;
  }>(
    'SELECT kind, provider, day::text AS day, item, theirs, ours, reason FROM cost_decisions WHERE id = $1',
    [id],
  );
  if (rows.length === 0) return 'none';
  const kept = rows.map((row) =>
    [row.kind, row.provider, row.reason, row.day, row.item, row.theirs, row.ours].join('\n'),
  );
  const given = of.map(({ day, item, theirs, ours }) =>
    [kind, provider, reason, day, item, yuan(theirs), yuan(ours)].join('\n'),
  );
  return kept.toSorted().join('\0') === given.toSorted().join('\0') ? 'same' : 'another';
}

/** What differs by now of what is named, in that order; what differs no more is not among it. */
export async function readNamed(
  tx: Queryable,
  { provider, of }: Pick<DecideCostsBody, 'provider' | 'of'>,
): Promise<CostDifference[]> {
  const days = of.map(({ day }) => day).toSorted();
  const until = new Date(Date.parse(`${days.at(-1) ?? ''}T00:00:00Z`) + 86_400_000)
    .toISOString()
    .slice(0, 10);
  const rows = await tx.query<Row>(`${differences} ${shown}`, [provider, days[0] ?? null, until]);
  const standing = new Map(rows.map((row) => [`${row.day} ${row.item}`, served(row)]));
  return of.flatMap(({ day, item }) => standing.get(`${day} ${item}`) ?? []);
}

/**
 * What the named differences come to, which stand so. Refused where one is named twice, is none or is in another state
 * than `allowed`, or where a figure is not the one that was seen.
 */
export function gapOf(
  named: readonly CostDifference[],
  { of }: Pick<DecideCostsBody, 'of'>,
  allowed: readonly CostDifferenceState[],
): bigint | Refused {
  const standing = new Map(named.map((difference) => [`${difference.day} ${difference.item}`, difference]));
  let gap = 0n;
  for (const { day, item, theirs, ours } of of) {
    const difference = standing.get(`${day} ${item}`);
    if (difference === undefined) return refuse('difference_closed', { day, item });
    const { state } = difference;
    if (!allowed.includes(state)) return refuse('difference_closed', { day, item, state });
    const [billed, booked] = [difference.theirs.amount, difference.ours.amount];
    if (yuan(billed) !== yuan(theirs) || yuan(booked) !== yuan(ours))
      return refuse('figures_changed', { day, item, theirs: billed, ours: booked });
    gap += yuan(difference.gap);
    standing.delete(`${day} ${item}`);
  }
  return gap;
}

/** Of one day and item: the lines that count, and what the books have. */
export async function readCostEvidence(
  db: Queryable,
  { provider, day, item }: z.output<typeof CostEvidenceQuery>,
): Promise<CostEvidence> {
  const lines = await db.query<{
    bill_id: string;
    file_name: string;
    line: number;
    said: string;
    quantity: bigint | null;
    amount: bigint;
    reference: string | null;
  }>(
    `SELECT l.bill_id, b.file_name, l.line, l.said, l.quantity, l.amount, l.reference
     FROM provider_bill_lines l JOIN provider_bills b ON b.id = l.bill_id
     WHERE b.provider = $1 AND b.booked_at_ms IS NOT NULL AND NOT l.replaced AND l.day = $2::date AND l.item = $3
     ORDER BY b.booked_at_ms, b.id, l.line LIMIT $4`,
    [provider, day, item, evidenceLinesMax],
  );
  const ours = await db.query<{
    source: CostEvidence['ours'][number]['source'];
    product: string;
    day: string;
    priced: boolean;
    count: bigint;
    quantity: bigint;
    amount: bigint;
  }>(
    `SELECT source, product, day::text AS day, provider <> '' AS priced, sum(count) AS count,
       sum(quantity) AS quantity, sum(amount) AS amount
     FROM cost_days WHERE own_day = $2::date AND item = $3 AND provider IN ($1, '')
     GROUP BY source, product, day, provider ORDER BY source = 'bill', source, product, day`,
    [provider, day, item],
  );
  return {
    theirs: lines.map((line) => ({
      billId: line.bill_id,
      fileName: line.file_name,
      line: line.line,
      said: line.said,
      ...(line.quantity === null ? {} : { quantity: line.quantity.toString() }),
      amount: yuanText(line.amount),
      ...(line.reference === null ? {} : { reference: line.reference }),
    })),
    ours: ours.map((row) => ({
      source: row.source,
      product: row.product,
      ...(row.day === day ? {} : { bookedOn: row.day }),
      priced: row.priced,
      count: Number(row.count),
      quantity: row.quantity.toString(),
      amount: yuanText(row.amount),
    })),
  };
}

function served(row: Row): CostDifference {
  const booked = row.worked_out + row.corrected;
  const { kind, decided_by: by, decided_by_name: byName, decided_at_ms: atMs, approval_id: approvalId } = row;
  return {
    provider: row.provider,
    day: row.day,
    item: row.item,
    class: row.class,
    state: row.state,
    theirs: {
      lines: row.lines,
      ...(row.their_quantity === null ? {} : { quantity: row.their_quantity.toString() }),
      amount: yuanText(row.theirs),
    },
    ours: {
      count: Number(row.count),
      quantity: row.our_quantity.toString(),
      workedOut: yuanText(row.worked_out),
      corrected: yuanText(row.corrected),
      amount: yuanText(booked),
    },
    gap: yuanText(row.theirs - booked),
    ...(kind === null || by === null || atMs === null
      ? {}
      : {
          decision: {
            kind,
            by,
            byName: byName ?? '',
            at: new Date(Number(atMs)).toISOString(),
            reason: row.reason ?? '',
            ...(approvalId === null ? {} : { approvalId }),
          },
        }),
  };
}
