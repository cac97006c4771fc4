/** The balance centre: what there is, what was spent, what things cost, and what to warn about. It only arranges. */
import { makeStyles } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';
import { AlertsCard } from './AlertsCard.tsx';
import { BalanceCard } from './BalanceCard.tsx';
import { Calculator } from './Calculator.tsx';
import { PriceCard } from './PriceCard.tsx';
import { RecentTransactions } from './RecentTransactions.tsx';
import { SpendChart } from './SpendChart.tsx';

const useStyles = makeStyles({
  // The screen's own width decides, not the window's: the navigation pane takes a share of that.
  container: { containerType: 'inline-size' },
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) 340px',
    gap: '16px',
    alignItems: 'start',
    '@container (max-width: 760px)': { gridTemplateColumns: 'minmax(0, 1fr) 300px', gap: '12px' },
  },
  column: { display: 'flex', flexDirection: 'column', gap: 'inherit', minWidth: 0 },
});

export function BalanceCentre() {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <Page title={t('screen.balance')}>
      <div className={styles.container}>
        <div className={styles.columns}>
          <div className={styles.column}>
            <BalanceCard />
            <SpendChart />
            <RecentTransactions />
          </div>
          <div className={styles.column}>
            <Calculator />
            <PriceCard />
            <AlertsCard />
          </div>
        </div>
      </div>
    </Page>
  );
}
