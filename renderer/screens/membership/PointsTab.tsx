/** One's points: what there is or what is owed and how to repay it, what came of all there ever were, batches, movements. */
import {
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Text,
  tokens,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Points } from '../../../shared/api-selling.ts';
import { Answered, isOutOfReach, NotOffline } from '../../parts/Answered.tsx';
import { PlainTable, type PlainColumn } from '../../parts/PlainTable.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { sourceName } from '../../parts/words.ts';
import { useAnswer } from '../../state/ask.ts';
import { Buying } from './Buying.tsx';
import { PackageSection } from './PackageSection.tsx';
import { PointMovements } from './PointMovements.tsx';

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(280px, 2fr) minmax(0, 3fr)',
    gap: '16px',
    '@media (max-width: 1000px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  figure: {
    fontSize: tokens.fontSizeHero800,
    lineHeight: tokens.lineHeightHero800,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: 'tabular-nums',
  },
  owed: { color: tokens.colorStatusDangerForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
  sums: {
    display: 'grid',
    gridTemplateColumns: 'repeat(3, minmax(0, 1fr))',
    gap: '12px',
    margin: 'auto 0 0',
    paddingTop: '12px',
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    fontVariantNumeric: 'tabular-nums',
  },
  sumName: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  sum: { margin: '2px 0 0', fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
  bar: { flexShrink: 0 },
});

const point = 'POINT';

export function PointsTab() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const points = useAnswer('points', {}, 'ledger');
  const catalogue = useAnswer('catalogue', {});
  const debt = points.body?.debt ?? '0';
  if (isOutOfReach(points)) return <NotOffline onRetry={points.readAgain} />;
  return (
    <Buying catalogue={catalogue} onBought={points.readAgain}>
      {(onAsk) => (
        <>
          {debt !== '0' && (
            <MessageBar intent="error" layout="multiline" className={styles.bar} role="alert">
              <MessageBarBody>
                <MessageBarTitle>{t('points.debtTitle', { debt: format.units(debt) })}</MessageBarTitle>
                {t('points.debtText')}
              </MessageBarBody>
            </MessageBar>
          )}
          <div className={styles.columns}>
            <Section title={t('points.title')}>
              <Answered answer={points} lines={4}>
                {(body) => <Standing points={body} />}
              </Answered>
            </Section>
            <Section title={t('points.batches')} aside={t('points.batchesNote')}>
              <Answered answer={points} lines={4}>
                {({ batches }) => <Batches batches={batches} />}
              </Answered>
            </Section>
          </div>
          <PackageSection catalogue={catalogue} asset={point} onAsk={onAsk} />
          <PointMovements />
        </>
      )}
    </Buying>
  );
}

function Standing({ points }: { readonly points: Points }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const owes = points.debt !== '0';
  const sums = [
    { name: t('points.recharged'), value: points.recharged },
    { name: t('points.consumed'), value: points.consumed },
    { name: t('points.expired'), value: points.expired },
  ];
  return (
    <>
      <div>
        <div className={styles.quiet}>{t(owes ? 'points.owed' : 'points.available')}</div>
        <span className={`${styles.figure} ${owes ? styles.owed : ''}`}>
          {format.units(owes ? `-${points.debt}` : points.available)}
        </span>
      </div>
      {points.debtLimit !== '0' && (
        <Text className={styles.quiet}>
          {t('points.debtLimit', { limit: format.units(points.debtLimit) })}
        </Text>
      )}
      <dl className={styles.sums}>
        {sums.map(({ name, value }) => (
          <div key={name}>
            <dt className={styles.sumName}>{name}</dt>
            <dd className={styles.sum}>{format.units(value)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Batches({ batches }: Pick<Points, 'batches'>) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns: readonly PlainColumn<Points['batches'][number]>[] = [
    {
      key: 'ends',
      header: t('points.ends'),
      cell: ({ expiresAt }) => (expiresAt === undefined ? t('points.never') : format.dateTime(expiresAt)),
    },
    { key: 'source', header: t('points.source'), quiet: true, cell: ({ source }) => sourceName(t, source) },
    {
      key: 'granted',
      wide: true,
      header: t('points.granted'),
      quiet: true,
      cell: ({ grantedAt }) => format.dateTime(grantedAt),
    },
    { key: 'amount', header: t('points.amount'), end: true, cell: ({ amount }) => format.units(amount) },
    { key: 'left', header: t('points.left'), end: true, cell: ({ remaining }) => format.units(remaining) },
  ];
  if (batches.length === 0) return <Text>{t('points.noBatch')}</Text>;
  return <PlainTable label={t('points.batches')} columns={columns} rows={batches} keyOf={({ id }) => id} />;
}
