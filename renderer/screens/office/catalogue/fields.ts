/** Fields that more than one list of the catalogue has, and how their values read. */
import { money } from '../../../format.ts';
import { textOf as text, type Json, type LineField } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';

export function priceField(label: string): LineField {
  return { path: 'price', kind: 'money', label, show: (value) => money(text(value)) };
}

export function unitsField(words: DocumentWords, path: string, label: string): LineField {
  return { path, kind: 'units', label, show: (value) => unitsText(words, value) };
}

/** Units as the language writes them; a draft's that are none, as they stand. */
export function unitsText({ format }: DocumentWords, value: Json | undefined): string {
  return /^\d+$/.test(text(value)) ? format.units(text(value)) : text(value);
}

export function daysText({ t }: DocumentWords, value: Json | undefined): string {
  return t('office.catalogue.days', { days: text(value) });
}
