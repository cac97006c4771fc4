/** Fields that more than one list of the price book has, and what names a price. */
import { operationName, platformName } from '../../../parts/words.ts';
import { effectiveField } from '../parts/document/fields.ts';
import { textOf as text, type Item, type LineField } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';

/** Any instant: a draft's own is put on when it is published (PricesFrom). */
export const someTime = '2026-01-01T00:00:00.000Z';

export const keyOf = (item: Item): string => `${text(item['platform'])}/${text(item['operation'])}`;

export function nameOf({ t }: DocumentWords): (item: Item) => string {
  return (item) =>
    t('pricing.what', {
      platform: platformName(t, text(item['platform'])),
      operation: operationName(t, text(item['operation'])),
    });
}

/** What a price is of. */
export function whatFields({ t }: DocumentWords): readonly LineField[] {
  return [
    {
      path: 'platform',
      kind: 'id',
      label: t('column.platform'),
      hint: t('office.prices.platformHint'),
      show: (value) => platformName(t, text(value)),
    },
    {
      path: 'operation',
      kind: 'id',
      label: t('column.operation'),
      hint: t('office.prices.operationHint'),
      show: (value) => operationName(t, text(value)),
    },
  ];
}

/** Not asked for with each price: a book takes force as a whole. */
export function bookEffectiveField(words: DocumentWords): LineField {
  return { ...effectiveField(words), formless: true };
}

export function multiplierField({ t, format }: DocumentWords): LineField {
  return {
    path: 'multiplier',
    kind: 'multiplier',
    label: t('office.prices.multiplier'),
    hint: t('office.prices.multiplierHint'),
    show: (value) => t('pricing.discount', { discount: format.discount(text(value)) }),
  };
}
