/**
 * Amounts side by side over time, a group of bars for each day or month. It adds nothing up; the same figures stand in a
 * description for those who do not see the picture.
 */
import { useId, useState } from 'react';
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { microsPerYuan, yuan } from '../../../../shared/money.ts';
import { money } from '../../../format.ts';
import { seriesColour } from '../../balance/seriesColours.ts';

const plotHeight = 132;

const useStyles = makeStyles({
  chart: { display: 'flex', flexDirection: 'column', gap: '8px', minWidth: 0 },
  plot: {
    position: 'relative',
    display: 'flex',
    alignItems: 'flex-end',
    height: `${plotHeight}px`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke1}`,
  },
  group: {
    flex: '1 1 0',
    minWidth: 0,
    height: '100%',
    display: 'flex',
    alignItems: 'flex-end',
    justifyContent: 'center',
    gap: '1px',
    borderRadius: tokens.borderRadiusSmall,
  },
  pointed: { backgroundColor: tokens.colorNeutralBackground3 },
  bar: {
    width: '32%',
    maxWidth: '14px',
    borderTopLeftRadius: '2px',
    borderTopRightRadius: '2px',
    forcedColorAdjust: 'none',
  },
  edges: {
    display: 'flex',
    justifyContent: 'space-between',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase100,
    fontVariantNumeric: 'tabular-nums',
  },
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
  unseen: {
    position: 'absolute',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    whiteSpace: 'nowrap',
  },
});

export interface Bars {
  readonly key: string;
  readonly label: string;
  /** One for each series, in yuan as text; what is below zero has no height. */
  readonly amounts: readonly string[];
}

interface Props {
  readonly label: string;
  readonly series: readonly string[];
  readonly bars: readonly Bars[];
  /** How an amount reads; in money where absent. */
  readonly show?: (amount: string) => string;
}

export function AmountBars({ label, series, bars, show = money }: Props) {
  const styles = useStyles();
  const id = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const top = highest(bars);
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
      </div>
      <div className={styles.plot} aria-hidden>
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
                style={{ height: `${shareOf(amount, top)}%`, backgroundColor: seriesColour(place) }}
              />
            ))}
          </div>
        ))}
      </div>
      <div className={styles.edges} aria-hidden>
        <span>{bars[0]?.label}</span>
        <span>{bars.length > 1 ? bars.at(-1)?.label : ''}</span>
      </div>
      <div id={id} className={styles.unseen}>
        {bars.map(line).join('\n')}
      </div>
    </div>
  );
}

function highest(bars: readonly Bars[]): bigint {
  let most = microsPerYuan;
  for (const { amounts } of bars) for (const amount of amounts) if (yuan(amount) > most) most = yuan(amount);
  return most;
}

function shareOf(amount: string, top: bigint): number {
  const micros = yuan(amount);
  return micros <= 0n ? 0 : Number((micros * 10_000n) / top) / 100;
}
