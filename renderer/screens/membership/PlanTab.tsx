/** The membership that runs and what it brings, what is left of each quota, and what can be bought. */
import { useState } from 'react';
import { makeStyles } from '@fluentui/react-components';
import { isOutOfReach, NotOffline } from '../../parts/Answered.tsx';
import { useAnswer } from '../../state/ask.ts';
import type { Purchase } from '../../state/purchases.ts';
import { BoughtMessage } from './BoughtMessage.tsx';
import { MembershipCard } from './MembershipCard.tsx';
import { PackageSection } from './PackageSection.tsx';
import { PlanSection } from './PlanSection.tsx';
import { PurchaseDialog } from './PurchaseDialog.tsx';
import { QuotaSection } from './QuotaSection.tsx';

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(300px, 2fr) minmax(0, 3fr)',
    gap: '16px',
    alignItems: 'stretch',
    // Three products high, so that what is below seldom moves when they are there.
    minHeight: '240px',
    '@media (max-width: 1100px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
});

export function PlanTab() {
  const styles = useStyles();
  const catalogue = useAnswer('catalogue', {});
  const membership = useAnswer('membership', {}, 'ledger');
  const [asking, setAsking] = useState<Purchase | null>(null);
  const [bought, setBought] = useState<Purchase | null>(null);
  const ask = (purchase: Purchase): void => {
    setBought(null);
    setAsking(purchase);
  };
  if (isOutOfReach(catalogue) && isOutOfReach(membership))
    return (
      <NotOffline
        onRetry={() => {
          catalogue.readAgain();
          membership.readAgain();
        }}
      />
    );
  return (
    <>
      {bought !== null && <BoughtMessage purchase={bought} catalogue={catalogue.body} />}
      <div className={styles.columns}>
        <MembershipCard membership={membership} catalogue={catalogue.body} onAsk={ask} />
        <QuotaSection catalogue={catalogue.body} />
      </div>
      <PlanSection catalogue={catalogue} membership={membership.body} onAsk={ask} />
      <PackageSection catalogue={catalogue} onAsk={ask} />
      {asking !== null && catalogue.body !== null && (
        <PurchaseDialog
          purchase={asking}
          catalogue={catalogue.body}
          onPriceMoved={catalogue.readAgain}
          onBought={() => {
            setBought(asking);
            setAsking(null);
            membership.readAgain();
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
