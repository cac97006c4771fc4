/**
 * `--demo`: accounts with a well-known password, prices, things to use and six weeks of history, posted through the ledger
 * like any other money. Safe to repeat: every id and time follows from when the demo was first seeded, so a seeding
 * that was cut short goes on where it stopped, and a finished one changes nothing.
 */
import { randomUUID } from 'node:crypto';
import type { MeteringContent } from '../../shared/api-metering.ts';
import type { PriceBook } from '../../shared/api-prices.ts';
import type { MemberLevel, Role } from '../../shared/api-words.ts';
import { yuan } from '../../shared/money.ts';
import { catalogueInForce, publishCatalogue } from '../catalogue/catalogues.ts';
import type { Database, Queryable } from '../database/database.ts';
import { createAccount, emailIndexes, findForSignIn } from '../identity/accounts.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Signer } from '../ledger/signing.ts';
import { priceBookInForce, publishPriceBook, type PriceBookContent } from '../pricing/price-books.ts';
import { meteringCatalogueInForce, publishMeteringCatalogue } from '../metering/metering-catalogues.ts';
import { demoCatalogue, demoMetering, demoUsagePrices } from './offers.ts';
import { historyDays, planHistory, type HistoryStep } from './history.ts';
import { planUses, postUse, type UseStep } from './uses.ts';

export const demoPassword = 'zhangtai-demo';
/** What both desk accounts have left once seeded. */
export const demoBalance = yuan('1330.68');

interface DemoAccount {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly memberLevel: MemberLevel;
  readonly hasHistory: boolean;
}

const staff = { memberLevel: 'none', hasHistory: false } as const;
export const demoAccounts: readonly DemoAccount[] = [
  {
    name: '演示操作员',
    email: 'operator@demo.example',
    role: 'operator',
    memberLevel: 'none',
    hasHistory: true,
  },
  {
    name: '演示高级会员',
    email: 'premium@demo.example',
    role: 'operator',
    memberLevel: 'premium',
    hasHistory: true,
  },
  { name: '演示财务', email: 'finance@demo.example', role: 'finance', ...staff },
  { name: '演示复核', email: 'checker@demo.example', role: 'finance', ...staff },
  { name: '演示管理员', email: 'admin@demo.example', role: 'admin', ...staff },
  { name: '演示审计', email: 'auditor@demo.example', role: 'auditor', ...staff },
];

type Step = HistoryStep | UseStep;

const timeZone = 'Asia/Shanghai';
/** Prices and accounts are older than the first campaign. */
const preparationMs = (historyDays + 3) * 86_400_000;

/** Any constant; processes that seed one database at once wait for the same one. */
const advisoryLockKey = 7_241_002;

/** Seeds whatever is not there yet. Two processes at once post the same steps, and the ledger takes each once. */
export async function seedDemo(database: Database, signer: Signer, nowMs: number): Promise<void> {
  const { foundedMs, book } = await database.transaction((tx) => found(tx, nowMs - preparationMs));
  for (const account of demoAccounts) {
    if (!account.hasHistory) continue;
    const known = await findForSignIn(database, account.email);
    if (known === null) throw new Error(`the demo account ${account.email} was not kept`);
    const options = { seed: account.email, endMs: foundedMs + preparationMs };
    const { memberLevel } = account;
    const history = planHistory({ ...options, memberLevel, book, finalBalance: demoBalance });
    const steps = [...history, ...planUses(options)].toSorted((a, b) => a.atMs - b.atMs);
    await postHistory(database, signer, known.account.id, steps);
  }
}

/** Adds the accounts and prices that are missing; answers when the demo was founded, which stays for ever. */
async function found(
  tx: Queryable,
  newFoundedMs: number,
): Promise<{ readonly foundedMs: number; readonly book: PriceBook }> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [advisoryLockKey]);
  const [first] = await tx.query<{ created_at_ms: bigint }>(
    'SELECT created_at_ms FROM accounts WHERE email_index = ANY ($1::text[])',
    [emailIndexes(tx, demoAccounts[0]?.email ?? '')],
  );
  const foundedMs = first === undefined ? newFoundedMs : Number(first.created_at_ms);
  for (const { hasHistory: _, ...account } of demoAccounts)
    await createAccount(tx, { ...account, id: randomUUID(), timeZone, password: demoPassword }, foundedMs);
  // A book that somebody has published since stays in force; the demo's past keeps the prices of its time.
  const book =
    (await priceBookInForce(tx, foundedMs)) ??
    (await publishPriceBook(tx, demoPrices(foundedMs), { accountId: null, nowMs: foundedMs }));
  if ((await catalogueInForce(tx)) === null)
    await publishCatalogue(tx, demoCatalogue, { accountId: null, nowMs: foundedMs });
  if ((await meteringCatalogueInForce(tx)) === null)
    await publishMeteringCatalogue(tx, demoModels(foundedMs), { accountId: null, nowMs: foundedMs });
  return { foundedMs, book };
}

function demoPrices(foundedMs: number): PriceBookContent {
  const shared = {
    operation: 'follow',
    effectiveAt: new Date(foundedMs).toISOString(),
    tiers: [{ fromQuantityExclusive: 100, multiplier: '0.95' }],
  };
  return {
    stacking: 'best',
    prices: [
      { ...shared, platform: 'xiaohongshu', unitPrice: '1.00' },
      { ...shared, platform: 'douyin', unitPrice: '1.20' },
    ],
    memberDiscounts: [{ level: 'premium', multiplier: '0.90' }],
    usagePrices: demoUsagePrices.map((price) => ({ ...price, effectiveAt: shared.effectiveAt })),
  };
}

function demoModels(foundedMs: number): MeteringContent {
  const effectiveAt = new Date(foundedMs).toISOString();
  return { ...demoMetering, prices: demoMetering.prices.map((price) => ({ ...price, effectiveAt })) };
}

/** Posts the steps at their times; once the last charge is there, only what comes after it, which is safe to repeat. */
async function postHistory(
  database: Database,
  signer: Signer,
  accountId: string,
  steps: readonly Step[],
): Promise<void> {
  const lastIndex = steps.findLastIndex((step) => step.kind === 'charges');
  const last = steps[lastIndex];
  if (last?.kind !== 'charges') throw new Error('the demo has no charges');
  let nowMs = last.atMs;
  const ledger = new Ledger({ database, signer, clock: () => nowMs, priceBook: priceBookInForce });
  const charged = await ledger.getCharge(accountId, last.bodies.at(-1)?.id ?? '');
  for (const step of charged === null ? steps : steps.slice(lastIndex + 1)) {
    nowMs = step.atMs;
    await postStep({ database, ledger }, accountId, step);
  }
}

async function postStep(
  desk: { readonly database: Database; readonly ledger: Ledger },
  accountId: string,
  step: Step,
): Promise<void> {
  const { ledger } = desk;
  switch (step.kind) {
    case 'grant':
    case 'points':
    case 'quota':
    case 'call':
      for (const answer of await postUse(desk, accountId, step)) insist(answer);
      return;
    case 'recharge': {
      const { id, amount, note, atMs } = step;
      return insist(
        await ledger.recharge({ id, accountId, amount, note, occurredAtMs: atMs, source: 'demo' }),
      );
    }
    case 'hold':
      return insist(await ledger.createHold(accountId, step.body));
    case 'charges':
      for (const outcome of await ledger.chargeBatch(accountId, step.bodies)) insist(outcome);
      return;
    case 'release':
      return insist(await ledger.releaseHold(accountId, step.holdId));
    case 'refund': {
      const { id, chargeId, reason } = step;
      return insist(await ledger.refund({ id, accountId, chargeId, reason }));
    }
  }
}

/** The plan was worked out to fit; a refusal means that plan and ledger disagree. */
function insist(answer: object): void {
  if ('refused' in answer) throw new Error(`the demo's past was refused: ${JSON.stringify(answer.refused)}`);
}
