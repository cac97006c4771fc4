/** The days, newest first: how far each has come, what WeChat and the books say of it, and how much is left to do. */
import { useEffect, useState } from 'react';
import { Badge, Button, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { ReconciliationSource, type ReconciliationDay } from '../../../../shared/api-reconciliation.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { ChoiceFilter } from '../parts/FilterBar.tsx';
import { OfficeList } from '../parts/OfficeList.tsx';
import { useMay } from '../parts/useMay.ts';
import { useNarrowing } from '../parts/useNarrowing.ts';
import { useOpenRow } from '../parts/useOpenRow.ts';
import { DayDrawer } from './DayDrawer.tsx';
import type { DifferenceFilter } from './difference-filter.ts';
import { RunDayDialog } from './RunDayDialog.tsx';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly onShow: (filter: DifferenceFilter) => void;
}

interface Filter {
  readonly source?: ReconciliationSource;
}

const nothing: Filter = {};
const keyOf = ({ source, day }: ReconciliationDay): string => `${source} ${day}`;
/** A run that is under way is looked at again so often. */
const lookEveryMs = 3_000;

export function DaysView({ onShow }: Props) {
  const { t } = useTranslation();
  const { filter, change, onClear } = useNarrowing<Filter>('reconciliation.days', nothing);
  const pages = usePages('reconciliationDays', filter, keyOf);
  const [asking, setAsking] = useState(false);
  const mayRun = useMay('runReconciliation');
  const columns = useColumns();
  const { rows, refresh } = pages;
  const [open, setOpen] = useOpenRow(rows, keyOf);
  const isRunning = rows.some(({ state }) => state === 'running');
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(refresh, lookEveryMs);
    return () => clearInterval(timer);
  }, [isRunning, refresh]);
  const ran = (): void => {
    setAsking(false);
    refresh();
  };
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
        <ChoiceFilter
          label={t('office.reconciliation.source.label')}
          all={t('office.reconciliation.source.any')}
          options={ReconciliationSource.options}
          nameOf={(source) => t(`office.reconciliation.source.${source}`)}
          chosen={filter.source}
          onChoose={(source) => change({ source })}
        />
        {mayRun && <Button onClick={() => setAsking(true)}>{t('office.reconciliation.runDay')}</Button>}
      </OfficeList>
      <DayDrawer day={open} onChanged={refresh} onShow={onShow} onClose={() => setOpen(null)} />
      {asking && <RunDayDialog onDone={ran} onClose={() => setAsking(false)} />}
    </>
  );
}

const colours = { done: 'success', running: 'brand', due: 'informative', failed: 'danger' } as const;

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
      cell: ({ source }) => t(`office.reconciliation.source.${source}`),
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '88px',
      cell: ({ state }) => (
        <Badge appearance="tint" color={colours[state]}>
          {t(`office.reconciliation.dayState.${state}`)}
        </Badge>
      ),
    },
    {
      key: 'bill',
      header: t('office.reconciliation.billPaid'),
      width: '120px',
      end: true,
      cell: ({ sums }) => (sums === undefined ? '–' : <Amount value={sums.payments.amount} />),
    },
    {
      key: 'ledger',
      header: t('office.reconciliation.ledgerPaid'),
      width: '120px',
      end: true,
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
