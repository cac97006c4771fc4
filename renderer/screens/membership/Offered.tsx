/** Something that the catalogue sells, as a card: a list of it, or that nothing is sold. It says nothing of what one has. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Catalogue } from '../../../shared/api-selling.ts';
import { Answered } from '../../parts/Answered.tsx';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { Section } from '../../parts/Section.tsx';
import type { Answering } from '../../state/ask.ts';

interface Props<T> {
  readonly title: string;
  readonly catalogue: Answering<'catalogue'>;
  readonly itemsOf: (catalogue: Catalogue) => readonly T[];
  /** Says that there is none of it. */
  readonly none: string;
  readonly icon: ReactNode;
  /** How many lines are kept free until there is an answer. */
  readonly lines: number;
  readonly children: (items: readonly T[]) => ReactNode;
}

export function Offered<T>({ title, catalogue, itemsOf, none, icon, lines, children }: Props<T>) {
  const { t } = useTranslation();
  const nothing = <EmptyState icon={icon} title={none} text={t('membership.nothingSold')} />;
  // No catalogue was ever published.
  const isUnpublished = catalogue.body === null && catalogue.problem?.code === 'not_found';
  return (
    <Section title={title}>
      {isUnpublished ? (
        nothing
      ) : (
        <Answered answer={catalogue} lines={lines}>
          {(body) => {
            const items = itemsOf(body);
            return items.length === 0 ? nothing : children(items);
          }}
        </Answered>
      )}
    </Section>
  );
}
