/** Which lists the cost prices have. */
import { useMemo } from 'react';
import { useProductName } from '../parts/names.ts';
import { useProviders } from '../parts/useProviders.ts';
import { providersList } from '../parts/document/fields.ts';
import type { DocumentSpec } from '../parts/document/spec.ts';
import { useDocumentWords } from '../parts/document/words.ts';
import { costPricesList } from './cost-prices-list.ts';
import { unitValuesList } from './unit-values-list.ts';

export function useCostsSpec(): DocumentSpec {
  const words = useDocumentWords();
  const { nameOf: providerName } = useProviders();
  const productName = useProductName();
  return useMemo(() => {
    const { t } = words;
    return {
      settings: [],
      lists: [
        costPricesList({ ...words, providerName, productName }),
        providersList(words, t('office.costs.providers'), t('office.costs.provider')),
        unitValuesList(words),
      ],
    };
  }, [words, providerName, productName]);
}
