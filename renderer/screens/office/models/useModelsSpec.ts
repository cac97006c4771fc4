/** Which lists the catalogue of models has. */
import { useMemo } from 'react';
import { providersList } from '../parts/document/fields.ts';
import type { DocumentSpec } from '../parts/document/spec.ts';
import { useDocumentWords } from '../parts/document/words.ts';
import { meteredProductsList } from './metered-products-list.ts';
import { modelPricesList } from './model-prices-list.ts';
import { modelsList } from './models-list.ts';

export function useModelsSpec(): DocumentSpec {
  const words = useDocumentWords();
  return useMemo(
    () => ({
      settings: [],
      lists: [
        modelPricesList(words),
        meteredProductsList(words),
        modelsList(words),
        providersList(words, words.t('office.models.providers'), words.t('office.models.provider')),
      ],
    }),
    [words],
  );
}
