/** Products that are paid for by quota: their fields, and how they read. */
import { Product } from '../../../../shared/api-selling.ts';
import { assetField, idField, idOf, nameFields, namesBlank } from '../parts/document/fields.ts';
import { textOf as text, type Json, type ListSpec } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';

export function productsList(words: DocumentWords): ListSpec {
  const { t, format, assetName, itemName } = words;
  const policies = [
    { value: 'deduct_on_create', label: t('office.catalogue.onCreate') },
    { value: 'deduct_on_complete', label: t('office.catalogue.onComplete') },
  ];
  const duration = (seconds: Json | undefined): string => format.duration(Number(seconds ?? 0));
  return {
    path: 'products',
    title: t('office.catalogue.products'),
    one: t('office.catalogue.product'),
    schema: Product,
    keyOf: idOf,
    nameOf: itemName,
    blank: {
      id: '',
      name: namesBlank,
      asset: 'IMAGE_QUOTA',
      policy: 'deduct_on_complete',
      holdSeconds: '3600',
    },
    fields: [
      ...nameFields(words),
      idField(words),
      assetField(words, t('office.catalogue.asset')),
      { path: 'policy', kind: 'choice', label: t('office.catalogue.policy'), options: policies },
      {
        path: 'holdSeconds',
        kind: 'count',
        label: t('office.catalogue.holdSeconds'),
        hint: t('office.catalogue.holdHint'),
        suffix: t('office.catalogue.seconds'),
        show: duration,
      },
    ],
    columns: [
      { key: 'name', header: t('column.name'), width: 'minmax(120px, 1.2fr)', cell: itemName },
      {
        key: 'asset',
        header: t('office.catalogue.asset'),
        width: 'minmax(96px, 1fr)',
        cell: (item) => assetName(text(item['asset'])),
      },
      {
        key: 'policy',
        header: t('office.catalogue.policy'),
        width: 'minmax(140px, 1.4fr)',
        cell: (item) => policies.find(({ value }) => value === item['policy'])?.label ?? '',
      },
      {
        key: 'hold',
        header: t('office.catalogue.holdSeconds'),
        width: '112px',
        end: true,
        fromTablePx: 640,
        cell: (item) => duration(item['holdSeconds']),
      },
    ],
  };
}
