/** An account's calls with what each cost, by the prices in force now. It must never write. */
import type { CostedUsage } from '../../shared/api-finance.ts';
import { cny } from '../../shared/assets.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { localDay } from '../ledger/local-day.ts';
import { refuseField, type Refused } from '../ledger/refusal.ts';
import { costsInForce } from './cost-catalogues.ts';
import { tokenCost, type TokenPrice } from './token-cost.ts';

interface Row {
  readonly id: string;
  readonly number: bigint;
  readonly product: string;
  readonly model: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly started_at_ms: bigint;
  readonly ended_at_ms: bigint;
  readonly recorded_at_ms: bigint;
  /** When the account was made. */
  readonly created_at_ms: bigint;
  readonly paid: readonly { readonly asset: string; readonly amount: string }[];
}

/** Newest first. */
export async function listCostedUsages(
  db: Queryable,
  timeZone: string,
  query: { readonly accountId: string; readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: CostedUsage[]; nextCursor: string | null } | Refused> {
  if (query.cursor !== undefined && !/^\d{1,15}$/.test(query.cursor))
    return refuseField('cursor', 'not a cursor of this list');
  const costs = await costsInForce(db);
  const rows = await db.query<Row>(
    `SELECT u.id, u.number, u.product, u.model, u.input_tokens, u.output_tokens, u.started_at_ms, u.ended_at_ms,
       u.recorded_at_ms, a.created_at_ms, u.paid
     FROM metered_usages u JOIN accounts a ON a.id = u.account_id
     WHERE u.account_id = $1 AND ($2::bigint IS NULL OR u.number < $2::bigint) ORDER BY u.number DESC LIMIT $3`,
    [query.accountId, query.cursor ?? null, query.limit + 1],
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page.map((row) => {
      const startedAtMs = Number(row.started_at_ms);
      const costed = tokenCost(costs.prices, { ...row, startedAtMs });
      const money = row.paid.filter(({ asset }) => asset === cny);
      const paid = money.reduce((sum, { amount }) => sum + yuan(amount), 0n);
      return {
        id: row.id,
        day: localDay(timeZone, happenedMs(row)),
        product: row.product,
        model: row.model,
        inputTokens: row.input_tokens,
        outputTokens: row.output_tokens,
        startedAt: new Date(startedAtMs).toISOString(),
        ...(money.length === 0 ? {} : { paid: yuanText(paid) }),
        ...(costed === null
          ? {}
          : { cost: yuanText(costed.cost), provider: costed.price.provider, price: priceOf(costed.price) }),
        ...(costed === null || money.length === 0 ? {} : { margin: yuanText(paid - costed.cost) }),
      };
    }),
    nextCursor: rows.length > query.limit && last !== undefined ? last.number.toString() : null,
  };
}

/** As the reports take it (`ownDayOf` in reports/rollup-statements.ts). */
function happenedMs({ ended_at_ms: ended, created_at_ms: created, recorded_at_ms: recorded }: Row): number {
  return Math.min(Math.max(Number(ended), Number(created)), Number(recorded));
}

function priceOf({ effectiveAt, per, inputPrice, outputPrice }: TokenPrice): CostedUsage['price'] {
  return { effectiveAt, per, inputPrice, outputPrice };
}
