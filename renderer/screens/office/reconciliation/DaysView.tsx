/** The days, newest first: how far each has come, what WeChat and the books say of it, and how much is left to do. */
import { useEffect } from 'react';
import { makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { ReconciliationDay, ReconciliationSource } from '../../../../shared/api-reconciliation.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { OfficeList } from '../parts/OfficeList.tsx';
import { useNarrowing } from '../parts/useNarrowing.ts';
import { useOpenRow } from '../parts/useOpenRow.ts';
import { DayBadge } from './DayBadge.tsx';
import { DayDrawer } from './DayDrawer.tsx';
import type { DifferenceFilter } from './difference-filter.ts';
import { SourceFilter } from './SourceFilter.tsx';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  /** Read again whenever it grows: a day was asked for meanwhile. */
  readonly runs: number;
  readonly onShow: (filter: DifferenceFilter) => void;
}

interface Filter {
  readonly source?: ReconciliationSource;
}

const nothing: Filter = {};
const keyOf = ({ source, day }: ReconciliationDay): string => `${source} ${day}`;
/** A run that is under way is looked at again so often. */
const lookEveryMs = 3_000;

export function DaysView({ runs, onShow }: Props) {
  const { t } = useTranslation();
  const { filter, change, onClear } = useNarrowing<Filter>('reconciliation.days', nothing);
  const pages = usePages('reconciliationDays', filter, keyOf);
  const columns = useColumns();
  const { rows, refresh } = pages;
  const [open, setOpen] = useOpenRow(rows, keyOf);
  const isRunning = rows.some(({ state }) => state === 'running');
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(refresh, lookEveryMs);
    return () => clearInterval(timer);
  }, [isRunning, refresh]);
  useEffect(() => {
    if (runs > 0) refresh();
  }, [runs, refresh]);
  return (
    <>
      <OfficeList
        label={t('office.reconciliation.days')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ day }) => t('office.reconciliation.openDay', { day })}
        onOpen={setOpen}
        none={{ title: t('office.reconciliation.noDays'), text: t('office.reconciliation.noDaysText') }}
        onClear={onClear}
      >
        <SourceFilter chosen={filter.source} onChoose={(source) => change({ source })} />
      </OfficeList>
      <DayDrawer day={open} onChanged={refresh} onShow={onShow} onClose={() => setOpen(null)} />
    </>
  );
}

function useColumns(): readonly Column<ReconciliationDay>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    {
      key: 'day',
      header: t('office.reconciliation.day'),
      width: '96px',
      cell: ({ day }) => format.dayFigures(day),
    },
    {
      key: 'source',
      header: t('office.reconciliation.source.label'),
      width: 'minmax(84px, 1fr)',
      fromTablePx: 600,
      cell: ({ source }) => t(`office.reconciliation.source.${source}`),
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '88px',
      cell: (day) => <DayBadge day={day} />,
    },
    {
      key: 'bill',
      header: t('office.reconciliation.billPaid'),
      width: '120px',
      end: true,
      amountOf: ({ sums }) => sums?.payments.amount,
      cell: ({ sums }) => (sums === undefined ? '–' : <Amount value={sums.payments.amount} />),
    },
    {
      key: 'ledger',
      header: t('office.reconciliation.ledgerPaid'),
      width: '120px',
      end: true,
      amountOf: ({ sums }) => sums?.recharges.amount,
      cell: ({ sums }) => (sums === undefined ? '–' : <Amount value={sums.recharges.amount} />),
    },
    {
      key: 'open',
      header: t('office.reconciliation.toDo'),
      width: '64px',
      end: true,
      cell: ({ state, differences: { open, proposed } }) =>
        state === 'done' || open + proposed > 0 ? format.count(open + proposed) : '–',
    },
    {
      key: 'ended',
      header: t('office.reconciliation.endedAt'),
      width: '100px',
      fromTablePx: 760,
      cell: ({ endedAt }) => (
        <span className={styles.quiet}>{endedAt === undefined ? '–' : format.dayTime(endedAt)}</span>
      ),
    },
  ];
}
