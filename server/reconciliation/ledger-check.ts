/**
 * Holds the ledger against itself and records its faults as differences, beside those with WeChat. It must never repair
 * anything.
 */
import { hash } from 'node:crypto';
import type { DifferenceClass } from '../../shared/api-reconciliation.ts';
import type { Queryable } from '../database/database.ts';
import { faultsListedMax, type LedgerFault, type Verification } from '../ledger/verify.ts';

const amountFaults = new Set<LedgerFault['kind']>([
  'balance_broken',
  'wallet_differs',
  'grant_differs',
  'hold_differs',
  'adjustment_differs',
  'totals_differ',
]);

function classOf({ kind }: LedgerFault): DifferenceClass {
  if (kind === 'missing_rows') return 'missing_here';
  return amountFaults.has(kind) ? 'amount' : 'state';
}

/** Adds what was found under one name for ever, and settles what is no longer found. */
export async function recordFaults(
  tx: Queryable,
  { faults }: Pick<Verification, 'faults'>,
  run: { readonly runId: string; readonly day: string; readonly nowMs: number },
): Promise<void> {
  for (const fault of faults)
    await tx.query(
      `INSERT INTO reconciliation_differences AS d (id, source, day, kind, subject, class, state, found_by, at_ms,
         account_id, amount, evidence, run_id, found_at_ms, seen_at_ms)
       VALUES (gen_random_uuid(), 'ledger', $1, 'ledger', $2, $3, 'open', 'bill', $4::bigint, $5, 0, $6::jsonb, $7,
         $4::bigint, $4::bigint)
       ON CONFLICT (kind, subject) DO UPDATE SET run_id = excluded.run_id, seen_at_ms = excluded.seen_at_ms,
         agreed_at_ms = NULL, state = CASE WHEN d.state = 'settled' THEN 'open' ELSE d.state END`,
      [run.day, subjectOf(fault), classOf(fault), run.nowMs, fault.accountId, evidenceOf(fault), run.runId],
    );
  // A ledger that is broken everywhere was not walked to its end.
  if (faults.length >= faultsListedMax) return;
  await tx.query(
    `UPDATE reconciliation_differences SET state = 'settled', agreed_at_ms = $1
     WHERE source = 'ledger' AND state = 'open' AND run_id <> $2`,
    [run.nowMs, run.runId],
  );
}

function subjectOf({ accountId, kind, seq, detail }: LedgerFault): string {
  return `${accountId}/${kind}/${seq ?? hash('sha256', detail, 'hex').slice(0, 16)}`;
}

function evidenceOf({ kind, seq, detail }: LedgerFault): string {
  return JSON.stringify({ fault: { kind, detail, ...(seq === undefined ? {} : { seq }) } });
}
