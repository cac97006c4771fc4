/** Names in each language of the desk: the fields to write them, and which of them is read. */
import { useCallback } from 'react';
import type { TFunction } from 'i18next';
import { Language } from '../../../../../shared/ipc.ts';
import { useMirror } from '../../../../state/mirror.ts';
import { at, textOf, type Item, type LineField } from './spec.ts';

export function nameFields(t: TFunction): readonly LineField[] {
  return Language.options.map((language) => ({
    path: ['name', language].join('.'),
    kind: 'text',
    label: t('office.document.nameIn', { language: t(`language.${language}`) }),
  }));
}

/** An item's name in the language that is spoken; its id where it has none. */
export function useItemName(): (item: Item) => string {
  const language = useMirror(({ desk }) => desk?.settings.language) ?? 'zh-CN';
  return useCallback(
    (item) => {
      const name = at<unknown>(item, ['name', language].join('.'));
      return typeof name === 'string' && name !== '' ? name : textOf(item['id']);
    },
    [language],
  );
}
