/** Which lists the catalogue has. */
import { useMemo } from 'react';
import type { DocumentSpec } from '../parts/document/spec.ts';
import { useDocumentWords } from '../parts/document/words.ts';
import { packagesList } from './packages-list.ts';
import { plansList } from './plans-list.ts';
import { productsList } from './products-list.ts';

export function useCatalogueSpec(): DocumentSpec {
  const words = useDocumentWords();
  return useMemo(
    () => ({ settings: [], lists: [packagesList(words), plansList(words), productsList(words)] }),
    [words],
  );
}
