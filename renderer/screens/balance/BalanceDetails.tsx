/** What stands below and beside the balance, in a file of its own: the balance never waits for it. */
import { AlertsCard } from './AlertsCard.tsx';
import { Calculator } from './Calculator.tsx';
import { PriceCard } from './PriceCard.tsx';
import { RecentTransactions } from './RecentTransactions.tsx';
import { SpendChart } from './SpendChart.tsx';

export function Below() {
  return (
    <>
      <SpendChart />
      <RecentTransactions />
    </>
  );
}

export function Beside() {
  return (
    <>
      <Calculator />
      <PriceCard />
      <AlertsCard />
    </>
  );
}
