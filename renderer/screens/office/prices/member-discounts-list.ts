/** What members of each level pay less: the fields of a discount, and how it reads. */
import { MemberDiscount } from '../../../../shared/api-prices.ts';
import { MemberLevel } from '../../../../shared/api-words.ts';
import { textOf as text, type Item, type ListSpec } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';
import { multiplierField } from './fields.ts';

export function memberDiscountsList(words: DocumentWords): ListSpec {
  const { t, format } = words;
  const levelName = (item: Item): string => t(`member.${text(item['level'])}`);
  return {
    path: 'memberDiscounts',
    title: t('office.prices.members'),
    one: t('office.prices.member'),
    schema: MemberDiscount,
    keyOf: (item) => text(item['level']),
    nameOf: levelName,
    blank: { level: 'premium', multiplier: '' },
    fields: [
      {
        path: 'level',
        kind: 'choice',
        label: t('office.prices.level'),
        options: MemberLevel.options.map((value) => ({ value, label: t(`member.${value}`) })),
      },
      multiplierField(words),
    ],
    columns: [
      { key: 'level', header: t('office.prices.level'), width: 'minmax(120px, 1fr)', cell: levelName },
      {
        key: 'discount',
        header: t('office.prices.multiplier'),
        width: 'minmax(120px, 1fr)',
        cell: (item) => t('pricing.discount', { discount: format.discount(text(item['multiplier'])) }),
      },
    ],
  };
}
