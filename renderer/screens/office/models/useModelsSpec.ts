/** Which lists the catalogue of models has, which fields their items, and how they read. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { MeteredProduct, Model, ModelPrice, Provider } from '../../../../shared/api.ts';
import { unitPrice } from '../../../format.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAssetName } from '../parts/AssetAmount.tsx';
import { idField, nameFields, useItemName } from '../parts/document/naming.ts';
import { textOf as text, type DocumentSpec, type Item, type LineField } from '../parts/document/spec.ts';

const idOf = (item: Item): string => text(item['id']);

export function useModelsSpec(): DocumentSpec {
  const { t } = useTranslation();
  const format = useFormat();
  const assetName = useAssetName();
  const nameOf = useItemName();
  return useMemo(() => {
    const id = idField(t);
    const model: LineField = { path: 'model', kind: 'id', label: t('office.models.model') };
    const price = (path: string, label: string): LineField => ({
      path,
      kind: 'money',
      label,
      show: (value) => unitPrice(text(value)),
    });
    const priceName = (item: Item): string =>
      t('office.models.priceOf', {
        model: text(item['model']),
        time: format.dateTime(text(item['effectiveAt'])),
      });
    const paidBy = (item: Item): string =>
      ((item['paidBy'] ?? []) as readonly string[]).map(assetName).join(t('office.models.then'));
    return {
      settings: [],
      lists: [
        {
          path: 'prices',
          title: t('office.models.prices'),
          one: t('office.models.price'),
          schema: ModelPrice,
          keyOf: (item) => `${text(item['model'])} ${text(item['effectiveAt'])}`,
          nameOf: priceName,
          blank: {
            model: '',
            effectiveAt: '',
            per: '1000000',
            inputPrice: '',
            outputPrice: '',
            minimum: '',
          },
          fields: [
            model,
            {
              path: 'effectiveAt',
              kind: 'instant',
              label: t('column.effective'),
              show: (value) => format.dateTime(text(value)),
            },
            {
              path: 'per',
              kind: 'number_choice',
              label: t('office.models.per'),
              options: [1_000, 1_000_000].map((per) => ({ value: String(per), label: format.count(per) })),
            },
            price('inputPrice', t('office.models.inputPrice')),
            price('outputPrice', t('office.models.outputPrice')),
            { ...price('minimum', t('office.models.minimum')), optional: true },
          ],
          columns: [
            {
              key: 'model',
              header: t('office.models.model'),
              width: 'minmax(120px, 1.2fr)',
              cell: (item) => text(item['model']),
            },
            {
              key: 'effective',
              header: t('column.effective'),
              width: '150px',
              cell: (item) => format.dateTime(text(item['effectiveAt'])),
            },
            {
              key: 'per',
              header: t('office.models.per'),
              width: '96px',
              end: true,
              fromTablePx: 640,
              cell: (item) => format.count(Number(item['per'])),
            },
            {
              key: 'input',
              header: t('office.models.inputPrice'),
              width: '88px',
              end: true,
              cell: (item) => unitPrice(text(item['inputPrice'])),
            },
            {
              key: 'output',
              header: t('office.models.outputPrice'),
              width: '88px',
              end: true,
              cell: (item) => unitPrice(text(item['outputPrice'])),
            },
            {
              key: 'minimum',
              header: t('office.models.minimum'),
              width: '88px',
              end: true,
              fromTablePx: 720,
              cell: (item) => (item['minimum'] === undefined ? '' : unitPrice(text(item['minimum']))),
            },
          ],
        },
        {
          path: 'products',
          title: t('office.models.products'),
          one: t('office.models.product'),
          schema: MeteredProduct,
          keyOf: idOf,
          nameOf,
          blank: { id: '', name: { 'zh-CN': '', 'en-US': '' }, model: '', paidBy: ['CNY'] },
          fields: [
            ...nameFields(t),
            id,
            model,
            {
              path: 'paidBy',
              kind: 'rows',
              label: t('office.models.paidBy'),
              fields: [
                {
                  path: '',
                  kind: 'asset',
                  label: t('office.models.paidBy'),
                  show: (value) => assetName(text(value)),
                },
              ],
              blank: '',
              max: 5,
              add: t('office.models.addPayer'),
            },
          ],
          columns: [
            { key: 'name', header: t('column.name'), width: 'minmax(120px, 1.2fr)', cell: nameOf },
            {
              key: 'model',
              header: t('office.models.model'),
              width: 'minmax(120px, 1.2fr)',
              cell: (item) => text(item['model']),
            },
            { key: 'paidBy', header: t('office.models.paidBy'), width: 'minmax(160px, 2fr)', cell: paidBy },
          ],
        },
        {
          path: 'models',
          title: t('office.models.models'),
          one: t('office.models.model'),
          schema: Model,
          keyOf: idOf,
          nameOf: idOf,
          blank: { id: '', provider: '' },
          fields: [
            { ...id, hint: t('office.models.modelHint') },
            { path: 'provider', kind: 'id', label: t('office.models.provider') },
          ],
          columns: [
            { key: 'id', header: t('office.models.model'), width: 'minmax(160px, 1.4fr)', cell: idOf },
            {
              key: 'provider',
              header: t('office.models.provider'),
              width: 'minmax(120px, 1fr)',
              cell: (item) => text(item['provider']),
            },
          ],
        },
        {
          path: 'providers',
          title: t('office.models.providers'),
          one: t('office.models.provider'),
          schema: Provider,
          keyOf: idOf,
          nameOf,
          blank: { id: '', name: { 'zh-CN': '', 'en-US': '' } },
          fields: [...nameFields(t), id],
          columns: [
            { key: 'name', header: t('column.name'), width: 'minmax(160px, 1.4fr)', cell: nameOf },
            { key: 'id', header: t('office.document.id'), width: 'minmax(120px, 1fr)', cell: idOf },
          ],
        },
      ],
    };
  }, [t, format, assetName, nameOf]);
}
