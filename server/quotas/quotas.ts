/**
 * Quotas: work that is paid with units of an asset, taken when it begins or when it is done, as its product says. It
 * keeps nothing of its own: what a piece of work took is a hold or a charge of the ledger under the work's id.
 */
import { v5 as uuidv5 } from 'uuid';
import type { Transaction } from '../../shared/api.ts';
import type { Product, Quota, QuotaUse, UnitStanding } from '../../shared/api-selling.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, type Refused } from '../ledger/refusal.ts';
import type { HoldRecord } from '../ledger/records.ts';
import type { UnitState } from '../ledger/unit-reading.ts';

/** What a charge of a quota says that it is. */
const operation = 'quota';
/** A return is named after the work that failed. Never to be changed. */
const returnNamespace = '5d1c3b0a-7b9e-4a55-8f0f-60f2f3f0a8c4';

export interface QuotaWork {
  readonly id: string;
  readonly product: string;
  readonly quantity: number;
}

export interface BegunWork {
  readonly use: QuotaUse;
  readonly replayed: boolean;
}

/** Begins work. `product` is null where there is no such product by now: only what was begun is answered then. */
export async function beginWork(
  ledger: Ledger,
  accountId: string,
  given: QuotaWork,
  { product, nowMs }: { readonly product: Product | null; readonly nowMs: number },
): Promise<BegunWork | Refused> {
  const work = { ...given, id: given.id.toLowerCase() };
  const before = await findWork(ledger, accountId, work.id);
  if (before !== null) {
    const same = productOf(before) === work.product && quantityOf(before) === work.quantity;
    if (!same) return refuse('idempotency_mismatch', { id: work.id });
    return { use: await workAsUse(ledger, accountId, before), replayed: true };
  }
  if (product === null) return refuse('not_found', { detail: 'There is no such product.' });
  return product.policy === 'deduct_on_complete'
    ? setAside(ledger, accountId, work, product)
    : deduct(ledger, accountId, work, product, nowMs);
}

async function setAside(
  ledger: Ledger,
  accountId: string,
  { id, quantity }: QuotaWork,
  product: Product,
): Promise<BegunWork | Refused> {
  const held = await ledger.holdUnits({
    id,
    accountId,
    asset: product.asset,
    amount: BigInt(quantity),
    service: product.id,
    expiresInMs: product.holdSeconds * 1_000,
  });
  if ('refused' in held) return held;
  return { use: heldWork(held.hold), replayed: held.replayed };
}

async function deduct(
  ledger: Ledger,
  accountId: string,
  { id, quantity }: QuotaWork,
  product: Product,
  nowMs: number,
): Promise<BegunWork | Refused> {
  const charged = await ledger.use({
    id,
    accountId,
    asset: product.asset,
    amount: BigInt(quantity),
    content: { product: product.id, quantity },
    ...factsOf(product.id, quantity),
    occurredAtMs: nowMs,
  });
  if ('refused' in charged) return charged;
  return { use: await workAsUse(ledger, accountId, charged.transaction), replayed: charged.replayed };
}

function factsOf(product: string, quantity: number) {
  return { platform: product, operation, quantity };
}

/** The work is done: what was set aside is charged. Safe to repeat; refused with `hold_closed` once it has failed. */
export async function completeWork(
  ledger: Ledger,
  accountId: string,
  id: string,
  nowMs: number,
): Promise<QuotaUse | Refused> {
  const work = await findWork(ledger, accountId, id.toLowerCase());
  if (work === null) return refuse('not_found');
  if ('hash' in work) {
    const use = await workAsUse(ledger, accountId, work);
    return use.state === 'returned' ? refuse('hold_closed', { hold: work.id }) : use;
  }
  const { asset, amount } = work;
  const charged = await ledger.captureUnits({
    id: work.id,
    holdId: work.id,
    accountId,
    asset,
    ...factsOf(productOf(work), Number(amount)),
    occurredAtMs: nowMs,
  });
  return 'refused' in charged ? charged : { ...namesOf(work), state: 'deducted' };
}

/**
 * The work failed: what it took goes back to the batches that it came from. Safe to repeat. What was set aside and then
 * charged stays charged (`hold_closed`); what was taken at the beginning goes back whenever the failure is told.
 */
export async function failWork(ledger: Ledger, accountId: string, id: string): Promise<QuotaUse | Refused> {
  const work = await findWork(ledger, accountId, id.toLowerCase());
  if (work === null) return refuse('not_found');
  if ('hash' in work) {
    const answer = await ledger.returnUse({
      id: uuidv5(work.id, returnNamespace),
      accountId,
      chargeId: work.id,
      reason: 'failed',
    });
    return 'refused' in answer ? answer : workAsUse(ledger, accountId, work);
  }
  const hold = await ledger.releaseUnits({ accountId, asset: work.asset, holdId: work.id });
  if ('refused' in hold) return hold;
  return hold.captured > 0n ? refuse('hold_closed', { hold: work.id }) : heldWork(hold);
}

/** What is left of each product. */
export async function readQuotas(
  ledger: Ledger,
  accountId: string,
  products: readonly Product[],
): Promise<Quota[]> {
  const assets = [...new Set(products.map(({ asset }) => asset))];
  const states = new Map(
    await Promise.all(
      assets.map(async (asset) => [asset, await ledger.unitState(accountId, asset)] as const),
    ),
  );
  return products.map(({ id, asset, policy }) => {
    const state = states.get(asset);
    if (state === undefined) throw new Error(`nothing was read of ${asset}`);
    const used = state.usedThisMonth.get(id) ?? 0n;
    return { product: id, policy, ...standingOf(asset, state, used) };
  });
}

/** What there is of every asset but money that the account has ever had, and what of it was used. */
export async function readUnits(ledger: Ledger, accountId: string): Promise<UnitStanding[]> {
  const assets = await ledger.unitAssets(accountId);
  return Promise.all(
    assets.map(async (asset) => {
      const state = await ledger.unitState(accountId, asset);
      const used = [...state.usedThisMonth.values()].reduce((sum, amount) => sum + amount, 0n);
      const debt = state.balance < 0n ? -state.balance : 0n;
      return { ...standingOf(asset, state, used), debt: debt.toString() };
    }),
  );
}

function standingOf(
  asset: string,
  { available, held, batches }: UnitState,
  used: bigint,
): Pick<Quota, 'asset' | 'left' | 'held' | 'usedThisMonth' | 'expiresAt'> {
  const ending = batches.flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
  return {
    asset,
    left: (available > 0n ? available : 0n).toString(),
    held: held.toString(),
    usedThisMonth: (used > 0n ? used : 0n).toString(),
    ...(ending.length === 0 ? {} : { expiresAt: new Date(Math.min(...ending)).toISOString() }),
  };
}

/** The hold or the charge of this id, if it is of a quota. */
async function findWork(
  ledger: Ledger,
  accountId: string,
  id: string,
): Promise<HoldRecord | Transaction | null> {
  const hold = await ledger.getUnitHold(accountId, id);
  if (hold !== null) return hold;
  const charge = await ledger.getTransaction(accountId, id);
  return charge?.kind === 'charge' && charge.operation === operation ? charge : null;
}

function productOf(work: HoldRecord | Transaction): string {
  return ('hash' in work ? work.platform : work.service) ?? '';
}

function quantityOf(work: HoldRecord | Transaction): number {
  return 'hash' in work ? (work.quantity ?? 0) : Number(work.amount);
}

async function workAsUse(
  ledger: Ledger,
  accountId: string,
  work: HoldRecord | Transaction,
): Promise<QuotaUse> {
  if ('hash' in work) {
    const given = await ledger.getTransaction(accountId, uuidv5(work.id, returnNamespace));
    return { ...namesOf(work), state: given === null ? 'deducted' : 'returned' };
  }
  // One that was charged after its time was over shows as charged.
  const late = work.state === 'expired' && (await ledger.getTransaction(accountId, work.id)) !== null;
  return late ? { ...namesOf(work), state: 'deducted' } : heldWork(work);
}

function heldWork(hold: HoldRecord): QuotaUse {
  switch (hold.state) {
    case 'open':
      return { ...namesOf(hold), state: 'held', expiresAt: new Date(hold.expiresAtMs).toISOString() };
    case 'expired':
      return { ...namesOf(hold), state: 'expired' };
    case 'closed':
      return { ...namesOf(hold), state: hold.captured > 0n ? 'deducted' : 'returned' };
    default:
      return hold.state satisfies never;
  }
}

function namesOf(work: HoldRecord | Transaction): Pick<QuotaUse, 'id' | 'product' | 'quantity'> {
  return { id: work.id, product: productOf(work), quantity: quantityOf(work) };
}
