/** Which lists the price book has, which fields their entries, and how they read. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { MemberDiscount, MemberLevel, PriceEntry, UsagePrice } from '../../../../shared/api.ts';
import { cny } from '../../../../shared/assets.ts';
import { unitPrice } from '../../../format.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { operationName, platformName } from '../../../parts/words.ts';
import { useAssetName } from '../parts/AssetAmount.tsx';
import {
  at,
  textAt,
  textOf as text,
  type DocumentSpec,
  type Item,
  type Json,
  type LineField,
  type Typed,
} from '../parts/document/spec.ts';

const keyOf = (item: Item): string => `${text(item['platform'])}/${text(item['operation'])}`;
/** Any instant: a draft's own is put on when it is published (PricesFrom). */
const someTime = '2026-01-01T00:00:00.000Z';
const strategies = ['tokens', 'duration', 'fixed', 'free'] as const;
const estimates = ['characters', 'input_duration'] as const;

export function usePricesSpec(): DocumentSpec {
  const { t } = useTranslation();
  const format = useFormat();
  const assetName = useAssetName();
  return useMemo(() => {
    const nameOf = (item: Item): string =>
      t('pricing.what', {
        platform: platformName(t, text(item['platform'])),
        operation: operationName(t, text(item['operation'])),
      });
    const platform: LineField = {
      path: 'platform',
      kind: 'id',
      label: t('column.platform'),
      hint: t('office.prices.platformHint'),
      show: (value) => platformName(t, text(value)),
    };
    const operation: LineField = {
      path: 'operation',
      kind: 'id',
      label: t('column.operation'),
      hint: t('office.prices.operationHint'),
      show: (value) => operationName(t, text(value)),
    };
    // Not asked for with each price: a book takes force as a whole.
    const effective: LineField = {
      path: 'effectiveAt',
      kind: 'instant',
      label: t('column.effective'),
      formless: true,
      show: (value) => format.dateTime(text(value)),
    };
    const multiplier: LineField = {
      path: 'multiplier',
      kind: 'multiplier',
      label: t('office.prices.multiplier'),
      hint: t('office.prices.multiplierHint'),
      show: (value) => t('pricing.discount', { discount: format.discount(text(value)) }),
    };
    const levels = MemberLevel.options.map((value) => ({ value, label: t(`member.${value}`) }));
    const modes = ['volume', 'graduated'].map((value) => ({
      value,
      label: t(value === 'volume' ? 'office.prices.volume' : 'office.prices.graduated'),
    }));
    const strategyOptions = strategies.map((value) => ({
      value,
      label: t(`office.prices.strategy.${value}`),
    }));
    const estimateOptions = [
      { value: '', label: t('office.prices.noEstimate') },
      ...estimates.map((value) => ({ value, label: t(`office.prices.estimate.${value}`) })),
    ];
    const of =
      (...wanted: readonly string[]) =>
      (typed: Typed): boolean =>
        wanted.includes(textAt(typed, 'strategy'));
    /** In money or in units: which, the asset says. */
    const priceOf = (item: Item, path: string): string => {
      const value = text(at<Json>(item, path));
      if (value === '') return '';
      return item['asset'] === cny ? unitPrice(value) : `${value} ${assetName(text(item['asset']))}`;
    };
    const usagePrice = (item: Item): string => {
      switch (item['strategy']) {
        case 'tokens':
          return t('office.prices.tokensLine', {
            input: priceOf(item, 'inputPrice'),
            output: priceOf(item, 'outputPrice'),
            per: format.count(Number(item['per'])),
          });
        case 'duration':
          return t('office.prices.durationLine', {
            price: priceOf(item, 'unitPrice'),
            time: format.duration(Number(item['unitMs']) / 1_000),
          });
        case 'fixed':
          return priceOf(item, 'price');
        default:
          return t('office.prices.strategy.free');
      }
    };
    const amount = (path: string, label: string, ...wanted: string[]): LineField => ({
      path,
      kind: 'price',
      label,
      when: of(...wanted),
    });
    return {
      settings: [
        {
          path: 'stacking',
          kind: 'choice',
          label: t('pricing.stackingTitle'),
          options: (['best', 'multiply'] as const).map((value) => ({
            value,
            label: t(value === 'best' ? 'office.prices.best' : 'office.prices.multiply'),
          })),
        },
      ],
      lists: [
        {
          path: 'prices',
          title: t('office.prices.follows'),
          one: t('office.prices.price'),
          schema: PriceEntry,
          keyOf,
          nameOf,
          blank: {
            platform: '',
            operation: 'follow',
            unitPrice: '',
            effectiveAt: someTime,
            tierMode: 'volume',
            tiers: [],
          },
          fields: [
            platform,
            operation,
            {
              path: 'unitPrice',
              kind: 'money',
              label: t('column.unitPrice'),
              show: (value) => unitPrice(text(value)),
            },
            {
              path: 'tierMode',
              kind: 'choice',
              label: t('office.prices.tierMode'),
              options: modes,
              optional: true,
            },
            {
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
                multiplier,
              ],
              blank: { fromQuantityExclusive: '', multiplier: '' },
              max: 20,
              add: t('office.prices.addTier'),
            },
            effective,
          ],
          columns: [
            { key: 'what', header: t('office.prices.what'), width: 'minmax(130px, 1.2fr)', cell: nameOf },
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
              cell: (item) =>
                ((item['tiers'] ?? []) as readonly Item[])
                  .map((tier) =>
                    t(item['tierMode'] === 'graduated' ? 'pricing.tierGraduated' : 'pricing.tier', {
                      quantity: format.count(Number(tier['fromQuantityExclusive'])),
                      discount: format.discount(text(tier['multiplier'])),
                    }),
                  )
                  .join(t('common.comma')),
            },
            {
              key: 'effective',
              header: t('column.effective'),
              width: '150px',
              fromTablePx: 640,
              cell: (item) => format.dateTime(text(item['effectiveAt'])),
            },
          ],
        },
        {
          path: 'usagePrices',
          title: t('office.prices.uses'),
          one: t('office.prices.use'),
          schema: UsagePrice,
          keyOf,
          nameOf,
          blank: {
            platform: 'studio',
            operation: '',
            asset: 'POINT',
            strategy: 'fixed',
            effectiveAt: someTime,
            per: '1000',
          },
          fields: [
            platform,
            operation,
            {
              path: 'asset',
              kind: 'asset',
              label: t('office.prices.paidWith'),
              show: (value) => assetName(text(value)),
            },
            {
              path: 'strategy',
              kind: 'choice',
              label: t('office.prices.how'),
              options: strategyOptions,
            },
            {
              path: 'per',
              kind: 'number_choice',
              label: t('office.prices.per'),
              options: [1_000, 1_000_000].map((per) => ({ value: String(per), label: format.count(per) })),
              when: of('tokens'),
            },
            amount('inputPrice', t('office.prices.inputPrice'), 'tokens'),
            amount('outputPrice', t('office.prices.outputPrice'), 'tokens'),
            {
              path: 'unitMs',
              kind: 'count',
              label: t('office.prices.unitMs'),
              suffix: t('unit.ms'),
              when: of('duration'),
              show: (value) => format.duration(Number(value) / 1_000),
            },
            amount('unitPrice', t('column.unitPrice'), 'duration'),
            amount('price', t('column.unitPrice'), 'fixed'),
            { ...amount('minimum', t('office.prices.minimum'), 'tokens', 'duration'), optional: true },
            {
              path: 'estimate.from',
              kind: 'choice',
              label: t('office.prices.estimateBy'),
              options: estimateOptions,
              optional: true,
              when: of('duration'),
            },
            {
              path: 'estimate.msPerCharacter',
              kind: 'count',
              label: t('office.prices.msPerCharacter'),
              suffix: t('unit.ms'),
              when: (typed) => of('duration')(typed) && textAt(typed, 'estimate.from') === 'characters',
            },
            effective,
          ],
          columns: [
            { key: 'what', header: t('office.prices.what'), width: 'minmax(120px, 1.1fr)', cell: nameOf },
            {
              key: 'how',
              header: t('office.prices.how'),
              width: '104px',
              fromTablePx: 640,
              cell: (item) => strategyOptions.find(({ value }) => value === item['strategy'])?.label ?? '',
            },
            {
              key: 'price',
              header: t('office.prices.price'),
              width: 'minmax(160px, 1.6fr)',
              cell: usagePrice,
            },
            {
              key: 'minimum',
              header: t('office.prices.minimum'),
              width: '96px',
              end: true,
              cell: (item) => priceOf(item, 'minimum'),
            },
          ],
        },
        {
          path: 'memberDiscounts',
          title: t('office.prices.members'),
          one: t('office.prices.member'),
          schema: MemberDiscount,
          keyOf: (item) => text(item['level']),
          nameOf: (item) => levels.find(({ value }) => value === item['level'])?.label ?? '',
          blank: { level: 'premium', multiplier: '' },
          fields: [
            { path: 'level', kind: 'choice', label: t('office.prices.level'), options: levels },
            multiplier,
          ],
          columns: [
            {
              key: 'level',
              header: t('office.prices.level'),
              width: 'minmax(120px, 1fr)',
              cell: (item) => levels.find(({ value }) => value === item['level'])?.label ?? '',
            },
            {
              key: 'discount',
              header: t('office.prices.multiplier'),
              width: 'minmax(120px, 1fr)',
              cell: (item) => t('pricing.discount', { discount: format.discount(text(item['multiplier'])) }),
            },
          ],
        },
      ],
    };
  }, [t, format, assetName]);
}
