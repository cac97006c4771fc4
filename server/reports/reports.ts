/**
 * Reports and closed months. A report adds up sums that are brought up to now before it is read; a closed month is
 * answered as it was closed, word for word. The only writer of `report_closings`; it must never open a month again.
 */
import { hash } from 'node:crypto';
import type { z } from 'zod';
import {
  Report,
  type Closing,
  type Closings,
  type MarginLine,
  type MarginTotal,
  type ReportAnswer,
} from '../../shared/api-finance.ts';
import { parseYuan } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import { localDay } from '../ledger/local-day.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import { dayAfter, daysBefore, spanOf } from './business-days.ts';
import { readFigures, readMargins, readMarginTotal, shareOf, type MarginsBy } from './report-figures.ts';
import { catchUp, catchUpWithin, lockState } from './rollup.ts';

export interface ReportsOptions {
  readonly database: Database;
  readonly clock: () => number;
  /** Of the business: days and months are cut in it. */
  readonly timeZone: string;
}

/** What the first closing links to. */
const firstHash = '0'.repeat(64);

interface ClosingRow {
  readonly month: string;
  readonly body: string;
  readonly prev_hash: string;
  readonly hash: string;
  readonly closed_by: string;
  readonly closed_at_ms: bigint;
}
const closingColumns = 'month, body, prev_hash, hash, closed_by, closed_at_ms';

export class Reports {
  readonly #options: ReportsOptions;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  get timeZone(): string {
    return this.#options.timeZone;
  }

  /** Adds to the sums what is not in them yet. Any number may run at once. */
  catchUp(): Promise<void> {
    const { database, timeZone, clock } = this.#options;
    return catchUp(database, timeZone, clock());
  }

  async read(period: string): Promise<z.input<typeof ReportAnswer>> {
    const { database, timeZone, clock } = this.#options;
    await this.catchUp();
    return database.transaction(async (tx) => {
      // All of it as of one moment.
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const closed = await readClosing(tx, period);
      if (closed !== null)
        return { report: Report.parse(JSON.parse(closed.body)), closing: closingOf(closed) };
      const span = spanOf(period);
      const report = await readFigures(tx, { period, span, timeZone, nowMs: clock() });
      const [state] = await tx.query<{ through: string | null }>(
        'SELECT closed_through::text AS through FROM report_state',
      );
      const whole =
        state?.through !== null && state?.through !== undefined && span.until <= dayAfter(state.through);
      return { report: { ...report, state: whole ? 'closed' : 'open' } };
    });
  }

  /** A page of margins, the most revenue first; days in their order. */
  async margins(query: {
    readonly by: MarginsBy;
    readonly from: string;
    readonly until: string;
    readonly cursor?: string | undefined;
    readonly limit: number;
  }): Promise<
    { items: MarginLine[]; nextCursor: string | null; total: z.infer<typeof MarginTotal> } | Refused
  > {
    const place = /^(-?[\d.]+) (.*)$/su.exec(query.cursor ?? '0 -');
    const revenue = parseYuan(place?.[1] ?? '');
    const key = place?.[2];
    if (revenue === null || key === undefined) return refuseField('cursor', 'not a cursor of this list');
    const after = query.cursor === undefined ? {} : { after: { revenue, key } };
    await this.catchUp();
    const range = [query.from, query.until] as const;
    const rows = await readMargins(this.#options.database, query.by, range, {
      limit: query.limit + 1,
      ...after,
    });
    const total = await readMarginTotal(this.#options.database, query.by, range);
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => ({
        ...row,
        ...shareOf('marginBasisPoints', row.margin, row.revenue),
        ...shareOf('revenueBasisPoints', row.revenue, total.revenue),
      })),
      total: { ...total, ...shareOf('marginBasisPoints', total.margin, total.revenue) },
      nextCursor: rows.length > query.limit && last !== undefined ? `${last.revenue} ${last.key}` : null,
    };
  }

  async closings(): Promise<z.input<typeof Closings>> {
    const { database } = this.#options;
    await this.catchUp();
    const rows = await database.query<ClosingRow>(
      `SELECT ${closingColumns} FROM report_closings ORDER BY month DESC`,
    );
    const next = await this.#next(database);
    return { items: rows.map(closingOf), ...(next === null ? {} : { next }) };
  }

  /**
   * Fixes the figures of the first month that is still open, once it is over. Safe to repeat: a month that is closed is
   * answered as it was closed.
   */
  async close(
    month: string,
    by: string,
  ): Promise<{ readonly closing: Closing; readonly replayed: boolean } | Refused> {
    const { database, clock, timeZone } = this.#options;
    await this.catchUp();
    return database.transaction(async (tx) => {
      const state = await lockState(tx, timeZone);
      const known = await readClosing(tx, month);
      if (known !== null) return { closing: closingOf(known), replayed: true };
      const nowMs = clock();
      // What came since belongs to it: a row that is committed after this is late.
      await catchUpWithin(tx, state, nowMs);
      const next = await this.#next(tx);
      if (next?.month !== month || !next.over)
        return refuse('period_not_closable', next === null ? {} : { next: next.month });
      const span = spanOf(month);
      const figures = await readFigures(tx, { period: month, span, timeZone, nowMs });
      const body = JSON.stringify({ ...figures, state: 'closed' } satisfies Report);
      const [last] = await tx.query<{ hash: string }>(
        'SELECT hash FROM report_closings ORDER BY month DESC LIMIT 1',
      );
      const prevHash = last?.hash ?? firstHash;
      const row: ClosingRow = {
        month,
        body,
        prev_hash: prevHash,
        hash: hashOf(prevHash, body),
        closed_by: by,
        closed_at_ms: BigInt(nowMs),
      };
      const through = daysBefore(span.until, 1);
      await tx.query(
        `INSERT INTO report_closings (month, through_day, body, prev_hash, hash, closed_by, closed_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [month, through, body, prevHash, row.hash, by, nowMs],
      );
      await tx.query(
        `INSERT INTO report_closing_positions (account_id, month, last_seq, last_usage)
         SELECT account_id, $1, last_seq, last_usage FROM report_positions`,
        [month],
      );
      await tx.query('UPDATE report_state SET closed_through = $1', [through]);
      return { closing: closingOf(row), replayed: false };
    });
  }

  /** The first open month that anything is booked in, and whether it is over. */
  async #next(db: Queryable): Promise<{ month: string; over: boolean } | null> {
    const { clock, timeZone } = this.#options;
    const [row] = await db.query<{ day: string | null }>(
      `SELECT coalesce((SELECT closed_through + 1 FROM report_state),
         (SELECT least((SELECT min(day) FROM report_days), (SELECT min(day) FROM cost_days))))::text AS day`,
    );
    const day = row?.day ?? null;
    if (day === null) return null;
    const month = day.slice(0, 7);
    return { month, over: spanOf(month).until <= localDay(timeZone, clock()) };
  }
}

async function readClosing(tx: Queryable, month: string): Promise<ClosingRow | null> {
  const [row] = await tx.query<ClosingRow>(`SELECT ${closingColumns} FROM report_closings WHERE month = $1`, [
    month,
  ]);
  return row ?? null;
}

function closingOf(row: ClosingRow): Closing {
  return {
    month: row.month,
    closedAt: new Date(Number(row.closed_at_ms)).toISOString(),
    closedBy: row.closed_by,
    hash: row.hash,
    intact: row.hash === hashOf(row.prev_hash, row.body),
  };
}

function hashOf(prevHash: string, body: string): string {
  return hash('sha256', `${prevHash}\n${body}`, 'hex');
}
