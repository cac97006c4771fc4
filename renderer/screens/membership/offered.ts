/** Finds what a purchase is of among what is sold now. */
import type { Catalogue, Package, Plan } from '../../../shared/api-selling.ts';
import type { Purchase } from '../../state/purchases.ts';

/** Null where it is not sold any more. */
export function offered(catalogue: Catalogue, { kind, what }: Purchase): Plan | Package | null {
  const all: readonly (Plan | Package)[] = kind === 'package' ? catalogue.packages : catalogue.plans;
  return all.find(({ id }) => id === what) ?? null;
}
