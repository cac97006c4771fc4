/** Prices of what is metered, by one of four strategies: the fields of a price, and how it reads. */
import { UsagePrice } from '../../../../shared/api-prices.ts';
import { cny } from '../../../../shared/assets.ts';
import { unitPrice } from '../../../format.ts';
import { assetField, perField, whenOneOf } from '../parts/document/fields.ts';
import {
  textAt,
  textOf as text,
  type Field,
  type Item,
  type LineField,
  type ListSpec,
} from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';
import { bookEffectiveField, keyOf, nameOf, someTime, whatFields } from './fields.ts';

const strategies = ['tokens', 'duration', 'fixed', 'free'] as const;
type Strategy = (typeof strategies)[number];
/** What the duration of a use is estimated by, before it has begun. */
const estimates = ['characters', 'input_duration'] as const;

const onlyOf = (...wanted: readonly Strategy[]) => whenOneOf('strategy', ...wanted);
const strategyOf = (item: Item): Strategy =>
  strategies.find((strategy) => strategy === item['strategy']) ?? 'free';

export function usagePricesList(words: DocumentWords): ListSpec {
  const { t } = words;
  return {
    path: 'usagePrices',
    title: t('office.prices.uses'),
    one: t('office.prices.use'),
    schema: UsagePrice,
    keyOf,
    nameOf: nameOf(words),
    blank: {
      platform: 'studio',
      operation: '',
      asset: 'POINT',
      strategy: 'fixed',
      effectiveAt: someTime,
      per: '1000',
    },
    fields: [
      ...whatFields(words),
      assetField(words, t('office.prices.paidWith')),
      ...strategyFields(words),
      bookEffectiveField(words),
    ],
    columns: [
      { key: 'what', header: t('office.prices.what'), width: 'minmax(120px, 1.1fr)', cell: nameOf(words) },
      {
        key: 'how',
        header: t('office.prices.how'),
        width: '104px',
        fromTablePx: 640,
        cell: (item) => t(`office.prices.strategy.${strategyOf(item)}`),
      },
      {
        key: 'price',
        header: t('office.prices.price'),
        width: 'minmax(160px, 1.6fr)',
        cell: (item) => usagePriceText(words, item),
      },
      {
        key: 'minimum',
        header: t('office.prices.minimum'),
        width: '96px',
        end: true,
        cell: (item) => priceText(words, item, 'minimum'),
      },
    ],
  };
}

/** How it is charged, and what that way needs to know. */
function strategyFields(words: DocumentWords): readonly Field[] {
  const { t, format } = words;
  const price = (path: string, label: string, ...wanted: Strategy[]): LineField => ({
    path,
    kind: 'price',
    label,
    when: onlyOf(...wanted),
  });
  return [
    {
      path: 'strategy',
      kind: 'choice',
      label: t('office.prices.how'),
      options: strategies.map((value) => ({ value, label: t(`office.prices.strategy.${value}`) })),
    },
    { ...perField(words, t('office.prices.per')), when: onlyOf('tokens') },
    price('inputPrice', t('office.prices.inputPrice'), 'tokens'),
    price('outputPrice', t('office.prices.outputPrice'), 'tokens'),
    {
      path: 'unitMs',
      kind: 'count',
      label: t('office.prices.unitMs'),
      suffix: t('unit.ms'),
      when: onlyOf('duration'),
      show: (value) => format.duration(Number(value) / 1_000),
    },
    price('unitPrice', t('column.unitPrice'), 'duration'),
    price('price', t('column.unitPrice'), 'fixed'),
    { ...price('minimum', t('office.prices.minimum'), 'tokens', 'duration'), optional: true },
    {
      path: 'estimate.from',
      kind: 'choice',
      label: t('office.prices.estimateBy'),
      options: [
        { value: '', label: t('office.prices.noEstimate') },
        ...estimates.map((value) => ({ value, label: t(`office.prices.estimate.${value}`) })),
      ],
      optional: true,
      when: onlyOf('duration'),
    },
    {
      path: 'estimate.msPerCharacter',
      kind: 'count',
      label: t('office.prices.msPerCharacter'),
      suffix: t('unit.ms'),
      when: (typed) => onlyOf('duration')(typed) && textAt(typed, 'estimate.from') === 'characters',
    },
  ];
}

function usagePriceText(words: DocumentWords, item: Item): string {
  const { t, format } = words;
  switch (strategyOf(item)) {
    case 'tokens':
      return t('office.prices.tokensLine', {
        input: priceText(words, item, 'inputPrice'),
        output: priceText(words, item, 'outputPrice'),
        per: format.count(Number(item['per'])),
      });
    case 'duration':
      return t('office.prices.durationLine', {
        price: priceText(words, item, 'unitPrice'),
        time: format.duration(Number(item['unitMs']) / 1_000),
      });
    case 'fixed':
      return priceText(words, item, 'price');
    default:
      return t('office.prices.strategy.free');
  }
}

/** In money or in units: which, the asset says. */
function priceText({ assetName }: DocumentWords, item: Item, path: string): string {
  const value = text(item[path]);
  if (value === '') return '';
  return item['asset'] === cny ? unitPrice(value) : `${value} ${assetName(text(item['asset']))}`;
}
