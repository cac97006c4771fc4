/** Prices of what campaigns do, with their tiers: the fields of a price, and how it reads. */
import { PriceEntry } from '../../../../shared/api-prices.ts';
import { unitPrice } from '../../../format.ts';
import { unitPriceField } from '../parts/document/fields.ts';
import { textOf as text, type Item, type ListSpec, type RowsField } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';
import { bookEffectiveField, keyOf, multiplierField, nameOf, someTime, whatFields } from './fields.ts';

export function followPricesList(words: DocumentWords): ListSpec {
  const { t, format } = words;
  return {
    path: 'prices',
    title: t('office.prices.follows'),
    one: t('office.prices.price'),
    schema: PriceEntry,
    keyOf,
    nameOf: nameOf(words),
    blank: {
      platform: '',
      operation: 'follow',
      unitPrice: '',
      effectiveAt: someTime,
      tierMode: 'volume',
      tiers: [],
    },
    fields: [
      ...whatFields(words),
      unitPriceField('money', 'unitPrice', t('column.unitPrice')),
      {
        path: 'tierMode',
        kind: 'choice',
        label: t('office.prices.tierMode'),
        options: [
          { value: 'volume', label: t('office.prices.volume') },
          { value: 'graduated', label: t('office.prices.graduated') },
        ],
        optional: true,
      },
      tiersField(words),
      bookEffectiveField(words),
    ],
    columns: [
      { key: 'what', header: t('office.prices.what'), width: 'minmax(130px, 1.2fr)', cell: nameOf(words) },
      {
        key: 'price',
        header: t('column.unitPrice'),
        width: '96px',
        end: true,
        cell: (item) => unitPrice(text(item['unitPrice'])),
      },
      {
        key: 'tiers',
        header: t('column.bulk'),
        width: 'minmax(140px, 1.6fr)',
        cell: (item) => tiersText(words, item),
      },
      {
        key: 'effective',
        header: t('column.effective'),
        width: '150px',
        fromTablePx: 640,
        cell: (item) => format.dateTime(text(item['effectiveAt'])),
      },
    ],
  };
}

function tiersField(words: DocumentWords): RowsField {
  const { t, format } = words;
  return {
    path: 'tiers',
    kind: 'rows',
    label: t('column.bulk'),
    fields: [
      {
        path: 'fromQuantityExclusive',
        kind: 'count',
        label: t('office.prices.beyond'),
        show: (value) => t('office.prices.beyondLine', { quantity: format.count(Number(value)) }),
      },
      multiplierField(words),
    ],
    blank: { fromQuantityExclusive: '', multiplier: '' },
    max: 20,
    add: t('office.prices.addTier'),
  };
}

function tiersText({ t, format }: DocumentWords, price: Item): string {
  const key = price['tierMode'] === 'graduated' ? 'pricing.tierGraduated' : 'pricing.tier';
  return ((price['tiers'] ?? []) as readonly Item[])
    .map((tier) =>
      t(key, {
        quantity: format.count(Number(tier['fromQuantityExclusive'])),
        discount: format.discount(text(tier['multiplier'])),
      }),
    )
    .join(t('common.comma'));
}
