/** Which lists the catalogue has, which fields their items, and how they read. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { MemberLevel, Package, Plan, Product } from '../../../../shared/api.ts';
import { money } from '../../../format.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAssetName } from '../parts/AssetAmount.tsx';
import { idField, nameFields, useItemName } from '../parts/document/naming.ts';
import {
  at,
  textOf as text,
  type DocumentSpec,
  type Item,
  type Json,
  type LineField,
} from '../parts/document/spec.ts';

const idOf = (item: Item): string => text(item['id']);

export function useCatalogueSpec(): DocumentSpec {
  const { t } = useTranslation();
  const format = useFormat();
  const assetName = useAssetName();
  const nameOf = useItemName();
  return useMemo(() => {
    const id = idField(t);
    const names = nameFields(t);
    const asset: LineField = {
      path: 'asset',
      kind: 'asset',
      label: t('office.catalogue.asset'),
      show: (value) => assetName(text(value)),
    };
    const price: LineField = {
      path: 'price',
      kind: 'money',
      label: t('office.catalogue.price'),
      show: (value) => money(text(value)),
    };
    const units = (path: string, label: string): LineField => ({
      path,
      kind: 'units',
      label,
      show: (value) => (/^\d+$/.test(text(value)) ? format.units(text(value)) : text(value)),
    });
    const seconds = (value: Json): string => format.duration(Number(value));
    const policies = ['deduct_on_create', 'deduct_on_complete'].map((value) => ({
      value,
      label: t(value === 'deduct_on_create' ? 'office.catalogue.onCreate' : 'office.catalogue.onComplete'),
    }));
    const policyName = (item: Item): string =>
      policies.find(({ value }) => value === item['policy'])?.label ?? '';
    const levels = MemberLevel.options.map((value) => ({ value, label: t(`member.${value}`) }));
    const unitsOf = (item: Item, path: string): string => format.units(text(at<Json>(item, path)));
    return {
      settings: [],
      lists: [
        {
          path: 'packages',
          title: t('office.catalogue.packages'),
          one: t('office.catalogue.package'),
          schema: Package,
          keyOf: idOf,
          nameOf,
          blank: {
            id: '',
            name: { 'zh-CN': '', 'en-US': '' },
            price: '',
            asset: 'POINT',
            amount: '',
            bonus: '0',
            validDays: '180',
          },
          fields: [
            ...names,
            id,
            price,
            asset,
            units('amount', t('office.catalogue.amount')),
            units('bonus', t('office.catalogue.bonus')),
            {
              path: 'validDays',
              kind: 'count',
              label: t('office.catalogue.validDays'),
              show: (value) => t('office.catalogue.days', { days: text(value) }),
            },
          ],
          columns: [
            { key: 'name', header: t('column.name'), width: 'minmax(120px, 1.4fr)', cell: nameOf },
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
              cell: (item) => unitsOf(item, 'amount'),
            },
            {
              key: 'bonus',
              header: t('office.catalogue.bonus'),
              width: '80px',
              end: true,
              fromTablePx: 720,
              cell: (item) => unitsOf(item, 'bonus'),
            },
            {
              key: 'days',
              header: t('office.catalogue.validDays'),
              width: '96px',
              end: true,
              fromTablePx: 640,
              cell: (item) => t('office.catalogue.days', { days: text(item['validDays']) }),
            },
            {
              key: 'price',
              header: t('office.catalogue.price'),
              width: '96px',
              end: true,
              cell: (item) => money(text(item['price'])),
            },
          ],
        },
        {
          path: 'plans',
          title: t('office.catalogue.plans'),
          one: t('office.catalogue.plan'),
          schema: Plan,
          keyOf: idOf,
          nameOf,
          blank: {
            id: '',
            name: { 'zh-CN': '', 'en-US': '' },
            price: '',
            level: 'premium',
            rank: '1',
            quotas: [],
            graceDays: '3',
          },
          fields: [
            ...names,
            id,
            { ...price, label: t('office.catalogue.monthlyPrice') },
            { path: 'level', kind: 'choice', label: t('office.catalogue.level'), options: levels },
            {
              path: 'rank',
              kind: 'count',
              label: t('office.catalogue.rank'),
              hint: t('office.catalogue.rankHint'),
            },
            {
              path: 'graceDays',
              kind: 'count',
              label: t('office.catalogue.graceDays'),
              show: (value) => t('office.catalogue.days', { days: text(value) }),
            },
            {
              path: 'quotas',
              kind: 'rows',
              label: t('office.catalogue.quotas'),
              fields: [asset, units('amount', t('office.catalogue.amount'))],
              blank: { asset: 'IMAGE_QUOTA', amount: '' },
              max: 10,
              add: t('office.catalogue.addQuota'),
            },
          ],
          columns: [
            { key: 'name', header: t('column.name'), width: 'minmax(110px, 1fr)', cell: nameOf },
            {
              key: 'level',
              header: t('office.catalogue.level'),
              width: '96px',
              fromTablePx: 640,
              cell: (item) => levels.find(({ value }) => value === item['level'])?.label ?? '',
            },
            {
              key: 'quotas',
              header: t('office.catalogue.quotas'),
              width: 'minmax(160px, 2fr)',
              cell: (item) =>
                ((item['quotas'] ?? []) as readonly Item[])
                  .map((quota) => `${assetName(text(quota['asset']))} ${unitsOf(quota, 'amount')}`)
                  .join(t('common.comma')),
            },
            {
              key: 'price',
              header: t('office.catalogue.monthlyPrice'),
              width: '104px',
              end: true,
              cell: (item) => money(text(item['price'])),
            },
          ],
        },
        {
          path: 'products',
          title: t('office.catalogue.products'),
          one: t('office.catalogue.product'),
          schema: Product,
          keyOf: idOf,
          nameOf,
          blank: {
            id: '',
            name: { 'zh-CN': '', 'en-US': '' },
            asset: 'IMAGE_QUOTA',
            policy: 'deduct_on_complete',
            holdSeconds: '3600',
          },
          fields: [
            ...names,
            id,
            asset,
            { path: 'policy', kind: 'choice', label: t('office.catalogue.policy'), options: policies },
            {
              path: 'holdSeconds',
              kind: 'count',
              label: t('office.catalogue.holdSeconds'),
              hint: t('office.catalogue.holdHint'),
              suffix: t('office.catalogue.seconds'),
              show: seconds,
            },
          ],
          columns: [
            { key: 'name', header: t('column.name'), width: 'minmax(120px, 1.2fr)', cell: nameOf },
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
              cell: policyName,
            },
            {
              key: 'hold',
              header: t('office.catalogue.holdSeconds'),
              width: '112px',
              end: true,
              fromTablePx: 640,
              cell: (item) => seconds(item['holdSeconds'] ?? 0),
            },
          ],
        },
      ],
    };
  }, [t, format, assetName, nameOf]);
}
