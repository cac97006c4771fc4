/** What the lists of a document are written with: words, formats and names in the person's language. */
import { useCallback, useMemo } from 'react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Format } from '../../../../format.ts';
import { useFormat } from '../../../../parts/useFormat.ts';
import { useMirror } from '../../../../state/mirror.ts';
import { useAssetName } from '../AssetAmount.tsx';
import { at, textOf, type Item } from './spec.ts';

export interface DocumentWords {
  readonly t: TFunction;
  readonly format: Format;
  readonly assetName: (asset: string) => string;
  /** An item's name in the language that is spoken; its id where it has none. */
  readonly itemName: (item: Item) => string;
}

/** The same until the language or the time zone changes, so that what is made of it may be kept. */
export function useDocumentWords(): DocumentWords {
  const { t } = useTranslation();
  const format = useFormat();
  const assetName = useAssetName();
  const itemName = useItemName();
  return useMemo(() => ({ t, format, assetName, itemName }), [t, format, assetName, itemName]);
}

function useItemName(): (item: Item) => string {
  const language = useMirror(({ desk }) => desk?.settings.language) ?? 'zh-CN';
  return useCallback(
    (item) => {
      const name = at<unknown>(item, ['name', language].join('.'));
      return typeof name === 'string' && name !== '' ? name : textOf(item['id']);
    },
    [language],
  );
}
