/**
 * What the three providers of a generated year would have billed: a bill a month each, with a line for each day and
 * model, worked out by plain SQL over the usage records, and differences of every class planted in them. It tells what of
 * the planted was found, what was not, and what was found that nobody planted.
 */
import { hash } from 'node:crypto';
import {
  billLinesTogetherMax,
  type BillLine,
  type BillMapping,
  type CostDifferenceClass,
} from '../../shared/api-bills.ts';
import type { CostsContent } from '../../shared/api-finance.ts';
import { roundToCent, yuan, yuanText } from '../../shared/money.ts';
import { listCostDifferences } from '../costs/bill-differences.ts';
import type { Database } from '../database/database.ts';
import { finance, type Finance } from '../finance-of.ts';
import { chinaDayAfter, chinaDayOf, dayMs } from '../reconciliation/china-day.ts';
import { chanceOf } from './test-chance.ts';
import { yearProviders } from './test-offers.ts';
import { yearZone } from './test-person.ts';

export interface BilledYear {
  readonly bills: number;
  readonly lines: number;
  /** By class. What is late is two differences, of the day that lacks it and of the day that has it. */
  readonly planted: Readonly<Record<string, number>>;
  readonly found: Readonly<Record<string, number>>;
  /** `provider item day class`, of which nothing should be. */
  readonly missed: readonly string[];
  readonly invented: readonly string[];
}

const modelOf = { aliyun: 'qwen-max', deepseek: 'deepseek-chat', openai: 'gpt-4' } as const;
const [inputPrice, outputPrice, per] = ['0.006', '0.02', 1_000] as const;
type Provider = (typeof yearProviders)[number];
type CostPrice = CostsContent['prices'][number];
type Line = Pick<BillLine, 'day' | 'item' | 'amount'>;

const mapping: BillMapping = {
  headerLines: 1,
  day: 0,
  item: 1,
  amount: 2,
  amountIn: 'yuan',
  quantityIn: 1,
  dayFormat: 'ymd',
  timeZone: yearZone,
  decimal: '.',
  items: [],
};

/** `each`: how many differences of each class; a multiple of the providers. Cost prices are published anew. */
export async function billYear(
  database: Database,
  year: { readonly fromMs: number; readonly untilMs: number },
  each: number,
): Promise<BilledYear> {
  const clock = (): number => year.untilMs + dayMs;
  const office = finance({ database, clock, businessZone: yearZone });
  const [by] = await database.query<{ id: string }>("SELECT id FROM accounts WHERE role = 'finance' LIMIT 1");
  if (by === undefined) throw new Error('the year has nobody of finance');
  // The model of one provider has no price in the first days.
  const pricedMs = year.fromMs + each * dayMs;
  const published = await office.publishCosts(costsFrom(year.fromMs, pricedMs), by.id);
  if ('refused' in published) throw new Error(`no prices: ${published.refused.code}`);
  const planted: string[] = [];
  const [chance, sent] = [chanceOf(each, 'bills'), { bills: 0, lines: 0 }];
  for (const provider of yearProviders) {
    const so = await linesOf(database, modelOf[provider]);
    const told = tell(provider, so, chinaDayOf(pricedMs), each / yearProviders.length, planted);
    for (const lines of byMonth(told)) {
      await send(office, { provider, id: chance.id(year.untilMs), lines, by: by.id });
      sent.bills += 1;
      sent.lines += lines.length;
    }
  }
  const found = new Set(await differencesFound(database));
  const wanted = new Set(planted);
  return {
    ...sent,
    planted: byClass(planted),
    found: byClass(planted.filter((name) => found.has(name))),
    missed: planted.filter((name) => !found.has(name)),
    invented: [...found].filter((name) => !wanted.has(name)),
  };
}

function costsFrom(fromMs: number, pricedMs: number): CostsContent {
  return {
    providers: yearProviders.map((id) => ({ id, name: { 'zh-CN': id, 'en-US': id } })),
    prices: [priceOf('aliyun', fromMs), priceOf('deepseek', fromMs), priceOf('openai', pricedMs)],
    unitValues: [],
  };
}

function priceOf(provider: Provider, effectiveMs: number): CostPrice {
  const effectiveAt = new Date(effectiveMs).toISOString();
  return { basis: 'tokens', provider, model: modelOf[provider], effectiveAt, per, inputPrice, outputPrice };
}

/** A line a day, to the cent, as providers write it. */
async function linesOf(database: Database, model: string): Promise<Line[]> {
  const rows = await database.query<{ day: string; amount: bigint }>(
    `SELECT (to_timestamp(ended_at_ms / 1000.0) AT TIME ZONE '${yearZone}')::date::text AS day,
       sum(round((input_tokens * ${inputPrice} + output_tokens * ${outputPrice}) * 1000000 / ${per}))::bigint AS amount
     FROM metered_usages WHERE model = $1 GROUP BY 1 ORDER BY 1`,
    [model],
  );
  return rows.map(({ day, amount }) => ({ day, item: model, amount: yuanText(roundToCent(amount)) }));
}

/** The lines with what is planted of this provider, whose names are added to `planted`. */
function tell(
  provider: Provider,
  so: readonly Line[],
  pricedDay: string,
  each: number,
  planted: string[],
): Line[] {
  const plant = (item: string, day: string, klass: CostDifferenceClass): void =>
    void planted.push(`${provider} ${item} ${day} ${klass}`);
  if (provider === 'openai')
    for (const { item, day } of so.filter((line) => line.day < pricedDay)) plant(item, day, 'state');
  // Days at the edge of a bill are left alone: what a bill does not cover cannot be missing in it.
  const candidates = so.filter(({ day }) => day >= pricedDay && /-(?:0[3-9]|1\d|2[0-6])$/.test(day));
  const told = new Map(so.map((line) => [line.day, [line]]));
  for (let n = 0; n < 4 * each; n += 1) {
    const line = candidates[Math.floor((n * candidates.length) / (4 * each))];
    if (line === undefined) throw new Error('the year has too few days for all that is to differ');
    const { day, item, amount } = line;
    if (n % 4 === 0) {
      told.set(day, []);
      plant(item, day, 'missing_there');
    } else if (n % 4 === 1) {
      told.set(day, [{ ...line, amount: yuanText(yuan(amount) + yuan('0.50')) }]);
      plant(item, day, 'amount');
    } else if (n % 4 === 2) {
      const next = chinaDayAfter(day);
      told.set(day, []);
      told.set(next, [...(told.get(next) ?? []), { ...line, day: next }]);
      plant(item, day, 'late');
      plant(item, next, 'late');
    } else {
      told.set(day, [line, { day, item: `${item}-batch`, amount: '1.25' }]);
      plant(`${item}-batch`, day, 'missing_here');
    }
  }
  return [...told.values()].flat();
}

function byMonth(lines: readonly Line[]): Line[][] {
  const months = new Map<string, Line[]>();
  for (const line of lines) {
    const month = line.day.slice(0, 7);
    months.set(month, [...(months.get(month) ?? []), line]);
  }
  return [...months.values()];
}

async function send(
  { bills }: Finance,
  of: {
    readonly provider: Provider;
    readonly id: string;
    readonly lines: readonly Line[];
    readonly by: string;
  },
): Promise<void> {
  const { provider, id, lines, by } = of;
  const numbered = lines.map((line, index) => ({ ...line, line: index + 2 }));
  const begun = await bills.begin(
    {
      id,
      provider,
      fileName: `${provider}-${numbered[0]?.day.slice(0, 7)}.csv`,
      fileHash: hash('sha256', JSON.stringify(numbered)),
      mapping,
      lines: numbered.length,
      total: yuanText(numbered.reduce((sum, { amount }) => sum + yuan(amount), 0n)),
      leftOut: 0,
    },
    by,
  );
  const sent = await bills.send(id, numbered.slice(0, billLinesTogetherMax));
  const booked = await bills.book(id);
  for (const answer of [begun, sent, booked])
    if ('refused' in answer) throw new Error(`a bill of ${provider} was refused: ${answer.refused.code}`);
}

async function differencesFound(database: Database): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listCostDifferences(database, {
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    });
    if ('refused' in page) throw new Error('the list was refused');
    names.push(...page.items.map((row) => `${row.provider} ${row.item} ${row.day} ${row.class}`));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return names;
}

function byClass(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) {
    const klass = name.slice(name.lastIndexOf(' ') + 1);
    counts[klass] = (counts[klass] ?? 0) + 1;
  }
  return counts;
}
