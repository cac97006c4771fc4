/** Reconciliation: the days that were held against WeChat's bills and the ledger against itself, and what differs. */
import { Tab, TabList } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Page } from '../../../parts/Page.tsx';
import { useKept } from '../../../state/office.ts';
import { DaysView } from './DaysView.tsx';
import { DifferencesView } from './DifferencesView.tsx';
import { noFilter, type DifferenceFilter } from './difference-filter.ts';

type View = 'days' | 'differences';

export function Reconciliation() {
  const { t } = useTranslation();
  const [view, setView] = useKept<View>('reconciliation.view', 'days');
  const [filter, setFilter] = useKept<DifferenceFilter>('reconciliation.filter', noFilter);
  const show = (shown: DifferenceFilter): void => {
    setFilter(shown);
    setView('differences');
  };
  return (
    <Page title={t('office.reconciliation.title')} fill>
      <TabList
        selectedValue={view}
        size="small"
        onTabSelect={(_, data) => setView(data.value === 'days' ? 'days' : 'differences')}
      >
        <Tab value="days">{t('office.reconciliation.days')}</Tab>
        <Tab value="differences">{t('office.reconciliation.differences')}</Tab>
      </TabList>
      {view === 'days' ? (
        <DaysView onShow={show} />
      ) : (
        <DifferencesView filter={filter} onFilter={setFilter} />
      )}
    </Page>
  );
}
