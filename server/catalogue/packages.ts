/**
 * Packages: units that are bought from the balance. Money and units move in one posting, so that nobody pays for
 * nothing; a purchase that is repeated under its id buys nothing more.
 */
import { v5 as uuidv5 } from 'uuid';
import type { Transaction } from '../../shared/api.ts';
import type { Package } from '../../shared/api-selling.ts';
import { yuan } from '../../shared/money.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, type Refused } from '../ledger/refusal.ts';

const dayMs = 86_400_000;
/** Grants are named after the purchases that they belong to. Never to be changed. */
const grantNamespace = 'b0a4ef2f-5f0e-4b71-9b53-3a4f5f0d8a11';

export interface BoughtPackage {
  readonly paid: Transaction;
  readonly granted: Transaction[];
  readonly replayed: boolean;
}

/** `sold` is null where no such package is sold by now: only a purchase that was made before is answered then. */
export async function buyPackage(
  ledger: Ledger,
  accountId: string,
  purchase: {
    readonly id: string;
    readonly package: string;
    readonly expectedPrice?: string | undefined;
  },
  sold: Package | null,
): Promise<BoughtPackage | Refused> {
  const id = purchase.id.toLowerCase();
  const content = { package: purchase.package };
  const bought = await ledger
    .alongside(
      accountId,
      async (work): Promise<BoughtPackage | Refused> => {
        const before = await work.paidBefore({ id, content });
        if (before !== null)
          return 'refused' in before ? before : { paid: before.transaction, granted: [], replayed: true };
        if (sold === null) return refuse('not_found', { detail: 'There is no such package.' });
        const price = yuan(sold.price);
        const { expectedPrice } = purchase;
        const what = { operation: 'package', note: sold.id };
        const paid = await work.pay({ id, content, price, expectedPrice, ...what });
        if ('refused' in paid) return paid;
        const granted = await work.grant({
          id: uuidv5(id, grantNamespace),
          asset: sold.asset,
          amount: BigInt(sold.amount) + BigInt(sold.bonus),
          source: 'purchase',
          note: sold.id,
          occurredAtMs: work.nowMs,
          expiresAtMs: work.nowMs + sold.validDays * dayMs,
        });
        // Thrown, so that the money stays where it was.
        if ('refused' in granted) throw new RefusedGrant(granted);
        return { paid: paid.transaction, granted: [granted.transaction], replayed: false };
      },
      sold === null ? [] : [sold.asset],
    )
    .catch(refusedGrant);
  if ('refused' in bought || !bought.replayed) return bought;
  const grant = await ledger.getTransaction(accountId, uuidv5(id, grantNamespace));
  return { ...bought, granted: grant === null ? [] : [grant] };
}

class RefusedGrant extends Error {
  readonly refused: Refused;
  constructor(refused: Refused) {
    super(`a grant was refused: ${refused.refused.code}`);
    this.name = 'RefusedGrant';
    this.refused = refused;
  }
}

function refusedGrant(error: unknown): Refused {
  if (error instanceof RefusedGrant) return error.refused;
  throw error;
}
