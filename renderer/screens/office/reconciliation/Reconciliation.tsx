/** Reconciliation: the days that were held against WeChat's bills and the ledger against itself, and what differs. */
import { useState } from 'react';
import { Button } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Page } from '../../../parts/Page.tsx';
import { useKept } from '../../../state/office.ts';
import { useMay } from '../parts/useMay.ts';
import { Views } from '../parts/Views.tsx';
import { DaysView } from './DaysView.tsx';
import { DifferencesView } from './DifferencesView.tsx';
import { noFilter, type DifferenceFilter } from './difference-filter.ts';
import { RunDayDialog } from './RunDayDialog.tsx';

type View = 'days' | 'differences';

export function Reconciliation() {
  const { t } = useTranslation();
  const [view, setView] = useKept<View>('reconciliation.view', 'days');
  const [filter, setFilter] = useKept<DifferenceFilter>('reconciliation.filter', noFilter);
  const [asking, setAsking] = useState(false);
  const [runs, setRuns] = useState(0);
  const mayRun = useMay('runReconciliation');
  const ran = (): void => {
    setAsking(false);
    setRuns((before) => before + 1);
    setView('days');
  };
  const show = (shown: DifferenceFilter): void => {
    setFilter(shown);
    setView('differences');
  };
  return (
    <Page
      title={t('office.reconciliation.title')}
      fill
      actions={mayRun && <Button onClick={() => setAsking(true)}>{t('office.reconciliation.runDay')}</Button>}
    >
      <Views
        views={[
          { value: 'days', name: t('office.reconciliation.days') },
          { value: 'differences', name: t('office.reconciliation.differences') },
        ]}
        shown={view}
        onShow={setView}
      />
      {view === 'days' ? (
        <DaysView runs={runs} onShow={show} />
      ) : (
        <DifferencesView filter={filter} onFilter={setFilter} />
      )}
      {asking && <RunDayDialog onDone={ran} onClose={() => setAsking(false)} />}
    </Page>
  );
}
