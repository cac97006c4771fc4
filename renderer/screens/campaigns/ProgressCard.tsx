/** A campaign's progress in one glance: the bar, the counts, speed and time left, money spent of money quoted. */
import { Link, makeStyles, mergeClasses, ProgressBar, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Campaign } from '../../../shared/ipc-campaigns.ts';
import { money } from '../../format.ts';
import { amountWidthCh } from '../../parts/amount-width.ts';
import { useFormat } from '../../parts/useFormat.ts';
import { executorName, platformName } from '../../parts/words.ts';
import { useDesk } from '../../state/mirror.ts';
import { goTo } from '../../state/navigation.ts';
import { TargetsReportLink } from './TargetsReportLink.tsx';
import { finishedCount } from './progress.ts';

const useStyles = makeStyles({
  card: {
    display: 'flex',
    flexDirection: 'column',
    gap: '10px',
    flexShrink: 0,
    padding: '14px 16px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    fontVariantNumeric: 'tabular-nums',
  },
  top: { display: 'flex', alignItems: 'baseline', gap: '12px', flexWrap: 'wrap' },
  done: { fontSize: tokens.fontSizeBase600, lineHeight: tokens.lineHeightBase600, fontWeight: 600 },
  of: { color: tokens.colorNeutralForeground3, fontWeight: 400, fontSize: tokens.fontSizeBase400 },
  pace: { color: tokens.colorNeutralForeground2 },
  what: { marginLeft: 'auto', color: tokens.colorNeutralForeground3 },
  figures: {
    display: 'grid',
    gridTemplateColumns: 'repeat(7, minmax(0, 1fr))',
    gap: '8px 12px',
    margin: '4px 0 0',
    // The counts, and what it costs beneath them.
    '@media (max-width: 760px)': { gridTemplateColumns: 'repeat(4, minmax(0, 1fr))' },
  },
  longFigures: { gridTemplateColumns: 'repeat(4, minmax(0, 1fr))' },
  name: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  value: { margin: 0, fontWeight: tokens.fontWeightSemibold, whiteSpace: 'nowrap' },
});

/** Wider than the seventh part of the card in the smallest window. */
const oneLineChMax = 11;

export function ProgressCard({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { counts, quote, spent, holdRemaining, onReserve, ratePerMinute, secondsLeft } = campaign;
  const done = finishedCount(campaign);
  const isLong = [spent, quote?.total, holdRemaining].some(
    (amount) => amountWidthCh(amount ?? '') > oneLineChMax,
  );

  const figures = [
    { name: t('taskPhase.succeeded'), value: format.count(counts.succeeded) },
    { name: t('taskPhase.failed'), value: format.count(counts.failed) },
    { name: t('taskPhase.unknown'), value: format.count(counts.unknown) },
    { name: t('run.waiting'), value: format.count(counts.queued + counts.running) },
    { name: t('run.spent'), value: money(spent) },
    { name: t('run.quoted'), value: quote === null ? '—' : money(quote.total) },
    {
      name: t(onReserve ? 'run.reserveRemaining' : 'run.holdRemaining'),
      value: holdRemaining === null ? '—' : money(holdRemaining),
    },
  ];

  return (
    <section className={styles.card} aria-label={t('run.progress')}>
      <div className={styles.top}>
        <span className={styles.done}>
          {format.count(done)}
          <span className={styles.of}> / {format.count(counts.total)}</span>
        </span>
        <span className={styles.pace}>
          {ratePerMinute !== null && t('run.rate', { rate: format.rate(ratePerMinute) })}
          {secondsLeft !== null && ` · ${t('run.timeLeft', { time: format.duration(secondsLeft) })}`}
          {campaign.phase === 'settling' && <Settling />}
        </span>
        <span className={styles.what}>
          {platformName(t, campaign.platform)} · {executorName(t, campaign.executor)}
          <TargetsReportLink id={campaign.id} name={campaign.name} />
        </span>
      </div>
      <ProgressBar
        value={done}
        max={Math.max(counts.total, 1)}
        thickness="large"
        color={campaign.phase === 'paused' ? 'warning' : campaign.phase === 'done' ? 'success' : 'brand'}
        aria-label={t('run.progress')}
        aria-valuetext={t('run.progressText', {
          done: format.count(done),
          total: format.count(counts.total),
        })}
      />
      <dl className={mergeClasses(styles.figures, isLong && styles.longFigures)}>
        {figures.map(({ name, value }) => (
          <div key={name}>
            <dt className={styles.name}>{name}</dt>
            <dd className={styles.value}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What the last charges of a campaign wait for. */
function Settling() {
  const { t } = useTranslation();
  const offline = useDesk(({ sync }) => sync.online === false);
  const refused = useDesk(({ sync }) => sync.attentionCount);
  if (offline) return t('run.settlingOffline');
  if (refused === 0) return t('run.settling');
  return (
    <Link as="button" onClick={() => goTo('outbox')}>
      {t('run.settlingRefused')}
    </Link>
  );
}
