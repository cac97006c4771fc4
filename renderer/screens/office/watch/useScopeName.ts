/** What a budget is for, as people call it: everything, a provider or a product. */
import { useTranslation } from 'react-i18next';
import type { Budget } from '../../../../shared/api-finance.ts';
import { useProductName } from '../parts/names.ts';
import { useProviders } from '../parts/useProviders.ts';

export function useScopeName(): (of: Pick<Budget, 'scope' | 'name'>) => string {
  const { t } = useTranslation();
  const productName = useProductName();
  const { nameOf } = useProviders();
  return ({ scope, name }) => {
    if (scope === 'all') return t('office.watch.everything');
    if (scope === 'product') return productName(name);
    return nameOf(name);
  };
}
