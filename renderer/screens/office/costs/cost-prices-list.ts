/** What third parties charge us, for what and from when on: the fields of a cost price, and how it reads. */
import { CostPrice } from '../../../../shared/api-finance.ts';
import { unitPrice } from '../../../format.ts';
import { operationName } from '../../../parts/words.ts';
import { effectiveField, perField, unitPriceField, whenOneOf } from '../parts/document/fields.ts';
import {
  textOf as text,
  type Field,
  type Item,
  type LineField,
  type ListSpec,
} from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';

export interface CostWords extends DocumentWords {
  readonly providerName: (id: string) => string;
  readonly productName: (id: string) => string;
}

const bases = ['tokens', 'piece', 'time', 'day'] as const;
type Basis = (typeof bases)[number];

const onlyOf = (...wanted: readonly Basis[]) => whenOneOf('basis', ...wanted);
const basisOf = (item: Item): Basis => bases.find((basis) => basis === item['basis']) ?? 'tokens';

/** No two prices are of the same thing from the same time on. */
const keyPaths = ['basis', 'provider', 'model', 'product', 'operation', 'item', 'effectiveAt'];

export function costPricesList(words: CostWords): ListSpec {
  const { t, format, providerName } = words;
  return {
    path: 'prices',
    title: t('office.costs.prices'),
    one: t('office.costs.price'),
    schema: CostPrice,
    keyOf: (item) => keyPaths.map((path) => text(item[path])).join(' '),
    nameOf: (item) =>
      t('office.costs.priceOf', {
        what: subjectText(words, item),
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
    fields: priceFields(words),
    columns: [
      {
        key: 'what',
        header: t('office.costs.what'),
        width: 'minmax(130px, 1.2fr)',
        cell: (item) => subjectText(words, item),
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
        cell: (item) => perText(words, item),
      },
      { key: 'price', header: t('office.costs.unitPrice'), width: '124px', end: true, cell: amountText },
      {
        key: 'effective',
        header: t('column.effective'),
        width: '150px',
        cell: (item) => format.dateTime(text(item['effectiveAt'])),
      },
    ],
  };
}

function priceFields(words: DocumentWords): readonly Field[] {
  const { t } = words;
  const name = (path: string): LineField => ({ path, kind: 'id', label: t(`office.costs.name.${path}`) });
  return [
    {
      path: 'basis',
      kind: 'choice',
      label: t('office.costs.basis'),
      options: bases.map((value) => ({ value, label: t(`office.costs.bases.${value}`) })),
    },
    name('provider'),
    effectiveField(words),
    { ...name('model'), when: onlyOf('tokens') },
    { ...perField(words, t('office.models.per')), when: onlyOf('tokens') },
    { ...unitPriceField('price', 'inputPrice', t('office.models.inputPrice')), when: onlyOf('tokens') },
    { ...unitPriceField('price', 'outputPrice', t('office.models.outputPrice')), when: onlyOf('tokens') },
    { ...name('product'), when: onlyOf('piece', 'time') },
    { ...name('operation'), when: onlyOf('piece', 'time') },
    { path: 'item', kind: 'text', label: t('office.costs.item'), when: onlyOf('day') },
    { path: 'unitMs', kind: 'count', label: t('office.costs.unitMs'), when: onlyOf('time') },
    {
      ...unitPriceField('price', 'unitPrice', t('office.costs.unitPrice')),
      when: onlyOf('piece', 'time', 'day'),
    },
  ];
}

/** What a price is of: a model, a product's operation, or something that is paid by the day. */
function subjectText({ t, productName }: CostWords, item: Item): string {
  const basis = basisOf(item);
  if (basis === 'tokens') return text(item['model']);
  if (basis === 'day') return text(item['item']);
  return `${productName(text(item['product']))} · ${operationName(t, text(item['operation']))}`;
}

/** What a price is for one of. */
function perText({ t, format }: DocumentWords, item: Item): string {
  const basis = basisOf(item);
  if (basis === 'tokens') return t('office.costs.perTokens', { per: format.count(Number(item['per'])) });
  if (basis === 'time') return t('office.costs.perTime', { ms: format.count(Number(item['unitMs'])) });
  return t(`office.costs.per.${basis}`);
}

function amountText(item: Item): string {
  return basisOf(item) === 'tokens'
    ? `${unitPrice(text(item['inputPrice']))} / ${unitPrice(text(item['outputPrice']))}`
    : unitPrice(text(item['unitPrice']));
}
