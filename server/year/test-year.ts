/**
 * A year of business in an empty database, the same for the same seed: people, recharge orders, charges, calls of
 * models, memberships, points, in valid chains, and what was planted to be found. See README.md beside it. It must never
 * run on a database that has accounts.
 */
import { createAccount } from '../identity/accounts.ts';
import { demoCatalogue } from '../demo/offers.ts';
import { publishCatalogue } from '../catalogue/catalogues.ts';
import type { Database } from '../database/database.ts';
import { inLanes } from '../database/in-lanes.ts';
import { migrate } from '../database/migrate.ts';
import { publishMeteringCatalogue } from '../metering/metering-catalogues.ts';
import { publishPriceBook } from '../pricing/price-books.ts';
import { chanceOf } from './test-chance.ts';
import { loadPerson } from './test-load.ts';
import { yearMetering, yearPrices } from './test-offers.ts';
import {
  personYear,
  theirPlatform,
  theirProduct,
  yearZone,
  type PersonYear,
  type Planted,
} from './test-person.ts';

export interface YearOptions {
  readonly seed: number;
  readonly people: number;
  /** The first day, at midnight in Shanghai. */
  readonly fromDay: string;
  readonly days: number;
  /** For whoever signs in as finance; argon2 takes its time, so that there are just two who can. */
  readonly password: string;
}

export const fullYear = { seed: 20_250_101, people: 2_000, fromDay: '2025-01-01', days: 365 } as const;
/** For tests: a few seconds on the embedded database. */
export const smallYear = { seed: 7, people: 24, fromDay: '2025-01-01', days: 100 } as const;

export interface MadeYear {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly people: number;
  readonly transactions: number;
  readonly usages: number;
  readonly orders: number;
  /** By account: null is everybody. */
  readonly planted: readonly PlantedTruth[];
  readonly financeEmail: string;
  readonly auditorEmail: string;
}
export interface PlantedTruth {
  readonly accountId: string | null;
  readonly product: string;
  /** `YYYY-MM-DD` in Shanghai. */
  readonly day: string;
  readonly kind: Planted['kind'];
}

const dayMs = 86_400_000;

export async function makeYear(database: Database, options: YearOptions): Promise<MadeYear> {
  await migrate(database);
  const { seed, people, days } = options;
  const fromMs = Date.parse(`${options.fromDay}T00:00:00+08:00`);
  const chance = chanceOf(seed, 'year');
  const staff = { memberLevel: 'none' as const, timeZone: yearZone, password: options.password };
  const finance = {
    ...staff,
    id: chance.id(fromMs),
    name: '财务',
    email: 'finance@year.example',
    role: 'finance' as const,
  };
  const auditor = {
    ...staff,
    id: chance.id(fromMs),
    name: '审计',
    email: 'auditor@year.example',
    role: 'auditor' as const,
  };
  const by = { accountId: null, nowMs: fromMs - dayMs };
  await createAccount(database, finance, by.nowMs);
  await createAccount(database, auditor, by.nowMs);
  const effectiveAt = new Date(by.nowMs).toISOString();
  const [book, metering] = await database.transaction(async (tx) => {
    await publishCatalogue(tx, demoCatalogue, by);
    return [
      await publishPriceBook(tx, yearPrices(effectiveAt), by),
      await publishMeteringCatalogue(tx, yearMetering(effectiveAt), by),
    ] as const;
  });
  const planted = plan(seed, people, days);
  const [sold] = demoCatalogue.plans;
  if (sold === undefined) throw new Error('there is no plan');
  const made = { transactions: 0, usages: 0, orders: 0 };
  const known = new Map<number, Pick<PersonYear, 'platform' | 'product'> & { accountId: string }>();
  const failed: unknown[] = [];
  const everybody = Array.from({ length: people }, (_, person) => person);
  await inLanes(
    everybody,
    async (person) => {
      const year: PersonYear = personYear({
        ...options,
        person,
        fromMs,
        book,
        metering,
        planted,
        financeId: finance.id,
      });
      known.set(person, { accountId: year.book.accountId, platform: year.platform, product: year.product });
      await loadPerson(database, year, sold, finance.id);
      made.transactions += year.book.seq;
      made.usages += year.usages.length;
      made.orders += year.orders.length;
    },
    (error) => void failed.push(error),
  );
  if (failed.length > 0) throw new AggregateError(failed, 'a year was not written');
  return {
    ...made,
    fromMs,
    untilMs: fromMs + days * dayMs,
    people,
    planted: planted.map(({ person, product, dayIndex, kind }) => {
      const whose = person === null ? undefined : known.get(person);
      const named =
        product === theirPlatform ? whose?.platform : product === theirProduct ? whose?.product : product;
      return {
        accountId: whose?.accountId ?? null,
        product: named ?? product,
        day: new Date(fromMs + dayIndex * dayMs + 8 * 3_600_000).toISOString().slice(0, 10),
        kind,
      };
    }),
    financeEmail: finance.email,
    auditorEmail: auditor.email,
  };
}

/** Somebody with far more than usual, and days on which everybody uses a product more, or not at all. */
function plan(seed: number, people: number, days: number): Planted[] {
  const chance = chanceOf(seed, 'planted');
  const taken = new Set<number>();
  const day = (): number => {
    for (;;) {
      const found = chance.whole(Math.min(60, days - 20), days - 3);
      if (taken.has(found)) continue;
      taken.add(found);
      return found;
    }
  };
  const ofOne = Array.from({ length: Math.min(40, Math.max(2, Math.round(people / 100))) }, (_, n) => ({
    person: chance.whole(0, people - 1),
    product: n % 2 === 0 ? theirPlatform : theirProduct,
    dayIndex: day(),
    kind: 'high' as const,
  }));
  const ofAll = [
    ['chat', 'high'],
    ['xiaohongshu', 'low'],
    ['douyin', 'high'],
    ['analysis', 'low'],
  ] as const;
  return [...ofOne, ...ofAll.map(([product, kind]) => ({ person: null, product, dayIndex: day(), kind }))];
}
