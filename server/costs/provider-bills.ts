/**
 * Bills of providers: received in parts from the desk that has read the file, and counted once they are there in full; the
 * only writer of `provider_bills`, `provider_bill_lines`, `provider_bill_days` and `bill_mappings`. It must never count a
 * file or a line of it twice, or a file whose lines do not add up to what was announced; and it moves no cost.
 */
import type { z } from 'zod';
import {
  BillMapping,
  unnamedItemsMax,
  type BillBody,
  type BillLine,
  type ProviderBill,
  type ProviderMapping,
  type UnnamedChoice,
  type UnnamedLines,
} from '../../shared/api-bills.ts';
import { yuan, yuanLimit, yuanText } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import { ownPlaceOf } from '../database/newest-first.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import { costsInForce } from './cost-catalogues.ts';

/** Brings what was worked out up to now; called in the transaction that lets a bill count. */
export type BringUpToNow = (tx: Queryable) => Promise<void>;

interface Row {
  readonly id: string;
  readonly provider: string;
  readonly file_name: string;
  readonly file_hash: string;
  readonly lines: number;
  readonly received: bigint;
  readonly total: bigint;
  readonly received_total: bigint;
  readonly left_out: number;
  readonly from_day: string | null;
  readonly to_day: string | null;
  readonly worked_out: bigint | null;
  readonly difference: bigint | null;
  readonly unnamed: UnnamedChoice['are'] | null;
  readonly unnamed_lines: number | null;
  readonly unnamed_amount: bigint | null;
  readonly created_at_ms: bigint;
  readonly booked_at_ms: bigint | null;
}
const selectBills = `
  SELECT b.id, b.provider, b.file_name, b.file_hash, b.lines, b.total, b.worked_out, b.difference, b.created_at_ms,
    b.booked_at_ms, b.left_out, b.unnamed, b.unnamed_lines, b.unnamed_amount, b.from_day::text AS from_day, b.to_day::text AS to_day, l.received, l.received_total
  FROM provider_bills b CROSS JOIN LATERAL (
    SELECT count(*) AS received, coalesce(sum(amount), 0) AS received_total
    FROM provider_bill_lines WHERE bill_id = b.id
  ) l`;

export class ProviderBills {
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #bringUpToNow: BringUpToNow;

  constructor(database: Database, clock: () => number, bringUpToNow: BringUpToNow) {
    this.#database = database;
    this.#clock = clock;
    this.#bringUpToNow = bringUpToNow;
  }

  /** The same id with the same content again is answered as it stands by now. */
  async begin(
    body: z.infer<typeof BillBody>,
    by: string,
  ): Promise<{ readonly bill: ProviderBill; readonly replayed: boolean } | Refused> {
    return this.#database.transaction(async (tx) => {
      const { providers } = await costsInForce(tx);
      if (!providers.some(({ id }) => id === body.provider))
        return refuseField('provider', `there is no provider ${body.provider}`);
      const id = body.id.toLowerCase();
      if (await isBooked(tx, { id, provider: body.provider, file_hash: body.fileHash }))
        return refuse('bill_booked_before');
      const added = await tx.query<{ id: string }>(
        `INSERT INTO provider_bills (id, provider, file_name, file_hash, lines, total, left_out, created_by, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING RETURNING id`,
        [
          id,
          body.provider,
          body.fileName,
          body.fileHash,
          body.lines,
          yuan(body.total),
          body.leftOut,
          by,
          this.#clock(),
        ],
      );
      const row = await readBill(tx, id);
      if (row === null) throw new Error('a bill that was added is missing');
      const same =
        row.provider === body.provider &&
        row.file_hash === body.fileHash &&
        row.lines === body.lines &&
        row.left_out === body.leftOut &&
        row.total === yuan(body.total);
      if (!same) return refuse('idempotency_mismatch', { id });
      await tx.query(
        `INSERT INTO bill_mappings (provider, mapping, changed_at_ms) VALUES ($1, $2::jsonb, $3)
         ON CONFLICT (provider) DO UPDATE SET mapping = excluded.mapping, changed_at_ms = excluded.changed_at_ms`,
        [body.provider, JSON.stringify(body.mapping), this.#clock()],
      );
      return { bill: served(row), replayed: added.length === 0 };
    });
  }

  async send(id: string, lines: readonly BillLine[]): Promise<ProviderBill | Refused> {
    return this.#database.transaction(async (tx) => {
      const row = await lockBill(tx, id);
      if (row === null) return refuse('not_found');
      if (row.booked_at_ms !== null) return served(row);
      const total = lines.reduce((sum, { amount }) => sum + yuan(amount), row.received_total);
      if (total <= -yuanLimit || total >= yuanLimit)
        return refuseField('lines', 'together they would be larger than an amount can be');
      await tx.query(
        `INSERT INTO provider_bill_lines (bill_id, line, day, item, said, quantity, amount, reference)
         SELECT $1, r.*
         FROM unnest($2::integer[], $3::date[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[]) AS r
         ON CONFLICT (bill_id, line) DO NOTHING`,
        [
          row.id,
          lines.map(({ line }) => line),
          lines.map(({ day }) => day),
          lines.map(({ item }) => item),
          lines.map(({ item, said }) => said ?? item),
          lines.map(({ quantity }) => quantity ?? null),
          lines.map(({ amount }) => yuan(amount)),
          lines.map(({ reference }) => reference ?? null),
        ],
      );
      const now = await readBill(tx, row.id);
      return served(now ?? row);
    });
  }

  /**
   * Lets a bill count. Safe to repeat. Refused with `bill_incomplete` where lines are missing or add up to something else,
   * and with `validation_failed` where two of them have one number of the provider's, or where a day's sum, with what
   * counts of it already, could not be written. Where earlier bills have lines of its days that it does not name, a person
   * says whether they still count: refused with `bill_leaves_out` without that, and with `figures_changed` where it was said
   * of other lines.
   */
  async book(id: string, unnamed?: UnnamedChoice): Promise<ProviderBill | Refused> {
    return this.#database.transaction(async (tx) => {
      const row = await lockBill(tx, id);
      if (row === null) return refuse('not_found');
      if (row.booked_at_ms !== null) return served(row);
      if (Number(row.received) !== row.lines || row.received_total !== row.total)
        return refuse('bill_incomplete', {
          expected: yuanText(row.total),
          actual: yuanText(row.received_total),
        });
      // Two of one file at once: the second waits for this lock, and finds the first.
      await tx.query('LOCK TABLE provider_bills IN SHARE ROW EXCLUSIVE MODE');
      if (await isBooked(tx, row)) return refuse('bill_booked_before');
      const [twice] = await tx.query<{ reference: string }>(
        `SELECT reference FROM provider_bill_lines WHERE bill_id = $1 AND reference IS NOT NULL
         GROUP BY reference HAVING count(*) > 1 LIMIT 1`,
        [row.id],
      );
      if (twice !== undefined) return refuseField('lines', `${twice.reference} is there twice`);
      const [large] = await tx.query<{ day: string; item: string }>(tooLargeSql, [
        row.id,
        row.provider,
        yuanLimit,
      ]);
      if (large !== undefined)
        return refuseField('lines', `${large.item} of ${large.day} would come to more than an amount can be`);
      const rest = await readUnnamed(tx, row);
      const undecided = undecidedOf(rest, unnamed);
      if (undecided !== null) return undecided;
      await this.#bringUpToNow(tx);
      const [sums] = await tx.query<{ worked_out: bigint }>(workedOutSql, [row.id, row.provider]);
      if (sums === undefined) throw new Error('a sum always has a row');
      await tx.query(
        `UPDATE provider_bills SET worked_out = $2, difference = $3, booked_at_ms = $4,
           unnamed = $5, unnamed_lines = $6, unnamed_amount = $7,
           (from_day, to_day) = (SELECT min(day), max(day) FROM provider_bill_lines WHERE bill_id = $1)
         WHERE id = $1`,
        [
          row.id,
          sums.worked_out,
          row.total - sums.worked_out,
          this.#clock(),
          ...(unnamed === undefined ? [null, null, null] : [unnamed.are, rest.lines, rest.amount]),
        ],
      );
      await tx.query(replaceSql, [row.id, row.provider, unnamed?.are === 'replaced']);
      return served((await readBill(tx, row.id)) ?? row);
    });
  }

  /** Refused with `bill_incomplete` while lines are missing: which days it covers is not known before. */
  async unnamed(id: string): Promise<UnnamedLines | Refused> {
    const row = await readBill(this.#database, id.toLowerCase());
    if (row === null || row.booked_at_ms !== null) return refuse('not_found');
    if (Number(row.received) !== row.lines) return refuse('bill_incomplete');
    const { span, lines, amount, items } = await readUnnamed(this.#database, row);
    return { provider: row.provider, ...span, lines, amount: yuanText(amount), items };
  }

  /** Newest first. */
  async list(query: {
    readonly cursor?: string | undefined;
    readonly limit: number;
  }): Promise<{ items: ProviderBill[]; nextCursor: string | null } | Refused> {
    const place = ownPlaceOf(query.cursor);
    if (place === null) return refuseField('cursor', 'not a cursor of this list');
    const rows = await this.#database.query<Row>(
      `${selectBills} WHERE (b.created_at_ms, b.id) < ($1, $2) ORDER BY b.created_at_ms DESC, b.id DESC LIMIT $3`,
      [place.atMs, place.id, query.limit + 1],
    );
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    const more = rows.length > query.limit && last !== undefined;
    return { items: page.map(served), nextCursor: more ? `${last.created_at_ms}.${last.id}` : null };
  }

  async mappings(): Promise<z.output<typeof ProviderMapping>[]> {
    const rows = await this.#database.query<{ provider: string; mapping: unknown; changed_at_ms: bigint }>(
      'SELECT provider, mapping, changed_at_ms FROM bill_mappings ORDER BY provider',
    );
    return rows.map((row) => ({
      provider: row.provider,
      mapping: BillMapping.parse(row.mapping),
      changedAt: new Date(Number(row.changed_at_ms)).toISOString(),
    }));
  }
}

/** A day and item of a bill whose lines, with those that count already, come to the limit or more. */
const tooLargeSql = `
  SELECT b.day::text AS day, b.item
  FROM (SELECT day, item, sum(amount) AS amount FROM provider_bill_lines WHERE bill_id = $1 GROUP BY day, item) b
    LEFT JOIN provider_bill_days d ON d.provider = $2 AND d.day = b.day AND d.item = b.item
  WHERE abs(b.amount) + abs(coalesce(d.amount, 0)) >= $3::bigint LIMIT 1`;

/** What the books have by now for the days and items that a bill names. */
const workedOutSql = `
  SELECT coalesce(sum(c.amount), 0) AS worked_out
  FROM (SELECT DISTINCT day, item FROM provider_bill_lines WHERE bill_id = $1) b
    JOIN cost_days c ON c.own_day = b.day AND c.provider = $2 AND c.item = b.item`;

/** The lines of bill $1, the earlier bills of its provider $2, and the days that it covers. */
const mineAndEarlier = `
  mine AS MATERIALIZED (
    SELECT day, item, reference FROM provider_bill_lines WHERE bill_id = $1
  ), earlier AS (
    SELECT id FROM provider_bills WHERE provider = $2 AND booked_at_ms IS NOT NULL AND id <> $1
  ), span AS (
    SELECT min(day) AS from_day, max(day) AS to_day FROM mine
  )`;

/** Whether a line of an earlier bill is one that this has again: by its number or, where one of the two has none, by day and item. */
const isNamedAgain = `(
  l.reference IN (SELECT reference FROM mine WHERE reference IS NOT NULL)
  OR (l.reference IS NULL AND (l.day, l.item) IN (SELECT day, item FROM mine))
  OR (l.day, l.item) IN (SELECT day, item FROM mine WHERE reference IS NULL)
) IS TRUE`;

/** Lines of earlier bills that count, of the days that this covers, and that it does not have again. */
const unnamedSql = `
  WITH ${mineAndEarlier}
  SELECT s.from_day::text AS span_from, s.to_day::text AS span_to, l.item, min(l.day)::text AS from_day,
    max(l.day)::text AS to_day, count(DISTINCT l.day) AS days, count(l.bill_id) AS lines,
    coalesce(sum(l.amount), 0) AS amount
  FROM span s LEFT JOIN provider_bill_lines l ON NOT l.replaced AND l.bill_id IN (SELECT id FROM earlier)
    AND l.day BETWEEN s.from_day AND s.to_day AND NOT ${isNamedAgain}
  GROUP BY s.from_day, s.to_day, l.item ORDER BY abs(sum(l.amount)) DESC, l.item`;

/**
 * Lines of earlier bills that this one has again, or, where it replaces them ($3), whatever those have of the days that it
 * covers, do not count any more; the sums of every day that this touches are made anew.
 */
const replaceSql = `
  WITH ${mineAndEarlier}, replaced AS (
    UPDATE provider_bill_lines l SET replaced = true FROM span s
    WHERE NOT l.replaced AND l.bill_id IN (SELECT id FROM earlier)
      AND (${isNamedAgain} OR ($3::boolean AND l.day BETWEEN s.from_day AND s.to_day))
    RETURNING l.bill_id, l.line, l.day, l.item
  ), touched AS (
    SELECT day, item FROM mine UNION SELECT day, item FROM replaced
  ), counting AS (
    SELECT l.day, l.item, l.quantity, l.amount
    FROM provider_bill_lines l JOIN touched t ON t.day = l.day AND t.item = l.item
    WHERE NOT l.replaced AND (l.bill_id = $1 OR l.bill_id IN (SELECT id FROM earlier))
      AND NOT EXISTS (SELECT 1 FROM replaced r WHERE r.bill_id = l.bill_id AND r.line = l.line)
  ), summed AS (
    SELECT day, item, count(*)::integer AS lines,
      CASE WHEN count(quantity) = count(*) THEN sum(quantity) END AS quantity, sum(amount) AS amount
    FROM counting GROUP BY day, item
  ), gone AS (
    DELETE FROM provider_bill_days d USING touched t WHERE d.provider = $2 AND d.day = t.day AND d.item = t.item
      AND NOT EXISTS (SELECT 1 FROM summed s WHERE s.day = t.day AND s.item = t.item)
  )
  INSERT INTO provider_bill_days (provider, day, item, lines, quantity, amount)
  SELECT $2, day, item, lines, quantity, amount FROM summed
  ON CONFLICT (provider, day, item)
  DO UPDATE SET lines = excluded.lines, quantity = excluded.quantity, amount = excluded.amount`;

interface Unnamed {
  readonly span: { readonly from: string; readonly to: string };
  readonly lines: number;
  readonly amount: bigint;
  readonly items: UnnamedLines['items'];
}

async function readUnnamed(tx: Queryable, { id, provider }: Pick<Row, 'id' | 'provider'>): Promise<Unnamed> {
  const rows = await tx.query<{
    span_from: string;
    span_to: string;
    item: string | null;
    from_day: string;
    to_day: string;
    days: bigint;
    lines: bigint;
    amount: bigint;
  }>(unnamedSql, [id, provider]);
  const [first] = rows;
  if (first === undefined) throw new Error('a span always has a row');
  return {
    span: { from: first.span_from, to: first.span_to },
    lines: rows.reduce((sum, { lines }) => sum + Number(lines), 0),
    amount: rows.reduce((sum, { amount }) => sum + amount, 0n),
    items: rows.slice(0, unnamedItemsMax).flatMap(({ item, ...row }) =>
      item === null
        ? []
        : [
            {
              item,
              from: row.from_day,
              to: row.to_day,
              days: Number(row.days),
              lines: Number(row.lines),
              amount: yuanText(row.amount),
            },
          ],
    ),
  };
}

/** Null: there is nothing to decide, or it was decided on these very lines. */
function undecidedOf({ lines, amount }: Unnamed, choice: UnnamedChoice | undefined): Refused | null {
  if (choice === undefined)
    return lines === 0 ? null : refuse('bill_leaves_out', { lines, amount: yuanText(amount) });
  return choice.lines === lines && yuan(choice.amount) === amount && lines > 0
    ? null
    : refuse('figures_changed', { lines, amount: yuanText(amount) });
}

async function readBill(tx: Queryable, id: string): Promise<Row | null> {
  const [row] = await tx.query<Row>(`${selectBills} WHERE b.id = $1`, [id]);
  return row ?? null;
}

async function lockBill(tx: Queryable, id: string): Promise<Row | null> {
  await tx.query('SELECT id FROM provider_bills WHERE id = $1 FOR UPDATE', [id.toLowerCase()]);
  return readBill(tx, id.toLowerCase());
}

/** Whether the file was booked as another bill. */
async function isBooked(
  tx: Queryable,
  { id, provider, file_hash: fileHash }: Pick<Row, 'id' | 'provider' | 'file_hash'>,
): Promise<boolean> {
  const rows = await tx.query(
    'SELECT 1 FROM provider_bills WHERE provider = $1 AND file_hash = $2 AND id <> $3 AND booked_at_ms IS NOT NULL',
    [provider, fileHash, id],
  );
  return rows.length > 0;
}

function served(row: Row): ProviderBill {
  const { worked_out: workedOut, difference, booked_at_ms: bookedAtMs } = row;
  const { unnamed, unnamed_lines: lines, unnamed_amount: amount } = row;
  return {
    id: row.id,
    provider: row.provider,
    fileName: row.file_name,
    state: bookedAtMs === null ? 'receiving' : 'booked',
    lines: row.lines,
    received: Number(row.received),
    leftOut: row.left_out,
    total: yuanText(row.total),
    ...(row.from_day === null ? {} : { from: row.from_day }),
    ...(row.to_day === null ? {} : { to: row.to_day }),
    ...(workedOut === null ? {} : { workedOut: yuanText(workedOut) }),
    ...(difference === null ? {} : { difference: yuanText(difference) }),
    ...(unnamed === null || lines === null || amount === null
      ? {}
      : { unnamed: { are: unnamed, lines, amount: yuanText(amount) } }),
    createdAt: new Date(Number(row.created_at_ms)).toISOString(),
    ...(bookedAtMs === null ? {} : { bookedAt: new Date(Number(bookedAtMs)).toISOString() }),
  };
}
