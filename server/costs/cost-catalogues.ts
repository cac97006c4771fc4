/**
 * What third parties take: every version of the cost prices that was published, and the one in force; the only writer of
 * `cost_catalogues`. A version is never edited.
 */
import { usageMsMax } from '../../shared/api-prices.ts';
import { quantityMax } from '../../shared/api-words.ts';
import { Costs, type CostPrice, type CostsContent } from '../../shared/api-finance.ts';
import { tokensMax } from '../../shared/metering-names.ts';
import { yuan, yuanLimit } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { takeTurn } from '../database/versions.ts';

type Problem = { path: string; message: string };

/** Version 0, with nothing in it, before the first is published. */
export async function costsInForce(db: Queryable): Promise<Costs> {
  const [row] = await db.query<{ body: string }>(
    'SELECT body FROM cost_catalogues ORDER BY version DESC LIMIT 1',
  );
  return row === undefined
    ? { version: 0, providers: [], prices: [], unitValues: [] }
    : Costs.parse(JSON.parse(row.body));
}

/** Adds the next version, in the caller's transaction. The content has passed `costProblems`. */
export async function publishCosts(
  tx: Queryable,
  { providers, prices, unitValues }: CostsContent,
  by: { readonly accountId: string; readonly nowMs: number },
): Promise<Costs> {
  const costs: Costs = {
    version: (await takeTurn(tx, 'cost_catalogues')) + 1,
    publishedAt: new Date(by.nowMs).toISOString(),
    providers,
    prices,
    unitValues,
  };
  await tx.query(
    'INSERT INTO cost_catalogues (version, published_at_ms, published_by, body) VALUES ($1, $2, $3, $4)',
    [costs.version, by.nowMs, by.accountId, JSON.stringify(costs)],
  );
  return costs;
}

/** When the earliest price takes effect that one of two versions has and the other has not; null: they price alike. */
export function firstChangeMs(before: CostsContent, after: CostsContent): number | null {
  const [old, now] = [pricesAsText(before), pricesAsText(after)];
  const changed = [
    ...before.prices.filter((price) => !now.has(JSON.stringify(price))),
    ...after.prices.filter((price) => !old.has(JSON.stringify(price))),
  ].map(({ effectiveAt }) => Date.parse(effectiveAt));
  return changed.length === 0 ? null : Math.min(...changed);
}

function pricesAsText({ prices }: CostsContent): ReadonlySet<string> {
  return new Set(prices.map((price) => JSON.stringify(price)));
}

/** What a schema cannot check: names that stand twice or that nothing stands for, and costs that could not be written. */
export function costProblems({ providers, prices, unitValues }: CostsContent): Problem[] {
  const known = new Set(providers.map(({ id }) => id));
  return [
    ...twice(
      'providers',
      providers.map(({ id }) => id),
    ),
    ...twice(
      'unitValues',
      unitValues.map(({ asset }) => asset),
    ),
    ...twice('prices', prices.map(nameOf)),
    ...prices.flatMap((price, index) =>
      amountsOf(price)
        .filter(({ text, largest }) => yuan(text) * largest >= yuanLimit)
        .map(({ field }) => ({
          path: `prices.${index}.${field}`,
          message: 'the largest use would cost more than an amount can be',
        })),
    ),
    ...prices.flatMap(({ provider }, index) =>
      known.has(provider)
        ? []
        : [{ path: `prices.${index}.provider`, message: `there is no provider ${provider}` }],
    ),
  ];
}

const perUnit = (text: string, largest: number) => [{ field: 'unitPrice', text, largest: BigInt(largest) }];

/** Each amount of a price, with how many times the largest use takes it; two that are added take twice as many. */
function amountsOf(price: CostPrice): { field: string; text: string; largest: bigint }[] {
  switch (price.basis) {
    case 'tokens': {
      const largest = (2n * BigInt(tokensMax)) / BigInt(price.per);
      return [
        { field: 'inputPrice', text: price.inputPrice, largest },
        { field: 'outputPrice', text: price.outputPrice, largest },
      ];
    }
    case 'piece':
      return perUnit(price.unitPrice, quantityMax);
    case 'time':
      return perUnit(price.unitPrice, Math.ceil(usageMsMax / price.unitMs));
    case 'day':
      return perUnit(price.unitPrice, 1);
    default:
      return price satisfies never;
  }
}

/** One thing has one price at a time, whoever takes it; only what is paid by the day is each provider's own. */
function nameOf(price: CostsContent['prices'][number]): string {
  switch (price.basis) {
    case 'tokens':
      return `${price.model} from ${price.effectiveAt}`;
    case 'piece':
    case 'time':
      return `${price.product} ${price.operation} from ${price.effectiveAt}`;
    case 'day':
      return `${price.item} of ${price.provider} from ${price.effectiveAt}`;
    default:
      return price satisfies never;
  }
}

function twice(path: string, names: readonly string[]): Problem[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [{ path: `${path}.${index}`, message: `${name} is there twice` }] : [],
  );
}
