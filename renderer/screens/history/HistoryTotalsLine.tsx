/** The totals of everything that the filter matches, not only of the rows read so far. */
import { makeStyles, SkeletonItem, Skeleton, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Amount } from '../../parts/Amount.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { readTotals, useHistory } from '../../state/history.ts';

const useStyles = makeStyles({
  line: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'baseline',
    gap: '4px 28px',
    margin: 0,
    minHeight: '24px',
    minWidth: 0,
    fontVariantNumeric: 'tabular-nums',
  },
  pair: { display: 'flex', alignItems: 'baseline', gap: '8px' },
  name: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  value: { margin: 0, fontWeight: tokens.fontWeightSemibold },
});

export function HistoryTotalsLine() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const totals = useHistory((state) => state.totals);
  const problem = useHistory((state) => state.totalsProblem);
  if (problem !== null) return <RetryMessage problem={problem} onRetry={() => void readTotals()} />;
  if (totals === null)
    return (
      <Skeleton
        aria-label={t('common.loading')}
        className={styles.line}
        style={{ width: '420px', alignItems: 'center' }}
      >
        <SkeletonItem size={16} />
      </Skeleton>
    );
  const pairs = [
    { name: t('history.count'), value: format.count(totals.count) },
    { name: t('history.spent'), value: <Amount value={totals.spent} /> },
    { name: t('history.received'), value: <Amount value={totals.received} /> },
    { name: t('history.net'), value: <Amount value={totals.net} signed /> },
  ];
  return (
    <dl className={styles.line} aria-label={t('history.totals')}>
      {pairs.map(({ name, value }) => (
        <div key={name} className={styles.pair}>
          <dt className={styles.name}>{name}</dt>
          <dd className={styles.value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
