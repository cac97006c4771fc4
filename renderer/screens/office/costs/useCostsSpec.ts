/** Which lists the cost prices have, which fields their items, and how they read. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { CostPrice, UnitValue } from '../../../../shared/api-finance.ts';
import { Provider } from '../../../../shared/api.ts';
import { unitPrice } from '../../../format.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { operationName } from '../../../parts/words.ts';
import { useAssetName } from '../parts/AssetAmount.tsx';
import { useProductName } from '../parts/names.ts';
import { useProviders } from '../parts/useProviders.ts';
import { idField, nameFields, useItemName } from '../parts/document/naming.ts';
import {
  textAt,
  textOf as text,
  type DocumentSpec,
  type Item,
  type LineField,
  type Typed,
} from '../parts/document/spec.ts';

const bases = ['tokens', 'piece', 'time', 'day'] as const;
type Basis = (typeof bases)[number];

const basisOf = (item: Item): Basis => bases.find((basis) => basis === item['basis']) ?? 'tokens';

function amountOf(item: Item): string {
  return basisOf(item) === 'tokens'
    ? `${unitPrice(text(item['inputPrice']))} / ${unitPrice(text(item['outputPrice']))}`
    : unitPrice(text(item['unitPrice']));
}

/** No two prices are of the same thing from the same time on. */
const keyPaths = ['basis', 'provider', 'model', 'product', 'operation', 'item', 'effectiveAt'];

export function useCostsSpec(): DocumentSpec {
  const { t } = useTranslation();
  const format = useFormat();
  const assetName = useAssetName();
  const nameOf = useItemName();
  const { nameOf: providerName } = useProviders();
  const productName = useProductName();
  return useMemo(() => {
    /** What a price is of: a model, a product's operation, or something that is paid by the day. */
    const subjectOf = (item: Item): string => {
      const basis = basisOf(item);
      if (basis === 'tokens') return text(item['model']);
      if (basis === 'day') return text(item['item']);
      return `${productName(text(item['product']))} · ${operationName(t, text(item['operation']))}`;
    };
    const only =
      (...wanted: readonly Basis[]) =>
      (typed: Typed): boolean =>
        wanted.some((basis) => basis === textAt(typed, 'basis'));
    const price = (path: string, label: string): LineField => ({
      path,
      kind: 'price',
      label,
      show: (value) => unitPrice(text(value)),
    });
    const name = (path: string): LineField => ({ path, kind: 'id', label: t(`office.costs.name.${path}`) });
    const perText = (item: Item): string => {
      const basis = basisOf(item);
      if (basis === 'tokens') return t('office.costs.perTokens', { per: format.count(Number(item['per'])) });
      if (basis === 'time') return t('office.costs.perTime', { ms: format.count(Number(item['unitMs'])) });
      return t(`office.costs.per.${basis}`);
    };
    return {
      settings: [],
      lists: [
        {
          path: 'prices',
          title: t('office.costs.prices'),
          one: t('office.costs.price'),
          schema: CostPrice,
          keyOf: (item) => keyPaths.map((path) => text(item[path])).join(' '),
          nameOf: (item) =>
            t('office.costs.priceOf', {
              what: subjectOf(item),
              time: format.dateTime(text(item['effectiveAt'])),
            }),
          blank: {
            basis: 'tokens',
            provider: '',
            effectiveAt: '',
            model: '',
            per: '1000000',
            inputPrice: '',
            outputPrice: '',
            product: '',
            operation: '',
            item: '',
            unitMs: '',
            unitPrice: '',
          },
          fields: [
            {
              path: 'basis',
              kind: 'choice',
              label: t('office.costs.basis'),
              options: bases.map((value) => ({ value, label: t(`office.costs.bases.${value}`) })),
              show: (value) => t(`office.costs.bases.${text(value)}`),
            },
            name('provider'),
            {
              path: 'effectiveAt',
              kind: 'instant',
              label: t('column.effective'),
              show: (value) => format.dateTime(text(value)),
            },
            { ...name('model'), when: only('tokens') },
            {
              path: 'per',
              kind: 'number_choice',
              label: t('office.models.per'),
              options: [1_000, 1_000_000].map((per) => ({ value: String(per), label: format.count(per) })),
              when: only('tokens'),
            },
            { ...price('inputPrice', t('office.models.inputPrice')), when: only('tokens') },
            { ...price('outputPrice', t('office.models.outputPrice')), when: only('tokens') },
            { ...name('product'), when: only('piece', 'time') },
            { ...name('operation'), when: only('piece', 'time') },
            { path: 'item', kind: 'text', label: t('office.costs.item'), when: only('day') },
            {
              path: 'unitMs',
              kind: 'count',
              label: t('office.costs.unitMs'),
              when: only('time'),
            },
            { ...price('unitPrice', t('office.costs.unitPrice')), when: only('piece', 'time', 'day') },
          ],
          columns: [
            {
              key: 'what',
              header: t('office.costs.what'),
              width: 'minmax(130px, 1.2fr)',
              cell: subjectOf,
            },
            {
              key: 'provider',
              header: t('office.costs.provider'),
              width: 'minmax(90px, 1fr)',
              cell: (item) => providerName(text(item['provider'])),
            },
            {
              key: 'basis',
              header: t('office.costs.basis'),
              width: '124px',
              fromTablePx: 800,
              cell: perText,
            },
            {
              key: 'price',
              header: t('office.costs.unitPrice'),
              width: '124px',
              end: true,
              cell: amountOf,
            },
            {
              key: 'effective',
              header: t('column.effective'),
              width: '150px',
              cell: (item) => format.dateTime(text(item['effectiveAt'])),
            },
          ],
        },
        {
          path: 'providers',
          title: t('office.costs.providers'),
          one: t('office.costs.provider'),
          schema: Provider,
          keyOf: (item) => text(item['id']),
          nameOf,
          blank: { id: '', name: { 'zh-CN': '', 'en-US': '' } },
          fields: [...nameFields(t), idField(t)],
          columns: [
            { key: 'name', header: t('office.costs.provider'), width: 'minmax(140px, 1fr)', cell: nameOf },
            {
              key: 'id',
              header: t('office.document.id'),
              width: 'minmax(120px, 1fr)',
              cell: (item) => text(item['id']),
            },
          ],
        },
        {
          path: 'unitValues',
          title: t('office.costs.unitValues'),
          one: t('office.costs.unitValue'),
          schema: UnitValue,
          keyOf: (item) => text(item['asset']),
          nameOf: (item) => assetName(text(item['asset'])),
          blank: { asset: '', value: '' },
          fields: [
            {
              path: 'asset',
              kind: 'asset',
              label: t('office.catalogue.asset'),
              show: (value) => assetName(text(value)),
            },
            price('value', t('office.costs.value')),
          ],
          columns: [
            {
              key: 'asset',
              header: t('office.catalogue.asset'),
              width: 'minmax(140px, 1fr)',
              cell: (item) => assetName(text(item['asset'])),
            },
            {
              key: 'value',
              header: t('office.costs.value'),
              width: '140px',
              end: true,
              cell: (item) => unitPrice(text(item['value'])),
            },
          ],
        },
      ],
    };
  }, [t, format, assetName, nameOf, providerName, productName]);
}
