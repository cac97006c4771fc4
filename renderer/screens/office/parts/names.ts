/**
 * What people call a product that rows know by its id, as the catalogues name it in the person's language, and
 * which assets there are. What no catalogue has goes by its id. It changes nothing.
 */
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { cny } from '../../../../shared/assets.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** Products of AI calls and of what is sold by quota, in the catalogues' order. */
export function useProducts(): readonly Named[] {
  const format = useFormat();
  const metering = useAnswer('meteringCatalogue', {}).body;
  const catalogue = useAnswer('catalogue', {}).body;
  return useMemo(
    () =>
      [...(metering?.products ?? []), ...(catalogue?.products ?? [])].map(({ id, name }) => ({
        id,
        name: format.name(name),
      })),
    [metering, catalogue, format],
  );
}

/** A platform, a kind of thing that is sold, or a product of the catalogues. */
export function useProductName(): (id: string) => string {
  const { t } = useTranslation();
  const products = useProducts();
  return useCallback(
    (id) =>
      products.find((product) => product.id === id)?.name ??
      t([`office.reports.sold.${id}`, `platform.${id}`], { defaultValue: id }),
    [products, t],
  );
}

/** What accounts may have beside money: points, and whatever the catalogue sells or brings. */
export function useUnitAssets(): readonly string[] {
  const catalogue = useAnswer('catalogue', {}).body;
  return useMemo(() => {
    const { packages = [], products = [], plans = [] } = catalogue ?? {};
    const listed = [...packages, ...products, ...plans.flatMap(({ quotas }) => quotas)];
    return [...new Set(['POINT', ...listed.map(({ asset }) => asset)])].filter((asset) => asset !== cny);
  }, [catalogue]);
}
