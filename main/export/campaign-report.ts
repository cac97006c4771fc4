/**
 * What a campaign's report says: its targets with what became of each and what it cost, and what the desk and the ledger
 * count of them, all read in one snapshot so that they belong together. It must never write.
 */
import { CampaignPhase, TaskPhase } from '../../shared/ipc-campaigns.ts';
import type { OutboxState } from '../../shared/ipc-outbox.ts';
import type { Language } from '../../shared/ipc-words.ts';
import { Quote } from '../../shared/api-prices.ts';
import type { Micros } from '../../shared/money.ts';
import { openReader } from '../cache/database.ts';
import { readAsOf, type AsOf } from './bill.ts';
import type { FilePlace } from './part-file.ts';

/** What the export worker is given. Plain data: it crosses a thread. */
export interface ReportJob extends FilePlace {
  readonly databaseFile: string;
  readonly account: { readonly id: string; readonly name: string; readonly timeZone: string };
  readonly campaignId: string;
  readonly language: Language;
}

export interface ReportRow {
  readonly position: bigint;
  readonly target_user_id: string;
  readonly phase: string;
  readonly reason: string | null;
  readonly finished_at_ms: bigint | null;
  /** The state of its charge; null without one. */
  readonly charge: string | null;
  /** What was paid, or what is expected as long as it is not known. */
  readonly amount: Micros | null;
  readonly charge_id: string | null;
  /** Its number in the ledger, once the mirror has it. */
  readonly seq: bigint | null;
}

export interface Outcome {
  readonly phase: TaskPhase;
  readonly count: number;
}

/** How many charges, and what they come to. */
export interface Sum {
  readonly count: number;
  readonly amount: Micros;
}

export interface Report {
  readonly campaign: {
    readonly id: string;
    readonly name: string;
    readonly platform: string;
    readonly operation: string;
    readonly phase: CampaignPhase;
    readonly quote: Quote | null;
    readonly createdAtMs: number;
    readonly startedAtMs: number | null;
    readonly endedAtMs: number | null;
  };
  /** As the desk counted them while it ran; only outcomes that there are. */
  readonly outcomes: readonly Outcome[];
  /** The charges as the desk keeps them, by state; only states that there are. */
  readonly charges: readonly (Sum & { readonly state: OutboxState })[];
  /** What the ledger has of this campaign. `charged` is positive. */
  readonly ledger: { readonly charged: Sum; readonly refunded: Sum };
  readonly asOf: AsOf;
  /** In the campaign's order; all of them, or those of one outcome. */
  rows(phase?: TaskPhase): IterableIterator<ReportRow>;
  close(): void;
}

interface StoredCampaign {
  readonly name: string;
  readonly platform: string;
  readonly operation: string;
  readonly phase: string;
  readonly quote: string | null;
  readonly created_at_ms: bigint;
  readonly started_at_ms: bigint | null;
  readonly ended_at_ms: bigint | null;
}

/** Throws when the account has no such campaign here. */
export function openReport({ databaseFile, account, campaignId }: ReportJob): Report {
  const { sql } = openReader(databaseFile);
  const sums = (from: string): Sum => {
    const found = sql
      .prepare<[string, string], { count: bigint; amount: Micros }>(
        `SELECT count(*) AS count, coalesce(sum(abs(amount)), 0) AS amount FROM ${from}`,
      )
      .get(account.id, campaignId);
    return { count: Number(found?.count ?? 0n), amount: found?.amount ?? 0n };
  };
  const ledgerOf = (kind: 'charge' | 'refund'): Sum =>
    sums(`transactions WHERE account_id = ? AND campaign_id = ? AND kind = '${kind}'`);
  try {
    // Held until `close`: what happens meanwhile belongs to the next report.
    sql.exec('BEGIN');
    const stored = sql
      .prepare<[string, string], StoredCampaign>(
        `SELECT name, platform, operation, phase, quote, created_at_ms, started_at_ms, ended_at_ms
         FROM campaigns WHERE account_id = ? AND id = ?`,
      )
      .get(account.id, campaignId);
    if (stored === undefined) throw new Error('the account has no such campaign');
    return {
      campaign: {
        id: campaignId,
        name: stored.name,
        platform: stored.platform,
        operation: stored.operation,
        phase: CampaignPhase.parse(stored.phase),
        quote: stored.quote === null ? null : Quote.parse(JSON.parse(stored.quote)),
        createdAtMs: Number(stored.created_at_ms),
        startedAtMs: stored.started_at_ms === null ? null : Number(stored.started_at_ms),
        endedAtMs: stored.ended_at_ms === null ? null : Number(stored.ended_at_ms),
      },
      outcomes: sql
        .prepare<[string], { phase: string; count: bigint }>(
          'SELECT phase, count FROM task_counts WHERE campaign_id = ? AND count > 0',
        )
        .all(campaignId)
        .map(({ phase, count }) => ({ phase: TaskPhase.parse(phase), count: Number(count) }))
        .toSorted((a, b) => TaskPhase.options.indexOf(a.phase) - TaskPhase.options.indexOf(b.phase)),
      charges: sql
        // The table has the sums of charges that have ended; those that wait are counted here.
        .prepare<[object], { state: OutboxState; count: bigint; amount: Micros }>(
          `SELECT state, sum(count) AS count, sum(amount) AS amount FROM (
             SELECT state, count, amount FROM outbox_totals
             WHERE account_id = @accountId AND campaign_id = @campaignId
             UNION ALL
             SELECT state, 1, expected_amount FROM outbox INDEXED BY outbox_pending
             WHERE state IN ('queued', 'sending', 'unknown') AND account_id = @accountId AND campaign_id = @campaignId)
           GROUP BY state HAVING sum(count) > 0 ORDER BY state`,
        )
        .all({ accountId: account.id, campaignId })
        .map(({ state, count, amount }) => ({ state, count: Number(count), amount })),
      ledger: { charged: ledgerOf('charge'), refunded: ledgerOf('refund') },
      asOf: readAsOf(sql, account.id),
      rows: (phase) =>
        sql
          .prepare<[string, string, ...string[]], ReportRow>(
            `SELECT task.position, task.target_user_id, task.phase, task.reason, task.finished_at_ms,
               charge.state AS charge, coalesce(charge.paid_amount, charge.expected_amount) AS amount,
               charge.id AS charge_id, entry.seq
             FROM tasks AS task
             LEFT JOIN outbox AS charge ON charge.id = task.charge_id
             LEFT JOIN transactions AS entry ON entry.account_id = ? AND entry.id = charge.id
             WHERE task.campaign_id = ? ${phase === undefined ? '' : 'AND task.phase = ?'} ORDER BY task.position`,
          )
          .iterate(account.id, campaignId, ...(phase === undefined ? [] : [phase])),
      close: () => sql.close(),
    };
  } catch (error) {
    sql.close();
    throw error;
  }
}
