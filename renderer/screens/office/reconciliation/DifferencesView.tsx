/** What differs, over all days: narrowed by day, class and state, each opening into what every side has of it. */
import { useState } from 'react';
import { Badge, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import {
  DifferenceClass,
  DifferenceState,
  ReconciliationSource,
  type Difference,
} from '../../../../shared/api-reconciliation.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { DayField } from '../../../parts/DayField.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { ChoiceFilter, FilterBar } from '../parts/FilterBar.tsx';
import { OfficeTable } from '../parts/OfficeTable.tsx';
import { DifferenceDrawer } from './DifferenceDrawer.tsx';
import { noFilter, type DifferenceFilter } from './difference-filter.ts';

const useStyles = makeStyles({
  day: { width: '124px' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly filter: DifferenceFilter;
  readonly onFilter: (filter: DifferenceFilter) => void;
}

const keyOf = ({ id }: Difference): string => id;
const colours = { open: 'warning', proposed: 'brand', settled: 'success', explained: 'informative' } as const;

export function DifferencesView({ filter, onFilter }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const pages = usePages('reconciliationDifferences', filter, keyOf);
  const [open, setOpen] = useState<Difference | null>(null);
  const columns = useColumns();
  const change = (part: { [K in keyof DifferenceFilter]: DifferenceFilter[K] | undefined }): void =>
    onFilter(
      Object.fromEntries(Object.entries({ ...filter, ...part }).filter(([, value]) => value !== undefined)),
    );
  const onClear = Object.keys(filter).length === 0 ? undefined : () => onFilter(noFilter);
  return (
    <>
      <FilterBar onClear={onClear} onRefresh={pages.refresh}>
        <DayField
          className={styles.day}
          label={t('office.reconciliation.day')}
          placeholder={t('office.reconciliation.day')}
          day={filter.day ?? null}
          onDay={(day) => change({ day })}
        />
        <ChoiceFilter
          label={t('office.reconciliation.source.label')}
          all={t('office.reconciliation.source.any')}
          options={ReconciliationSource.options}
          nameOf={(source) => t(`office.reconciliation.source.${source}`)}
          chosen={filter.source}
          onChoose={(source) => change({ source })}
        />
        <ChoiceFilter
          label={t('office.reconciliation.class.label')}
          all={t('office.reconciliation.class.any')}
          options={DifferenceClass.options}
          nameOf={(one) => t(`office.reconciliation.class.${one}`)}
          chosen={filter.class}
          onChoose={(one) => change({ class: one })}
        />
        <ChoiceFilter
          label={t('column.state')}
          all={t('office.reconciliation.state.any')}
          options={DifferenceState.options}
          nameOf={(state) => t(`office.reconciliation.state.${state}`)}
          chosen={filter.state}
          onChoose={(state) => change({ state })}
        />
      </FilterBar>
      <OfficeTable
        label={t('office.reconciliation.differences')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ subject }) => t('office.reconciliation.open', { subject })}
        onOpen={setOpen}
        none={{ title: t('office.reconciliation.none'), text: t('office.reconciliation.noneText') }}
        onClear={onClear}
      />
      <DifferenceDrawer
        // While the list is read again the drawer keeps what it showed.
        difference={open === null ? null : (pages.rows.find(({ id }) => id === open.id) ?? open)}
        onChanged={pages.refresh}
        onClose={() => setOpen(null)}
      />
    </>
  );
}

function useColumns(): readonly Column<Difference>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    {
      key: 'day',
      header: t('office.reconciliation.day'),
      width: '104px',
      cell: ({ day }) => format.dayFigures(day),
    },
    {
      key: 'kind',
      header: t('column.kind'),
      width: '72px',
      cell: ({ kind }) => t(`office.reconciliation.kind.${kind}`),
    },
    {
      key: 'class',
      header: t('office.reconciliation.class.label'),
      width: '120px',
      cell: (row) => t(`office.reconciliation.class.${row.class}`),
    },
    {
      key: 'subject',
      header: t('office.reconciliation.subject'),
      width: 'minmax(100px, 1fr)',
      fromTablePx: 780,
      cell: ({ subject }) => <span className={styles.quiet}>{subject}</span>,
    },
    {
      key: 'account',
      header: t('office.reconciliation.account'),
      width: 'minmax(80px, 1.3fr)',
      cell: ({ accountName }) => accountName ?? '–',
    },
    {
      key: 'amount',
      header: t('office.reconciliation.gap'),
      width: '112px',
      end: true,
      cell: ({ amount }) => <Amount value={amount} signed />,
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '88px',
      cell: ({ state }) => (
        <Badge appearance="tint" color={colours[state]}>
          {t(`office.reconciliation.state.${state}`)}
        </Badge>
      ),
    },
  ];
}
