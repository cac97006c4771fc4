/**
 * Amounts side by side over time, a group of bars for each day or month, on a scale of round amounts. It adds nothing up;
 * the same figures stand in a description for those who do not see the picture.
 */
import { useId, useState } from 'react';
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { cny } from '../../../../shared/assets.ts';
import { microsPerYuan, yuan, yuanText } from '../../../../shared/money.ts';
import { money } from '../../../format.ts';
import { ChartScale } from '../../../parts/ChartScale.tsx';
import { unseen } from '../../../parts/unseen.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { seriesColour } from '../../balance/seriesColours.ts';
import { scaleLines } from './scale.ts';

const plotHeight = 132;

const useStyles = makeStyles({
  chart: { display: 'flex', flexDirection: 'column', gap: '12px', minWidth: 0 },
  plot: {
    display: 'grid',
    gridTemplateColumns: 'auto minmax(0, 1fr)',
    gridTemplateRows: `${plotHeight}px auto`,
    columnGap: '10px',
    rowGap: '8px',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase100,
    lineHeight: tokens.lineHeightBase100,
    fontVariantNumeric: 'tabular-nums',
  },
  group: {
    // Above the lines.
    position: 'relative',
    flex: '1 1 0',
    minWidth: 0,
    height: '100%',
    display: 'flex',
    alignItems: 'flex-end',
    justifyContent: 'center',
    gap: '1px',
    // A day's bars stand apart from the next one's.
    padding: '0 3px',
    boxSizing: 'border-box',
    borderRadius: tokens.borderRadiusSmall,
  },
  pointed: { backgroundColor: tokens.colorNeutralBackground3 },
  bar: {
    flex: '1 1 0',
    minWidth: 0,
    maxWidth: '14px',
    borderTopLeftRadius: '2px',
    borderTopRightRadius: '2px',
    forcedColorAdjust: 'none',
  },
  limit: {
    position: 'absolute',
    left: 0,
    right: 0,
    height: 0,
    borderTop: `1px dashed ${tokens.colorNeutralForeground1}`,
    pointerEvents: 'none',
    // Over the bars that go beyond it.
    zIndex: 1,
  },
  limitKey: { width: '14px', borderTop: `1px dashed ${tokens.colorNeutralForeground1}` },
  edges: { gridColumn: 2, display: 'flex', justifyContent: 'space-between' },
  legend: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: '4px 16px',
    minHeight: '20px',
    fontSize: tokens.fontSizeBase200,
    fontVariantNumeric: 'tabular-nums',
  },
  key: { display: 'inline-flex', alignItems: 'center', gap: '6px', whiteSpace: 'nowrap' },
  swatch: { width: '10px', height: '10px', borderRadius: '2px', forcedColorAdjust: 'none' },
  unseen,
});

export interface Bars {
  readonly key: string;
  readonly label: string;
  /** One for each series, as text; what is below zero has no height. */
  readonly amounts: readonly string[];
}

interface Props {
  readonly label: string;
  readonly series: readonly string[];
  readonly bars: readonly Bars[];
  /** What the amounts are of; money where absent. */
  readonly asset?: string;
  /** A line over all of them, such as the most that is usual. */
  readonly limit?: { readonly name: string; readonly amount: string };
}

export function AmountBars({ label, series, bars, asset = cny, limit }: Props) {
  const styles = useStyles();
  const format = useFormat();
  const id = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const lines = scaleLines(highest(bars, limit?.amount));
  const top = lines.at(-1) ?? microsPerYuan;
  const show = asset === cny ? money : (amount: string) => format.units(amount);
  const nameOf = (line: bigint): string =>
    `${asset === cny ? '¥' : ''}${format.round(Number(yuanText(line)))}`;
  const shown = pointed === null ? undefined : bars[pointed];
  const line = ({ label: name, amounts }: Bars): string =>
    `${name} ${series.map((one, index) => `${one} ${show(amounts[index] ?? '0')}`).join(' ')}`;
  return (
    <div
      className={styles.chart}
      role="group"
      aria-label={label}
      aria-describedby={id}
      onPointerLeave={() => setPointed(null)}
    >
      <div className={styles.legend} aria-hidden>
        {shown !== undefined && <span>{shown.label}</span>}
        {series.map((name, index) => (
          <span key={name} className={styles.key}>
            <span className={styles.swatch} style={{ backgroundColor: seriesColour(index) }} />
            {name}
            {shown !== undefined && <span>{show(shown.amounts[index] ?? '0')}</span>}
          </span>
        ))}
        {limit !== undefined && (
          <span className={styles.key}>
            <span className={styles.limitKey} />
            {limit.name}
            <span>{show(limit.amount)}</span>
          </span>
        )}
      </div>
      <div className={styles.plot} aria-hidden>
        <ChartScale names={lines.map(nameOf)}>
          {bars.map(({ key, amounts }, index) => (
            <div
              key={key}
              className={mergeClasses(styles.group, index === pointed && styles.pointed)}
              onPointerEnter={() => setPointed(index)}
            >
              {amounts.map((amount, place) => (
                <div
                  key={series[place]}
                  className={styles.bar}
                  style={{ height: `${shareOf(yuan(amount), top)}%`, backgroundColor: seriesColour(place) }}
                />
              ))}
            </div>
          ))}
          {limit !== undefined && (
            <div className={styles.limit} style={{ bottom: `${shareOf(yuan(limit.amount), top)}%` }} />
          )}
        </ChartScale>
        <div className={styles.edges}>
          <span>{bars[0]?.label}</span>
          <span>{bars.length > 1 ? bars.at(-1)?.label : ''}</span>
        </div>
      </div>
      <div id={id} className={styles.unseen}>
        {bars.map(line).join('\n')}
      </div>
    </div>
  );
}

function highest(bars: readonly Bars[], limit = '0'): bigint {
  let most = microsPerYuan;
  if (yuan(limit) > most) most = yuan(limit);
  for (const { amounts } of bars) for (const amount of amounts) if (yuan(amount) > most) most = yuan(amount);
  return most;
}

/** In percent of the scale. */
function shareOf(micros: bigint, top: bigint): number {
  return micros <= 0n ? 0 : Number((micros * 10_000n) / top) / 100;
}
