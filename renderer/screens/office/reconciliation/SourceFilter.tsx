/** Narrows days and differences alike to those of one source. It keeps nothing itself. */
import { useTranslation } from 'react-i18next';
import { ReconciliationSource } from '../../../../shared/api-reconciliation.ts';
import { ChoiceFilter } from '../parts/FilterBar.tsx';

interface Props {
  readonly chosen: ReconciliationSource | undefined;
  readonly onChoose: (source: ReconciliationSource | undefined) => void;
}

export function SourceFilter({ chosen, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <ChoiceFilter
      label={t('office.reconciliation.source.label')}
      all={t('office.reconciliation.source.any')}
      options={ReconciliationSource.options}
      nameOf={(source) => t(`office.reconciliation.source.${source}`)}
      chosen={chosen}
      onChoose={onChoose}
    />
  );
}
