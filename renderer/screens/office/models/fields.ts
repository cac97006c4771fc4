/** Fields that more than one list of the models has. */
import type { LineField } from '../parts/document/spec.ts';
import type { DocumentWords } from '../parts/document/words.ts';

export function modelField({ t }: DocumentWords): LineField {
  return { path: 'model', kind: 'id', label: t('office.models.model') };
}
