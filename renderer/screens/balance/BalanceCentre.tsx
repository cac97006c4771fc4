/** The balance centre: what there is, what was spent, what things cost, and what to warn about. It only arranges. */
import { makeStyles } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { late, useLate } from '../../state/late.ts';
import { useEngineIsThere } from '../../state/mirror.ts';
import { BalanceCard } from './BalanceCard.tsx';

const useStyles = makeStyles({
  // The screen's own width decides, not the window's: the navigation pane takes a share of that.
  container: { containerType: 'inline-size' },
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) 340px',
    gap: '16px',
    alignItems: 'start',
    '@container (min-width: 601px) and (max-width: 760px)': {
      gridTemplateColumns: 'minmax(0, 1fr) 300px',
      gap: '12px',
    },
    // A window zoomed to twice its size: two columns would be too narrow for a figure.
    '@container (max-width: 600px)': { gridTemplateColumns: 'minmax(0, 1fr)', gap: '12px' },
  },
  column: { display: 'flex', flexDirection: 'column', gap: 'inherit', minWidth: 0 },
});

const details = late(async () => import('./BalanceDetails.tsx'));

export function BalanceCentre() {
  const { t } = useTranslation();
  const styles = useStyles();
  // The balance is there first, and can be acted on; a chart is not worth waiting for, and is the engine's to fill.
  const rest = useLate(details, useEngineIsThere());
  return (
    <Page title={t('screen.balance')}>
      <div className={styles.container}>
        <div className={styles.columns}>
          <div className={styles.column}>
            <BalanceCard />
            {rest.kind === 'here' && <rest.part.Below />}
            {rest.kind === 'missing' && (
              <RetryMessage
                problem={{ code: 'engine_stopped', params: {} }}
                onRetry={() => void details.fetch()}
              />
            )}
          </div>
          <div className={styles.column}>{rest.kind === 'here' && <rest.part.Beside />}</div>
        </div>
      </div>
    </Page>
  );
}
