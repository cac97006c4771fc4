/** Which lists the price book has, and what is set beside them. */
import { useMemo } from 'react';
import type { DocumentSpec, LineField } from '../parts/document/spec.ts';
import { useDocumentWords, type DocumentWords } from '../parts/document/words.ts';
import { followPricesList } from './follow-prices-list.ts';
import { memberDiscountsList } from './member-discounts-list.ts';
import { usagePricesList } from './usage-prices-list.ts';

export function usePricesSpec(): DocumentSpec {
  const words = useDocumentWords();
  return useMemo(
    () => ({
      settings: [stackingField(words)],
      lists: [followPricesList(words), usagePricesList(words), memberDiscountsList(words)],
    }),
    [words],
  );
}

/** What holds where more than one discount would. */
function stackingField({ t }: DocumentWords): LineField {
  return {
    path: 'stacking',
    kind: 'choice',
    label: t('pricing.stackingTitle'),
    options: [
      { value: 'best', label: t('office.prices.best') },
      { value: 'multiply', label: t('office.prices.multiply') },
    ],
  };
}
