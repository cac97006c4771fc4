/** Memberships that are sold by the month, with what each month brings: their fields, and how they read. */
import { Plan } from '../../../../shared/api-selling.ts';
import { MemberLevel } from '../../../../shared/api-words.ts';
import { money } from '../../../format.ts';
import { assetField, idField, idOf, nameFields, namesBlank } from '../parts/document/fields.ts';
import { textOf as text, type Item, type ListSpec, type RowsField } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';
import { daysText, priceField, unitsField, unitsText } from './fields.ts';

export function plansList(words: DocumentWords): ListSpec {
  const { t, itemName } = words;
  return {
    path: 'plans',
    title: t('office.catalogue.plans'),
    one: t('office.catalogue.plan'),
    schema: Plan,
    keyOf: idOf,
    nameOf: itemName,
    blank: { id: '', name: namesBlank, price: '', level: 'premium', rank: '1', quotas: [], graceDays: '3' },
    fields: [
      ...nameFields(words),
      idField(words),
      priceField(t('office.catalogue.monthlyPrice')),
      {
        path: 'level',
        kind: 'choice',
        label: t('office.catalogue.level'),
        options: MemberLevel.options.map((value) => ({ value, label: t(`member.${value}`) })),
      },
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
        show: (value) => daysText(words, value),
      },
      quotasField(words),
    ],
    columns: [
      { key: 'name', header: t('column.name'), width: 'minmax(110px, 1fr)', cell: itemName },
      {
        key: 'level',
        header: t('office.catalogue.level'),
        width: '96px',
        fromTablePx: 640,
        cell: (item) => t(`member.${text(item['level'])}`),
      },
      {
        key: 'quotas',
        header: t('office.catalogue.quotas'),
        width: 'minmax(160px, 2fr)',
        cell: (item) => quotasText(words, item),
      },
      {
        key: 'price',
        header: t('office.catalogue.monthlyPrice'),
        width: '104px',
        end: true,
        cell: (item) => money(text(item['price'])),
      },
    ],
  };
}

function quotasField(words: DocumentWords): RowsField {
  const { t } = words;
  return {
    path: 'quotas',
    kind: 'rows',
    label: t('office.catalogue.quotas'),
    fields: [
      assetField(words, t('office.catalogue.asset')),
      unitsField(words, 'amount', t('office.catalogue.amount')),
    ],
    blank: { asset: 'IMAGE_QUOTA', amount: '' },
    max: 10,
    add: t('office.catalogue.addQuota'),
  };
}

function quotasText(words: DocumentWords, plan: Item): string {
  return ((plan['quotas'] ?? []) as readonly Item[])
    .map((quota) => `${words.assetName(text(quota['asset']))} ${unitsText(words, quota['amount'])}`)
    .join(words.t('common.comma'));
}
