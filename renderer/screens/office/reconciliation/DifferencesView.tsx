/** What differs, over all days: narrowed by day, class and state, each opening into what every side has of it. */
import { Badge, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { DifferenceClass, DifferenceState, type Difference } from '../../../../shared/api-reconciliation.ts';
import { DayField } from '../../../parts/DayField.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { ChoiceFilter } from '../parts/FilterBar.tsx';
import { Gap } from '../parts/Gap.tsx';
import { OfficeList } from '../parts/OfficeList.tsx';
import { narrowingOf } from '../parts/useNarrowing.ts';
import { useOpenRow } from '../parts/useOpenRow.ts';
import { DifferenceDrawer } from './DifferenceDrawer.tsx';
import { noFilter, type DifferenceFilter } from './difference-filter.ts';
import { SourceFilter } from './SourceFilter.tsx';

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
  const [open, setOpen] = useOpenRow(pages.rows, keyOf);
  const columns = useColumns();
  const { change, onClear } = narrowingOf(filter, onFilter, noFilter);
  return (
    <>
      <OfficeList
        label={t('office.reconciliation.differences')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ subject }) => t('office.reconciliation.open', { subject })}
        onOpen={setOpen}
        none={{ title: t('office.reconciliation.none'), text: t('office.reconciliation.noneText') }}
        onClear={onClear}
      >
        <DayField
          className={styles.day}
          label={t('office.reconciliation.day')}
          placeholder={t('office.reconciliation.day')}
          day={filter.day ?? null}
          onDay={(day) => change({ day })}
        />
        <SourceFilter chosen={filter.source} onChoose={(source) => change({ source })} />
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
      </OfficeList>
      <DifferenceDrawer difference={open} onChanged={pages.refresh} onClose={() => setOpen(null)} />
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
      fromTablePx: 600,
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
      cell: ({ subject }) => (
        <span className={styles.quiet} title={subject}>
          {subject}
        </span>
      ),
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
      amountOf: ({ amount }) => amount,
      cell: ({ amount }) => <Gap value={amount} />,
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
