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
import { parseYuanSum, yuan } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import { localDay } from '../ledger/local-day.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import { dayAfter, daysBefore, spanOf } from './business-days.ts';
import { readMargins, readMarginTotal, shareOf, type MarginsBy } from './margins.ts';
import { readFigures } from './report-figures.ts';
import { catchUp, catchUpWithin, lockState } from './rollup.ts';

export interface ReportsOptions {
  readonly database: Database;
  /** The same, for adding up what has come: whoever asks for a report has not done that. */
  readonly sums: Database;
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
  /** The hash of the month before it, and what the month after it was linked to; null where there is none. */
  readonly hash_before: string | null;
  readonly linked_after: string | null;
}
const closings = `(
  SELECT month, body, prev_hash, hash, closed_by, closed_at_ms, lag(hash) OVER (ORDER BY month) AS hash_before,
    lead(prev_hash) OVER (ORDER BY month) AS linked_after
  FROM report_closings
) c`;

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
    const { sums, timeZone, clock } = this.#options;
    return catchUp(sums, timeZone, clock());
  }

  async read(period: string): Promise<z.input<typeof ReportAnswer>> {
    const { timeZone, clock } = this.#options;
    return this.#reading(async (tx) => {
      const closed = await readClosing(tx, period);
      if (closed !== null)
        return {
          report: await withNames(tx, Report.parse(JSON.parse(closed.body))),
          closing: closingOf(closed),
        };
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
    const revenue = parseYuanSum(place?.[1] ?? '');
    const key = place?.[2];
    if (revenue === null || key === undefined) return refuseField('cursor', 'not a cursor of this list');
    const after = query.cursor === undefined ? {} : { after: { revenue, key } };
    const range = [query.from, query.until] as const;
    const { rows, total } = await this.#reading(async (tx) => ({
      rows: await readMargins(tx, query.by, range, { limit: query.limit + 1, ...after }),
      total: await readMarginTotal(tx, query.by, range),
    }));
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => ({
        ...row,
        ...shareOf('marginBasisPoints', yuan(row.margin), yuan(row.revenue)),
        ...shareOf('revenueBasisPoints', yuan(row.revenue), yuan(total.revenue)),
      })),
      total: { ...total, ...shareOf('marginBasisPoints', yuan(total.margin), yuan(total.revenue)) },
      nextCursor: rows.length > query.limit && last !== undefined ? `${last.revenue} ${last.key}` : null,
    };
  }

  async closings(): Promise<z.input<typeof Closings>> {
    const { database } = this.#options;
    await this.catchUp();
    const rows = await database.query<ClosingRow>(`SELECT * FROM ${closings} ORDER BY month DESC`);
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
      // What nobody could read would stay unreadable for ever.
      const report = Report.parse({ ...withoutNames(figures), state: 'closed' } satisfies Report);
      const body = JSON.stringify(report);
      const [last] = await tx.query<{ hash: string }>(
        'SELECT hash FROM report_closings ORDER BY month DESC LIMIT 1',
      );
      const prevHash = last?.hash ?? firstHash;
      const through = daysBefore(span.until, 1);
      await tx.query(
        `INSERT INTO report_closings (month, through_day, body, prev_hash, hash, closed_by, closed_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [month, through, body, prevHash, hashOf(prevHash, body), by, nowMs],
      );
      await tx.query(
        `INSERT INTO report_closing_positions (account_id, month, last_seq, last_usage)
         SELECT account_id, $1, last_seq, last_usage FROM report_positions`,
        [month],
      );
      await tx.query('UPDATE report_state SET closed_through = $1', [through]);
      const closed = await readClosing(tx, month);
      if (closed === null) throw new Error('a month that was closed is missing');
      return { closing: closingOf(closed), replayed: false };
    });
  }

  /** Reads sums that are up to now, all of them as of one moment. */
  async #reading<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    await this.catchUp();
    return this.#options.database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return work(tx);
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

/** What is fixed for ever names accounts by their ids alone: whose they are may have to be forgotten. */
function withoutNames<Figures extends Pick<Report, 'topUsers'>>(figures: Figures): Figures {
  return { ...figures, topUsers: figures.topUsers.map(({ name: _name, ...row }) => row) };
}

/** As the accounts are called now. */
async function withNames(tx: Queryable, report: Report): Promise<Report> {
  const rows = await tx.query<{ id: string; name: string }>(
    'SELECT id, name FROM accounts WHERE id = ANY ($1::uuid[])',
    [report.topUsers.map(({ key }) => key)],
  );
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const named = withoutNames(report).topUsers.map((row) => {
    const name = names.get(row.key);
    return name === undefined ? row : { ...row, name };
  });
  return { ...report, topUsers: named };
}

async function readClosing(tx: Queryable, month: string): Promise<ClosingRow | null> {
  const [row] = await tx.query<ClosingRow>(`SELECT * FROM ${closings} WHERE month = $1`, [month]);
  return row ?? null;
}

function closingOf(row: ClosingRow): Closing {
  return {
    month: row.month,
    closedAt: new Date(Number(row.closed_at_ms)).toISOString(),
    closedBy: row.closed_by,
    hash: row.hash,
    intact:
      row.hash === hashOf(row.prev_hash, row.body) &&
      row.prev_hash === (row.hash_before ?? firstHash) &&
      (row.linked_after === null || row.linked_after === row.hash),
  };
}

function hashOf(prevHash: string, body: string): string {
  return hash('sha256', `${prevHash}\n${body}`, 'hex');
}
