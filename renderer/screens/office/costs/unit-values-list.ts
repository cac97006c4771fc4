/** What a unit of each asset counts as in money: its fields, and how it reads. */
import { UnitValue } from '../../../../shared/api-finance.ts';
import { unitPrice } from '../../../format.ts';
import { assetField, unitPriceField } from '../parts/document/fields.ts';
import { textOf as text, type Item, type ListSpec } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';

export function unitValuesList(words: DocumentWords): ListSpec {
  const { t, assetName } = words;
  const nameOf = (item: Item): string => assetName(text(item['asset']));
  return {
    path: 'unitValues',
    title: t('office.costs.unitValues'),
    one: t('office.costs.unitValue'),
    schema: UnitValue,
    keyOf: (item) => text(item['asset']),
    nameOf,
    blank: { asset: '', value: '' },
    fields: [
      assetField(words, t('office.catalogue.asset')),
      unitPriceField('price', 'value', t('office.costs.value')),
    ],
    columns: [
      { key: 'asset', header: t('office.catalogue.asset'), width: 'minmax(140px, 1fr)', cell: nameOf },
      {
        key: 'value',
        header: t('office.costs.value'),
        width: '140px',
        end: true,
        cell: (item) => unitPrice(text(item['value'])),
      },
    ],
  };
}
