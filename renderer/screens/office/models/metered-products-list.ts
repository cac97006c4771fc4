/** Products that are metered, with the model behind each and what pays for it: their fields, and how they read. */
import { MeteredProduct } from '../../../../shared/api-metering.ts';
import { assetField, idField, idOf, nameFields, namesBlank } from '../parts/document/fields.ts';
import { textOf as text, type ListSpec } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';
import { modelField } from './fields.ts';

export function meteredProductsList(words: DocumentWords): ListSpec {
  const { t, assetName, itemName } = words;
  return {
    path: 'products',
    title: t('office.models.products'),
    one: t('office.models.product'),
    schema: MeteredProduct,
    keyOf: idOf,
    nameOf: itemName,
    blank: { id: '', name: namesBlank, model: '', paidBy: ['CNY'] },
    fields: [
      ...nameFields(words),
      idField(words),
      modelField(words),
      {
        path: 'paidBy',
        kind: 'rows',
        label: t('office.models.paidBy'),
        // A payer is an asset and nothing beside it.
        fields: [assetField(words, t('office.models.paidBy'), '')],
        blank: '',
        max: 5,
        add: t('office.models.addPayer'),
      },
    ],
    columns: [
      { key: 'name', header: t('column.name'), width: 'minmax(120px, 1.2fr)', cell: itemName },
      {
        key: 'model',
        header: t('office.models.model'),
        width: 'minmax(120px, 1.2fr)',
        cell: (item) => text(item['model']),
      },
      {
        key: 'paidBy',
        header: t('office.models.paidBy'),
        width: 'minmax(160px, 2fr)',
        cell: (item) =>
          ((item['paidBy'] ?? []) as readonly string[]).map(assetName).join(t('office.models.then')),
      },
    ],
  };
}
