/** Packages of units that are sold for money: their fields, and how they read. */
import { Package } from '../../../../shared/api-selling.ts';
import { money } from '../../../format.ts';
import { assetField, idField, idOf, nameFields, namesBlank } from '../parts/document/fields.ts';
import { textOf as text, type ListSpec } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';
import { daysText, priceField, unitsField, unitsText } from './fields.ts';

export function packagesList(words: DocumentWords): ListSpec {
  const { t, assetName, itemName } = words;
  return {
    path: 'packages',
    title: t('office.catalogue.packages'),
    one: t('office.catalogue.package'),
    schema: Package,
    keyOf: idOf,
    nameOf: itemName,
    blank: {
      id: '',
      name: namesBlank,
      price: '',
      asset: 'POINT',
      amount: '',
      bonus: '0',
      validDays: '180',
    },
    fields: [
      ...nameFields(words),
      idField(words),
      priceField(t('office.catalogue.price')),
      assetField(words, t('office.catalogue.asset')),
      unitsField(words, 'amount', t('office.catalogue.amount')),
      unitsField(words, 'bonus', t('office.catalogue.bonus')),
      {
        path: 'validDays',
        kind: 'count',
        label: t('office.catalogue.validDays'),
        show: (value) => daysText(words, value),
      },
    ],
    columns: [
      { key: 'name', header: t('column.name'), width: 'minmax(120px, 1.4fr)', cell: itemName },
      {
        key: 'asset',
        header: t('office.catalogue.asset'),
        width: 'minmax(96px, 1fr)',
        cell: (item) => assetName(text(item['asset'])),
      },
      {
        key: 'amount',
        header: t('office.catalogue.amount'),
        width: '104px',
        end: true,
        cell: (item) => unitsText(words, item['amount']),
      },
      {
        key: 'bonus',
        header: t('office.catalogue.bonus'),
        width: '80px',
        end: true,
        fromTablePx: 720,
        cell: (item) => unitsText(words, item['bonus']),
      },
      {
        key: 'days',
        header: t('office.catalogue.validDays'),
        width: '96px',
        end: true,
        fromTablePx: 640,
        cell: (item) => daysText(words, item['validDays']),
      },
      {
        key: 'price',
        header: t('office.catalogue.price'),
        width: '96px',
        end: true,
        cell: (item) => money(text(item['price'])),
      },
    ],
  };
}
