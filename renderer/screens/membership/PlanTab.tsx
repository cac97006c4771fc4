/** The membership that runs and what it brings, what is left of each quota, and what can be bought. */
import { makeStyles } from '@fluentui/react-components';
import { isOutOfReach, NotOffline } from '../../parts/Answered.tsx';
import { useAnswer } from '../../state/ask.ts';
import { Buying } from './Buying.tsx';
import { MembershipCard } from './MembershipCard.tsx';
import { PackageSection } from './PackageSection.tsx';
import { PlanSection } from './PlanSection.tsx';
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
    <Buying catalogue={catalogue} onBought={membership.readAgain}>
      {(onAsk) => (
        <>
          <div className={styles.columns}>
            <MembershipCard membership={membership} catalogue={catalogue.body} onAsk={onAsk} />
            <QuotaSection catalogue={catalogue.body} />
          </div>
          <PlanSection catalogue={catalogue} membership={membership.body} onAsk={onAsk} />
          <PackageSection catalogue={catalogue} onAsk={onAsk} />
        </>
      )}
    </Buying>
  );
}
