/** What an item goes by, its id and its names in each language of the desk: the fields to write them, and which is read. */
import { useCallback } from 'react';
import type { TFunction } from 'i18next';
import { Language } from '../../../../../shared/ipc.ts';
import { useMirror } from '../../../../state/mirror.ts';
import { at, textOf, type Item, type LineField } from './spec.ts';

export function idField(t: TFunction): LineField {
  return { path: 'id', kind: 'id', label: t('office.document.id'), hint: t('office.document.idHint') };
}

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
