/** Fields and lists that more than one document has. */
import { Provider } from '../../../../../shared/api-metering.ts';
import { Language } from '../../../../../shared/ipc-words.ts';
import { unitPrice } from '../../../../format.ts';
import { textAt, textOf, type Item, type LineField, type ListSpec, type Typed } from './spec.ts';
import type { DocumentWords } from './words.ts';

export const idOf = (item: Item): string => textOf(item['id']);

/** The names of an item that has none yet. */
export const namesBlank: { readonly [language: string]: string } = Object.fromEntries(
  Language.options.map((language) => [language, '']),
);

export function idField({ t }: DocumentWords): LineField {
  return { path: 'id', kind: 'id', label: t('office.document.id'), hint: t('office.document.idHint') };
}

export function nameFields({ t }: DocumentWords): readonly LineField[] {
  return Language.options.map((language) => ({
    path: ['name', language].join('.'),
    kind: 'text',
    label: t('office.document.nameIn', { language: t(`language.${language}`) }),
  }));
}

export function effectiveField({ t, format }: DocumentWords): LineField {
  return {
    path: 'effectiveAt',
    kind: 'instant',
    label: t('column.effective'),
    show: (value) => format.dateTime(textOf(value)),
  };
}

/** How many tokens a price is for. */
export function perField({ format }: DocumentWords, label: string): LineField {
  const options = [1_000, 1_000_000].map((per) => ({ value: String(per), label: format.count(per) }));
  return { path: 'per', kind: 'number_choice', label, options };
}

export function assetField({ assetName }: DocumentWords, label: string, path = 'asset'): LineField {
  return { path, kind: 'asset', label, show: (value) => assetName(textOf(value)) };
}

/** A price for one; `kind` says how many places it may have. */
export function unitPriceField(kind: 'money' | 'price', path: string, label: string): LineField {
  return { path, kind, label, show: (value) => unitPrice(textOf(value)) };
}

/** For a field that an item has only where another of its fields is one of these. */
export function whenOneOf(path: string, ...wanted: readonly string[]): (typed: Typed) => boolean {
  return (typed) => wanted.includes(textAt(typed, path));
}

/** Whose models or services are used. */
export function providersList(words: DocumentWords, title: string, one: string): ListSpec {
  const { t, itemName } = words;
  return {
    path: 'providers',
    title,
    one,
    schema: Provider,
    keyOf: idOf,
    nameOf: itemName,
    blank: { id: '', name: namesBlank },
    fields: [...nameFields(words), idField(words)],
    columns: [
      { key: 'name', header: one, width: 'minmax(160px, 1.4fr)', cell: itemName },
      { key: 'id', header: t('office.document.id'), width: 'minmax(120px, 1fr)', cell: idOf },
    ],
  };
}
