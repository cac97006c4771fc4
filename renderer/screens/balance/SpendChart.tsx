/**
 * Spending of the last 30 days, a bar a day, split by platform. The amounts are the engine's; the bigint sums here
 * only give heights. The same figures stand in a table for those who do not see the picture.
 */
import { useId, useMemo, useState, type KeyboardEvent } from 'react';
import { makeStyles, mergeClasses, SkeletonItem, Skeleton, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { CommandOutput } from '../../../shared/ipc.ts';
import { microsPerYuan, yuan } from '../../../shared/money.ts';
import { dayBefore, dayOf, money } from '../../format.ts';
import { ChartScale } from '../../parts/ChartScale.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { Section } from '../../parts/Section.tsx';
import { unseen } from '../../parts/unseen.ts';
import { useFormat, useNow, useTimeZone } from '../../parts/useFormat.ts';
import { platformName } from '../../parts/words.ts';
import { showHistory } from '../../state/history.ts';
import { goTo } from '../../state/navigation.ts';
import { useReading } from '../../state/reading.ts';
import { seriesColour } from './seriesColours.ts';

const daysShown = 30;
const plotHeight = 148;
const scaleLines = 4;

const useStyles = makeStyles({
  plot: {
    position: 'relative',
    display: 'grid',
    gridTemplateColumns: 'auto minmax(0, 1fr)',
    gridTemplateRows: `${plotHeight}px 18px`,
    columnGap: '10px',
    rowGap: '4px',
    outline: 'none',
    fontSize: tokens.fontSizeBase100,
    color: tokens.colorNeutralForeground3,
    fontVariantNumeric: 'tabular-nums',
  },
  day: {
    position: 'relative',
    flex: '1 1 0',
    display: 'flex',
    flexDirection: 'column-reverse',
    alignItems: 'center',
    borderRadius: tokens.borderRadiusSmall,
  },
  opens: { cursor: 'pointer' },
  pointed: { backgroundColor: tokens.colorNeutralBackground3 },
  bar: {
    width: '68%',
    maxWidth: '18px',
    flexShrink: 0,
    ':last-child': { borderTopLeftRadius: '2px', borderTopRightRadius: '2px' },
  },
  days: { gridColumn: 2, position: 'relative' },
  dayName: { position: 'absolute', transform: 'translateX(-50%)', whiteSpace: 'nowrap', top: 0 },
  legend: { display: 'flex', gap: tokens.spacingHorizontalM },
  key: { display: 'inline-flex', alignItems: 'center', gap: '6px', whiteSpace: 'nowrap' },
  swatch: { width: '10px', height: '10px', borderRadius: '2px', flexShrink: 0 },
  callout: {
    position: 'absolute',
    top: '4px',
    zIndex: 2,
    pointerEvents: 'none',
    padding: '8px 10px',
    minWidth: '148px',
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    boxShadow: tokens.shadow8,
    fontSize: tokens.fontSizeBase200,
  },
  calloutLine: { display: 'flex', justifyContent: 'space-between', gap: '16px', marginTop: '2px' },
  hint: { marginTop: '4px', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase100 },
  none: {
    position: 'absolute',
    inset: 0,
    display: 'grid',
    placeItems: 'center',
    fontSize: tokens.fontSizeBase300,
  },
  unseen,
});

type Spend = CommandOutput<'history.spend'>;

interface DayColumn {
  readonly day: string;
  readonly parts: readonly { readonly platform: string; readonly amount: string; readonly count: number }[];
}

/** All days in order, those without spending included; within a day the platforms in the chart's order. */
function columnsOf(spend: Spend, today: string, platforms: readonly string[]): DayColumn[] {
  return Array.from({ length: daysShown }, (_, index) => {
    const day = dayBefore(today, daysShown - 1 - index);
    const ofDay = spend.filter((one) => one.day === day);
    return {
      day,
      parts: platforms.flatMap((platform) => ofDay.filter((one) => one.platform === platform)),
    };
  });
}

/** The scale's top in whole yuan: the first of 4, 8, 12, 20 × 10ⁿ that holds the highest day, so that its quarters are round. */
function scaleTop(columns: readonly DayColumn[]): bigint {
  let highest = 0n;
  for (const { parts } of columns) {
    const sum = parts.reduce((total, { amount }) => total + yuan(amount), 0n);
    if (sum > highest) highest = sum;
  }
  for (let power = 1n; ; power *= 10n)
    for (const step of [4n, 8n, 12n, 20n]) if (step * power * microsPerYuan >= highest) return step * power;
}

function share(amount: string, top: bigint): number {
  return Number((yuan(amount) * 10_000n) / (top * microsPerYuan)) / 10_000;
}

export function SpendChart() {
  const { t } = useTranslation();
  const styles = useStyles();
  const { output: spend, problem, readAgain } = useReading('history.spend', { days: daysShown }, 'ledger');
  const priced = usePlatformOrder(spend);
  return (
    <Section
      title={t('chart.title')}
      aside={
        <span className={styles.legend}>
          {priced.map((platform, index) => (
            <span key={platform} className={styles.key}>
              <span className={styles.swatch} style={{ backgroundColor: seriesColour(index) }} aria-hidden />
              {platformName(t, platform)}
            </span>
          ))}
        </span>
      }
    >
      {problem !== null && <RetryMessage problem={problem} onRetry={readAgain} />}
      {spend === null && problem === null && <WaitingPlot />}
      {spend !== null && <Plot spend={spend} platforms={priced} />}
    </Section>
  );
}

/** Platforms in a fixed order, so that a colour keeps its meaning from day to day. */
function usePlatformOrder(spend: Spend | null): readonly string[] {
  return useMemo(
    () => [...new Set((spend ?? []).map(({ platform }) => platform))].toSorted().toReversed(),
    [spend],
  );
}

function WaitingPlot() {
  const { t } = useTranslation();
  return (
    <Skeleton aria-label={t('common.loading')} style={{ height: `${plotHeight + 22}px` }}>
      <SkeletonItem style={{ height: '100%' }} />
    </Skeleton>
  );
}

function Plot({ spend, platforms }: { readonly spend: Spend; readonly platforms: readonly string[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const timeZone = useTimeZone();
  const descriptionId = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const columns = columnsOf(spend, dayOf(useNow(), timeZone), platforms);
  const top = scaleTop(columns);
  const pointedDay = pointed === null ? undefined : columns[pointed];

  const move = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && pointedDay !== undefined) openDay(pointedDay);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setPointed((now) => Math.min(Math.max((now ?? daysShown - (step > 0 ? 2 : 0)) + step, 0), daysShown - 1));
  };

  return (
    <div
      className={styles.plot}
      role="group"
      aria-label={t('chart.title')}
      aria-describedby={descriptionId}
      tabIndex={0}
      onKeyDown={move}
      onBlur={() => setPointed(null)}
      onPointerLeave={() => setPointed(null)}
    >
      <ChartScale
        names={Array.from({ length: scaleLines + 1 }, (_, index) =>
          format.count(Number((top * BigInt(index) * 100n) / BigInt(scaleLines)) / 100),
        )}
      >
        {columns.map((column, index) => (
          <div
            key={column.day}
            className={mergeClasses(
              styles.day,
              column.parts.length > 0 && styles.opens,
              index === pointed && styles.pointed,
            )}
            onPointerEnter={() => setPointed(index)}
            onClick={() => openDay(column)}
          >
            {column.parts.map(({ platform, amount }) => (
              <div
                key={platform}
                className={styles.bar}
                style={{
                  height: `${share(amount, top) * 100}%`,
                  backgroundColor: seriesColour(platforms.indexOf(platform)),
                }}
              />
            ))}
          </div>
        ))}
        {spend.length === 0 && <span className={styles.none}>{t('chart.none')}</span>}
        {pointed !== null && pointedDay !== undefined && (
          <Callout column={pointedDay} index={pointed} platforms={platforms} />
        )}
      </ChartScale>
      <div className={styles.days} aria-hidden>
        {columns.map(({ day }, index) =>
          (daysShown - 1 - index) % 7 === 0 ? (
            <span
              key={day}
              className={styles.dayName}
              style={{ left: `${((index + 0.5) * 100) / daysShown}%` }}
            >
              {format.dayShort(day)}
            </span>
          ) : null,
        )}
      </div>
      <DayTable id={descriptionId} columns={columns} />
    </div>
  );
}

/** What a day's spending was for is in the history of that day. */
function openDay({ day, parts }: DayColumn): void {
  if (parts.length === 0) return;
  goTo('history');
  void showHistory({ fromDay: day, toDay: day });
}

interface CalloutProps {
  readonly column: DayColumn;
  readonly index: number;
  readonly platforms: readonly string[];
}

/** The pointed day's amounts, on the side where there is room. */
function Callout({ column, index, platforms }: CalloutProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const edge = `calc(${((index + 0.5) * 100) / daysShown}% + 14px)`;
  const mirrored = `calc(${100 - ((index + 0.5) * 100) / daysShown}% + 14px)`;
  return (
    <div className={styles.callout} style={index < daysShown / 2 ? { left: edge } : { right: mirrored }}>
      <div>{format.dayLong(column.day)}</div>
      {column.parts.length === 0 && <div className={styles.calloutLine}>{t('chart.noneThatDay')}</div>}
      {column.parts.map(({ platform, amount, count }) => (
        <div key={platform} className={styles.calloutLine}>
          <span className={styles.key}>
            <span
              className={styles.swatch}
              style={{ backgroundColor: seriesColour(platforms.indexOf(platform)) }}
            />
            {platformName(t, platform)} × {format.count(count)}
          </span>
          <span>{money(amount)}</span>
        </div>
      ))}
      {column.parts.length > 0 && <div className={styles.hint}>{t('chart.openDay')}</div>}
    </div>
  );
}

function DayTable({ id, columns }: { readonly id: string; readonly columns: readonly DayColumn[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return (
    <div id={id} className={styles.unseen}>
      {columns
        .filter(({ parts }) => parts.length > 0)
        .map(({ day, parts }) =>
          t('chart.dayLine', {
            day: format.dayLong(day),
            amounts: parts
              .map(({ platform, amount }) => `${platformName(t, platform)} ${money(amount)}`)
              .join(t('common.comma')),
          }),
        )
        .join('\n')}
    </div>
  );
}
