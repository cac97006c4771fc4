/** What tokens of each model are sold for, and from when on: the fields of a price, and how it reads. */
import { ModelPrice } from '../../../../shared/api-metering.ts';
import { unitPrice } from '../../../format.ts';
import { effectiveField, perField, unitPriceField } from '../parts/document/fields.ts';
import { textOf as text, type ListSpec } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';
import { modelField } from './fields.ts';

export function modelPricesList(words: DocumentWords): ListSpec {
  const { t, format } = words;
  return {
    path: 'prices',
    title: t('office.models.prices'),
    one: t('office.models.price'),
    schema: ModelPrice,
    keyOf: (item) => `${text(item['model'])} ${text(item['effectiveAt'])}`,
    nameOf: (item) =>
      t('office.models.priceOf', {
        model: text(item['model']),
        time: format.dateTime(text(item['effectiveAt'])),
      }),
    blank: { model: '', effectiveAt: '', per: '1000000', inputPrice: '', outputPrice: '', minimum: '' },
    fields: [
      modelField(words),
      effectiveField(words),
      perField(words, t('office.models.per')),
      unitPriceField('money', 'inputPrice', t('office.models.inputPrice')),
      unitPriceField('money', 'outputPrice', t('office.models.outputPrice')),
      { ...unitPriceField('money', 'minimum', t('office.models.minimum')), optional: true },
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
  };
}
