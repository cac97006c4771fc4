/**
 * What differs, as people see it and act on it: the only writer of `reconciliation_differences` beside `comparing.ts`,
 * which finds them. Nothing here is ever deleted, and nobody approves what they have proposed.
 */
import { z } from 'zod';
import type {
  Difference,
  DifferenceClass,
  DifferenceState,
  ProposalKind,
} from '../../shared/api-reconciliation.ts';
import { BusinessDay } from '../../shared/api-finance.ts';
import type { ReconciliationSource } from '../../shared/api-reconciliation.ts';
import { yuanText, type Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { lapseAdjustments } from '../ledger/adjustments.ts';
import { refuseField, type Refused } from '../ledger/refusal.ts';

export interface DifferencesQuery {
  readonly day?: string | undefined;
  readonly source?: ReconciliationSource | undefined;
  readonly class?: DifferenceClass | undefined;
  readonly state?: DifferenceState | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Evidence as it is kept: amounts in micro-yuan as text, instants in milliseconds. */
const Micro = z.string().regex(/^-?\d+$/);
const Evidence = z.object({
  trade: z
    .object({
      no: z.string(),
      tradeNo: z.string(),
      refundNo: z.string().optional(),
      state: z.string(),
      amount: Micro,
      settled: Micro.optional(), // absent from before it was kept
      fee: Micro,
      atMs: z.number(),
    })
    .optional(),
  funds: z
    .object({
      no: z.string(),
      amount: Micro,
      lines: z.number(),
      atMs: z.number(),
      business: z.string().optional(),
      voucher: z.string().optional(),
    })
    .optional(),
  order: z
    .object({
      id: z.string(),
      state: z.string(),
      amount: Micro,
      refunded: Micro,
      createdAtMs: z.number(),
      paidAtMs: z.number().optional(),
      no: z.string().optional(),
    })
    .optional(),
  refund: z
    .object({
      id: z.string(),
      orderId: z.string(),
      state: z.string(),
      amount: Micro,
      createdAtMs: z.number(),
      problem: z.string().optional(),
    })
    .optional(),
  ledger: z.object({ id: z.string(), seq: z.number(), amount: Micro, atMs: z.number() }).optional(),
  fault: z.object({ kind: z.string(), seq: z.number().optional(), detail: z.string() }).optional(),
});
type Evidence = z.infer<typeof Evidence>;

export interface DifferenceRecord {
  readonly id: string;
  readonly source: ReconciliationSource;
  readonly day: string;
  readonly kind: Difference['kind'];
  readonly subject: string;
  readonly class: DifferenceClass;
  readonly state: DifferenceState;
  readonly at_ms: bigint;
  readonly account_id: string | null;
  readonly account_name: string | null;
  readonly amount: Micros;
  readonly corrected: Micros;
  readonly evidence: unknown;
  readonly found_at_ms: bigint;
  readonly seen_at_ms: bigint;
  readonly agreed_at_ms: bigint | null;
  readonly proposal: ProposalKind | null;
  readonly proposal_id: string | null;
  readonly proposed_by: string | null;
  readonly proposed_by_name: string | null;
  readonly proposed_at_ms: bigint | null;
  readonly decided_by: string | null;
  readonly decided_by_name: string | null;
  readonly decided_at_ms: bigint | null;
  readonly reason: string | null;
}

const nameOf = (id: string) => `(SELECT name FROM accounts a WHERE a.id = ${id})`;
const columns = `d.id, d.source, d.day, d.kind, d.subject, d.class, d.state, d.at_ms, d.account_id,
  ${nameOf('d.account_id')} AS account_name, d.amount, d.corrected, d.evidence, d.found_at_ms,
  d.seen_at_ms, d.agreed_at_ms, d.proposal, d.proposal_id, d.proposed_by,
  ${nameOf('d.proposed_by')} AS proposed_by_name, d.proposed_at_ms, d.decided_by, ${nameOf('d.decided_by')} AS decided_by_name,
  d.decided_at_ms, d.reason`;

/** A cursor that every difference comes after. */
const beforeAny = '9998-12-31.ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The newest day first. The cursor is the last one's day and id. */
export async function readDifferences(
  db: Queryable,
  { day, source, class: klass, state, cursor, limit }: DifferencesQuery,
): Promise<{ items: Difference[]; nextCursor: string | null } | Refused> {
  const place = /^(\d{4}-\d\d-\d\d)\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(
    cursor ?? beforeAny,
  );
  if (place === null || !BusinessDay.safeParse(place[1]).success)
    return refuseField('cursor', 'not a cursor of this list');
  const rows = await db.query<DifferenceRecord>(
    `SELECT ${columns} FROM reconciliation_differences d
     WHERE ($1::text IS NULL OR d.day = $1) AND ($2::text IS NULL OR d.source = $2)
       AND ($3::text IS NULL OR d.class = $3) AND ($4::text IS NULL OR d.state = $4)
       AND (d.day, d.id) < ($5, $6::uuid)
     ORDER BY d.day DESC, d.id DESC LIMIT $7`,
    [day ?? null, source ?? null, klass ?? null, state ?? null, place[1], place[2], limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: page.map(servedDifference), nextCursor: more ? `${last.day}.${last.id}` : null };
}

export async function readDifference(
  db: Queryable,
  id: string,
  how: 'read' | 'lock' = 'read',
): Promise<DifferenceRecord | null> {
  const [row] = await db.query<DifferenceRecord>(
    how === 'lock'
      ? `SELECT ${columns} FROM reconciliation_differences d WHERE d.id = $1 FOR UPDATE OF d`
      : `SELECT ${columns} FROM reconciliation_differences d WHERE d.id = $1`,
    [id],
  );
  return row ?? null;
}

export async function markExplained(
  tx: Queryable,
  id: string,
  by: { readonly accountId: string; readonly reason: string; readonly nowMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE reconciliation_differences SET state = 'explained', decided_by = $2, decided_at_ms = $3, reason = $4
     WHERE id = $1`,
    [id, by.accountId, by.nowMs, by.reason],
  );
}

export async function markProposed(
  tx: Queryable,
  id: string,
  proposal: {
    readonly kind: ProposalKind;
    readonly id: string;
    readonly accountId: string | null;
    readonly by: string;
    readonly reason: string;
    readonly nowMs: number;
  },
): Promise<void> {
  await tx.query(
    `UPDATE reconciliation_differences SET state = 'proposed', proposal = $2, proposal_id = $3, proposed_by = $4,
       proposed_at_ms = $5, reason = $6, account_id = coalesce(account_id, $7), decided_by = NULL,
       decided_at_ms = NULL
     WHERE id = $1`,
    [id, proposal.kind, proposal.id, proposal.by, proposal.nowMs, proposal.reason, proposal.accountId],
  );
}

export async function markSettled(
  tx: Queryable,
  id: string,
  by: { readonly accountId: string; readonly nowMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE reconciliation_differences SET state = 'settled', decided_by = $2, decided_at_ms = $3 WHERE id = $1`,
    [id, by.accountId, by.nowMs],
  );
}

/** Takes the proposal of a late recharge back: it differs as it did before. */
export async function markWithdrawn(tx: Queryable, id: string): Promise<void> {
  await tx.query(`UPDATE reconciliation_differences SET state = 'open', ${noProposal} WHERE id = $1`, [id]);
}

const noProposal =
  'proposal = NULL, proposal_id = NULL, proposed_by = NULL, proposed_at_ms = NULL, reason = NULL';

/** Whether nothing is left to do about one of which so much was corrected: both sides agree, or as if they did. */
const isSettledBy = (corrected: string) =>
  `CASE WHEN d.agreed_at_ms IS NULL THEN d.amount = ${corrected} AND ${corrected} <> 0 ELSE ${corrected} = 0 END`;
/** What a correction of it would move. */
const leftSql = 'CASE WHEN d.agreed_at_ms IS NULL THEN d.amount ELSE 0 END - d.corrected';
const itsAdjustment = `d.state = 'proposed' AND d.proposal = 'adjustment' AND a.account_id = d.account_id AND a.id = d.proposal_id`;

/** What became of corrections that were decided on elsewhere: of all that were proposed, or of one difference. */
export async function followAdjustments(db: Queryable, id: string | null = null): Promise<void> {
  await db.query(
    `UPDATE reconciliation_differences d SET corrected = d.corrected + a.amount, decided_by = a.approved_by,
       decided_at_ms = a.approved_at_ms,
       state = CASE WHEN ${isSettledBy('(d.corrected + a.amount)')} THEN 'settled' ELSE 'open' END
     FROM adjustments a WHERE ${itsAdjustment} AND a.state = 'posted' AND ($1::uuid IS NULL OR d.id = $1)`,
    [id],
  );
  await db.query(
    `UPDATE reconciliation_differences d
     SET state = CASE WHEN ${isSettledBy('d.corrected')} THEN 'settled' ELSE 'open' END, ${noProposal}
     FROM adjustments a
     WHERE ${itsAdjustment} AND a.state IN ('withdrawn', 'refused', 'expired') AND ($1::uuid IS NULL OR d.id = $1)`,
    [id],
  );
}

/**
 * After a run: a correction that waits and is not what is left of its difference any more ends, so that nobody approves
 * what was right yesterday.
 */
export async function endOutdatedProposals(tx: Queryable, nowMs: number): Promise<void> {
  const outdated = await tx.query<{ accountId: string; id: string }>(
    `SELECT a.account_id AS "accountId", a.id FROM reconciliation_differences d JOIN adjustments a ON ${itsAdjustment}
     WHERE a.state = 'waiting' AND a.amount <> ${leftSql}`,
  );
  if (outdated.length > 0) await lapseAdjustments(tx, outdated, nowMs);
  await followAdjustments(tx);
}

/** In micro-yuan: what a correction of it would move. */
export function leftOf({ amount, corrected, agreed_at_ms: agreedAtMs }: DifferenceRecord): Micros {
  return (agreedAtMs === null ? amount : 0n) - corrected;
}

/** What may be proposed of it, by what it is; null: nothing that is sure to be right. */
export function offered(row: DifferenceRecord): ProposalKind | null {
  if (row.state !== 'open' || row.kind === 'ledger' || row.kind === 'funds') return null;
  const correction = leftOf(row) === 0n ? null : 'adjustment';
  // It agrees by now, and what was corrected of it is too much.
  if (row.agreed_at_ms !== null) return correction;
  const { trade, order, refund } = Evidence.parse(row.evidence);
  const unpaid = order !== undefined && (order.state === 'pending' || order.state === 'closed');
  if (row.kind === 'payment' && unpaid) return trade?.state === 'SUCCESS' ? 'late_recharge' : null;
  // It is still being asked for: whoever corrected it now would correct it twice.
  if (refund?.state === 'processing') return null;
  return correction;
}

/** The order that a late recharge pays in. */
export function orderIdOf(row: DifferenceRecord): string | null {
  return Evidence.parse(row.evidence).order?.id ?? null;
}

export function servedDifference(row: DifferenceRecord): Difference {
  const offers = offered(row);
  const { account_id: accountId, account_name: accountName, agreed_at_ms: agreedAtMs } = row;
  const { decided_by: decidedBy, decided_by_name: decidedByName, decided_at_ms: decidedAtMs, reason } = row;
  return {
    id: row.id,
    source: row.source,
    day: row.day,
    kind: row.kind,
    subject: row.subject,
    class: row.class,
    state: row.state,
    at: instant(row.at_ms),
    ...(accountId === null ? {} : { accountId }),
    ...(accountName === null ? {} : { accountName }),
    amount: yuanText(row.amount),
    ...(row.corrected === 0n ? {} : { corrected: yuanText(row.corrected) }),
    left: yuanText(leftOf(row)),
    ...servedEvidence(Evidence.parse(row.evidence)),
    foundAt: instant(row.found_at_ms),
    seenAt: instant(row.seen_at_ms),
    ...(agreedAtMs === null ? {} : { agreedAt: instant(agreedAtMs) }),
    ...(offers === null ? {} : { offers }),
    ...servedProposal(row),
    ...(decidedBy === null ? {} : { decidedBy }),
    ...(decidedByName === null ? {} : { decidedByName }),
    ...(decidedAtMs === null ? {} : { decidedAt: instant(decidedAtMs) }),
    ...(reason === null ? {} : { reason }),
  };
}

function servedProposal(row: DifferenceRecord): Pick<Difference, 'proposal'> {
  const { proposal: kind, proposal_id: id, proposed_by: by, proposed_at_ms: atMs, reason } = row;
  if (kind === null || id === null || by === null) return {};
  const byName = row.proposed_by_name ?? '';
  return { proposal: { kind, id, by, byName, at: instant(atMs ?? 0n), reason: reason ?? '' } };
}

function servedEvidence({
  trade,
  funds,
  order,
  refund,
  ledger,
  fault,
}: Evidence): Pick<Difference, 'trade' | 'funds' | 'order' | 'refund' | 'ledger' | 'fault'> {
  return {
    ...(trade === undefined ? {} : { trade: servedTrade(trade) }),
    ...(funds === undefined ? {} : { funds: dated(funds) }),
    ...(order === undefined ? {} : { order: servedOrder(order) }),
    ...(refund === undefined
      ? {}
      : {
          refund: {
            id: refund.id,
            orderId: refund.orderId,
            state: refund.state,
            amount: money(refund.amount),
            createdAt: instant(refund.createdAtMs),
            ...(refund.problem === undefined ? {} : { problem: refund.problem }),
          },
        }),
    ...(ledger === undefined ? {} : { ledger: dated(ledger) }),
    ...(fault === undefined ? {} : { fault: whole(fault) }),
  };
}

function servedTrade({
  settled,
  ...trade
}: NonNullable<Evidence['trade']>): NonNullable<Difference['trade']> {
  return {
    ...dated(trade),
    ...(settled === undefined ? {} : { settled: money(settled) }),
    fee: money(trade.fee),
  };
}

function servedOrder(order: NonNullable<Evidence['order']>): NonNullable<Difference['order']> {
  return {
    id: order.id,
    state: order.state,
    amount: money(order.amount),
    refunded: money(order.refunded),
    createdAt: instant(order.createdAtMs),
    ...(order.paidAtMs === undefined ? {} : { paidAt: instant(order.paidAtMs) }),
    ...(order.no === undefined ? {} : { no: order.no }),
  };
}

/** Fields that are not there are left out, not undefined. */
type Whole<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function whole<T extends object>(fields: T): Whole<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Whole<T>;
}

function dated<T extends { readonly atMs: number; readonly amount: string }>({
  atMs,
  amount,
  ...rest
}: T): Whole<Omit<T, 'atMs' | 'amount'>> & { at: string; amount: string } {
  return { ...whole(rest), at: instant(atMs), amount: money(amount) };
}

function money(micros: string): string {
  return yuanText(BigInt(micros));
}

function instant(ms: bigint | number): string {
  return new Date(Number(ms)).toISOString();
}
