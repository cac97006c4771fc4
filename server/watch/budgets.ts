/**
 * Budgets of a month for a provider, a product or everything, and what was spent of them; the only writer of `budgets`.
 * It must never spend anything: a budget that is reached is told, and stops nothing.
 */
import { budgetSharesPercent, type Budget, type BudgetBody } from '../../shared/api-finance.ts';
import type { z } from 'zod';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import type { Found } from './findings.ts';

interface Row {
  readonly id: string;
  readonly month: string;
  readonly scope: Budget['scope'];
  readonly name: string;
  readonly amount: bigint;
  readonly spent: bigint;
}

const selectBudgets = `
  SELECT b.id, b.month, b.scope, b.name, b.amount, coalesce((
    SELECT sum(c.amount) FROM cost_days c
    WHERE c.day >= (b.month || '-01')::date AND c.day < ((b.month || '-01')::date + interval '1 month')::date
      AND CASE b.scope WHEN 'provider' THEN c.provider = b.name WHEN 'product' THEN c.product = b.name ELSE true END
  ), 0) AS spent
  FROM budgets b`;

export async function listBudgets(db: Queryable, month: string): Promise<Budget[]> {
  const rows = await db.query<Row>(`${selectBudgets} WHERE b.month = $1 ORDER BY b.scope, b.name`, [month]);
  return rows.map(budgetOf);
}

/** One a month, scope and name: set again it has another amount, and keeps its id. */
export async function setBudget(
  db: Queryable,
  body: z.infer<typeof BudgetBody>,
  by: { readonly accountId: string; readonly nowMs: number },
): Promise<{ readonly budget: Budget; readonly added: boolean } | Refused> {
  if ((body.scope === 'all') !== (body.name === ''))
    return refuseField('name', body.scope === 'all' ? 'must be empty' : `which ${body.scope}?`);
  const id = body.id.toLowerCase();
  const [taken] = await db.query<{ month: string; scope: string; name: string }>(
    'SELECT month, scope, name FROM budgets WHERE id = $1',
    [id],
  );
  if (
    taken !== undefined &&
    (taken.month !== body.month || taken.scope !== body.scope || taken.name !== body.name)
  )
    return refuse('idempotency_mismatch', { id });
  const [set] = await db.query<{ id: string }>(
    `INSERT INTO budgets (id, month, scope, name, amount, changed_by, changed_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (month, scope, name) DO UPDATE SET amount = excluded.amount, changed_by = excluded.changed_by,
       changed_at_ms = excluded.changed_at_ms
     RETURNING id`,
    [id, body.month, body.scope, body.name, yuan(body.amount), by.accountId, by.nowMs],
  );
  const [row] = await db.query<Row>(`${selectBudgets} WHERE b.id = $1`, [set?.id]);
  if (row === undefined) throw new Error('a budget that was set is missing');
  return { budget: budgetOf(row), added: row.id === id && taken === undefined };
}

/**
 * Shares that are reached by now and were not told of. A share is told again where the budget was raised above what was
 * spent by then, and that is reached, too. Of months to today's, from the last closed one on: what was spent of a month
 * still grows while it is open, and may have done so just before it was closed.
 */
export async function reachedBudgets(db: Queryable, today: string): Promise<Found[]> {
  const rows = await db.query<Row>(
    `${selectBudgets} WHERE b.month <= left($1, 7)
       AND b.month >= coalesce((SELECT left(closed_through::text, 7) FROM report_state), '')`,
    [today],
  );
  const told = await readTold(db);
  return rows.flatMap((row) =>
    budgetSharesPercent
      .map((percent) => ({ percent, share: row.amount * BigInt(percent) }))
      .filter(({ percent, share }) => {
        const before = told.get(`${row.id} ${percent}`);
        return row.spent * 100n >= share && (before === undefined || before * 100n < share);
      })
      .map(({ percent }): Found => ({
        key: `budget ${row.id} ${percent} ${row.amount}`,
        what: {
          kind: 'budget',
          budgetId: row.id,
          month: row.month,
          scope: row.scope,
          name: row.name,
          percent,
          amount: yuanText(row.amount),
          spent: yuanText(row.spent),
        },
      })),
  );
}

/** What was spent when a share of a budget was told of last, by the budget's id and the share. */
async function readTold(db: Queryable): Promise<ReadonlyMap<string, bigint>> {
  const rows = await db.query<{ share: string; spent: bigint }>(
    `SELECT what->>'budgetId' || ' ' || (what->>'percent') AS share,
       trunc(max((what->>'spent')::numeric) * 1000000) AS spent
     FROM findings WHERE what->>'kind' = 'budget' GROUP BY 1`,
  );
  return new Map(rows.map(({ share, spent }) => [share, spent]));
}

/** Of a budget of next to nothing it is more than a number can say: then it is the largest that one can. */
function percentOf({ spent, amount }: Row): number {
  return Math.min(Number((spent * 100n) / amount), Number.MAX_SAFE_INTEGER);
}

function budgetOf(row: Row): Budget {
  return {
    id: row.id,
    month: row.month,
    scope: row.scope,
    name: row.name,
    amount: yuanText(row.amount),
    spent: yuanText(row.spent),
    percent: percentOf(row),
  };
}
