/** The balance, large, with what of it is free or held, when that was so, and today's and this month's spending. */
import {
  Button,
  makeStyles,
  mergeClasses,
  SkeletonItem,
  Skeleton,
  Text,
  tokens,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { money } from '../../format.ts';
import { Amount } from '../../parts/Amount.tsx';
import { isLong } from '../../parts/amount-width.ts';
import { useFormat } from '../../parts/useFormat.ts';
import { useDesk } from '../../state/mirror.ts';
import { goTo, openExport } from '../../state/navigation.ts';
import { startRecharge } from '../../state/recharge.ts';

const useStyles = makeStyles({
  card: {
    display: 'flex',
    flexDirection: 'column',
    padding: '18px 20px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  top: { display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: '12px 16px' },
  name: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase300,
    margin: 0,
    fontWeight: 'normal',
  },
  figure: {
    display: 'block',
    fontSize: '40px',
    lineHeight: '52px',
    fontWeight: tokens.fontWeightSemibold,
    letterSpacing: '-0.01em',
    fontVariantNumeric: 'tabular-nums',
  },
  /** An amount of billions, in a card that is half as wide as the smallest window. */
  longFigure: { fontSize: '28px', letterSpacing: 0 },
  asOf: {
    display: 'block',
    minHeight: '20px',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
  },
  buttons: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    marginLeft: 'auto',
    '@container (max-width: 860px)': { marginLeft: 0 },
  },
  metrics: {
    display: 'grid',
    gridTemplateColumns: 'repeat(4, minmax(0, 1fr))',
    rowGap: '12px',
    '@container (max-width: 760px)': { gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' },
    margin: '16px 0 0',
    paddingTop: '14px',
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  longMetrics: { gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' },
  longMetric: { ':nth-child(odd)': { paddingLeft: 0, borderLeft: 'none' } },
  metric: {
    paddingLeft: '16px',
    borderLeft: `1px solid ${tokens.colorNeutralStroke2}`,
    ':first-child': { paddingLeft: 0, borderLeft: 'none' },
    '@container (max-width: 760px)': { ':nth-child(odd)': { paddingLeft: 0, borderLeft: 'none' } },
  },
  metricName: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  metricValue: {
    margin: '2px 0 0',
    minHeight: '24px',
    fontSize: tokens.fontSizeBase400,
    lineHeight: '24px',
    fontWeight: tokens.fontWeightSemibold,
  },
});

export function BalanceCard() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const balance = useDesk((desk) => desk.balance);
  const offline = useDesk(({ sync }) => sync.online === false);
  const asOf = balance === null ? '' : format.dateTime(balance.server.asOf);

  const long = [balance?.balance, balance?.available, balance?.held].some(
    (amount) => amount !== undefined && isLong(amount),
  );
  const metrics = [
    { name: t('balance.available'), value: balance?.available },
    { name: t('balance.held'), value: balance?.held },
    { name: t('balance.spentToday'), value: balance?.server.spentToday },
    { name: t('balance.spentThisMonth'), value: balance?.server.spentThisMonth },
  ];

  return (
    <section className={styles.card} aria-labelledby="balance-title">
      <div className={styles.top}>
        <div>
          <h2 id="balance-title" className={styles.name}>
            {t('balance.current')}
          </h2>
          <span className={mergeClasses(styles.figure, long && styles.longFigure)}>
            {balance === null ? <Waiting width="220px" size={40} /> : <Amount value={balance.balance} />}
          </span>
          <span className={styles.asOf}>
            {balance !== null &&
              (offline ? t('balance.asOfOffline', { time: asOf }) : t('balance.asOf', { time: asOf }))}
            {balance !== null && balance.pendingCount > 0 && (
              <Text size={200}>{t('balance.includesPending', { amount: money(balance.pendingAmount) })}</Text>
            )}
          </span>
        </div>
        <div className={styles.buttons}>
          <Button appearance="primary" onClick={() => startRecharge()}>
            {t('recharge.title')}
          </Button>
          <Button onClick={() => goTo('history')}>{t('balance.details')}</Button>
          <Button onClick={() => openExport({})}>{t('export.bill')}</Button>
        </div>
      </div>
      <dl className={mergeClasses(styles.metrics, long && styles.longMetrics)}>
        {metrics.map(({ name, value }) => (
          <div key={name} className={mergeClasses(styles.metric, long && styles.longMetric)}>
            <dt className={styles.metricName}>{name}</dt>
            <dd className={styles.metricValue}>
              {value === undefined ? <Waiting width="96px" size={16} /> : <Amount value={value} />}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Waiting({ width, size }: { readonly width: string; readonly size: 16 | 40 }) {
  const { t } = useTranslation();
  return (
    <Skeleton aria-label={t('common.loading')} style={{ width, display: 'inline-block' }}>
      <SkeletonItem size={size} />
    </Skeleton>
  );
}
