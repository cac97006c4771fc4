/**
 * Bills of providers: received in parts from the desk that has read the file, and booked once they are there in full; the
 * only writer of `provider_bills`, `provider_bill_lines` and `bill_mappings`. It must never book a file twice, or one
 * whose lines do not add up to what was announced.
 */
import type { z } from 'zod';
import {
  BillMapping,
  type BillBody,
  type BillLine,
  type ProviderBill,
  type ProviderMapping,
} from '../../shared/api-finance.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import { costsInForce } from './cost-catalogues.ts';

/** Books what a bill says beyond what was worked out; called in the transaction that marks it. */
export type BookDifference = (
  tx: Queryable,
  bill: { readonly id: string; readonly provider: string },
) => Promise<{ readonly workedOut: bigint; readonly difference: bigint }>;

interface Row {
  readonly id: string;
  readonly provider: string;
  readonly file_name: string;
  readonly file_hash: string;
  readonly lines: number;
  readonly received: bigint;
  readonly total: bigint;
  readonly received_total: bigint;
  readonly worked_out: bigint | null;
  readonly difference: bigint | null;
  readonly created_at_ms: bigint;
  readonly booked_at_ms: bigint | null;
}
const selectBills = `
  SELECT b.id, b.provider, b.file_name, b.file_hash, b.lines, b.total, b.worked_out, b.difference, b.created_at_ms,
    b.booked_at_ms, l.received, l.received_total
  FROM provider_bills b CROSS JOIN LATERAL (
    SELECT count(*) AS received, coalesce(sum(amount), 0)::bigint AS received_total
    FROM provider_bill_lines WHERE bill_id = b.id
  ) l`;

export class ProviderBills {
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #book: BookDifference;

  constructor(database: Database, clock: () => number, book: BookDifference) {
    this.#database = database;
    this.#clock = clock;
    this.#book = book;
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
        `INSERT INTO provider_bills (id, provider, file_name, file_hash, lines, total, created_by, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING RETURNING id`,
        [id, body.provider, body.fileName, body.fileHash, body.lines, yuan(body.total), by, this.#clock()],
      );
      const row = await readBill(tx, id);
      if (row === null) throw new Error('a bill that was added is missing');
      const same =
        row.provider === body.provider &&
        row.file_hash === body.fileHash &&
        row.lines === body.lines &&
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
      await tx.query(
        `INSERT INTO provider_bill_lines (bill_id, line, day, item, amount)
         SELECT $1, r.* FROM unnest($2::integer[], $3::date[], $4::text[], $5::bigint[]) AS r
         ON CONFLICT (bill_id, line) DO NOTHING`,
        [
          row.id,
          lines.map(({ line }) => line),
          lines.map(({ day }) => day),
          lines.map(({ item }) => item),
          lines.map(({ amount }) => yuan(amount)),
        ],
      );
      const now = await readBill(tx, row.id);
      return served(now ?? row);
    });
  }

  /** Safe to repeat. Refused with `bill_incomplete` where lines are missing or add up to something else. */
  async book(id: string): Promise<ProviderBill | Refused> {
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
      const { workedOut, difference } = await this.#book(tx, row);
      await tx.query(
        'UPDATE provider_bills SET worked_out = $2, difference = $3, booked_at_ms = $4 WHERE id = $1',
        [row.id, workedOut, difference, this.#clock()],
      );
      return served((await readBill(tx, row.id)) ?? row);
    });
  }

  /** Newest first. */
  async list(query: {
    readonly cursor?: string | undefined;
    readonly limit: number;
  }): Promise<{ items: ProviderBill[]; nextCursor: string | null } | Refused> {
    const place = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(
      query.cursor ?? `999999999999999.${'f'.repeat(8)}-ffff-ffff-ffff-${'f'.repeat(12)}`,
    );
    if (place === null) return refuseField('cursor', 'not a cursor of this list');
    const rows = await this.#database.query<Row>(
      `${selectBills} WHERE (b.created_at_ms, b.id) < ($1, $2) ORDER BY b.created_at_ms DESC, b.id DESC LIMIT $3`,
      [place[1], place[2], query.limit + 1],
    );
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    const more = rows.length > query.limit && last !== undefined;
    return { items: page.map(served), nextCursor: more ? `${last.created_at_ms}.${last.id}` : null };
  }

  async mappings(): Promise<z.infer<typeof ProviderMapping>[]> {
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
  return {
    id: row.id,
    provider: row.provider,
    fileName: row.file_name,
    state: bookedAtMs === null ? 'receiving' : 'booked',
    lines: row.lines,
    received: Number(row.received),
    total: yuanText(row.total),
    ...(workedOut === null ? {} : { workedOut: yuanText(workedOut) }),
    ...(difference === null ? {} : { difference: yuanText(difference) }),
    createdAt: new Date(Number(row.created_at_ms)).toISOString(),
    ...(bookedAtMs === null ? {} : { bookedAt: new Date(Number(bookedAtMs)).toISOString() }),
  };
}
