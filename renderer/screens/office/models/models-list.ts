/** Models that are called, and whose they are: their fields, and how they read. */
import { Model } from '../../../../shared/api-metering.ts';
import { idField, idOf } from '../parts/document/fields.ts';
import { textOf as text, type ListSpec } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';

export function modelsList(words: DocumentWords): ListSpec {
  const { t } = words;
  return {
    path: 'models',
    title: t('office.models.models'),
    one: t('office.models.model'),
    schema: Model,
    keyOf: idOf,
    nameOf: idOf,
    blank: { id: '', provider: '' },
    fields: [
      { ...idField(words), hint: t('office.models.modelHint') },
      { path: 'provider', kind: 'id', label: t('office.models.provider') },
    ],
    columns: [
      { key: 'id', header: t('office.models.model'), width: 'minmax(160px, 1.4fr)', cell: idOf },
      {
        key: 'provider',
        header: t('office.models.provider'),
        width: 'minmax(120px, 1fr)',
        cell: (item) => text(item['provider']),
      },
    ],
  };
}
